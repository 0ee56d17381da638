package org.tornadolens.jinja;

import java.util.LinkedHashMap;
import java.util.Map;

/** What {@code namespace()} makes: the only value that a template may change, and of which loops keep the changes. */
record Namespace(Map<String, Object> values) {

    Namespace(Callable.Arguments arguments) {
        this(new LinkedHashMap<>());
        for (Object each : arguments.positional()) {
            if (!(each instanceof Map<?, ?> map)) throw new JinjaException("namespace takes a dict");
            map.forEach((key, value) -> values.put(String.valueOf(key), value));
        }
        values.putAll(arguments.named());
    }
}
