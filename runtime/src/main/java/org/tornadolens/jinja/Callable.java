package org.tornadolens.jinja;

import java.util.List;
import java.util.Map;

/** A function, a method of a value, or a macro. */
@FunctionalInterface interface Callable {

    Object call(Arguments arguments, Budget budget);

    /** The arguments of a call, those by position and those by name. */
    record Arguments(List<Object> positional, Map<String, Object> named) {

        static final Arguments NONE = new Arguments(List.of(), Map.of());

        int count() { return positional.size() + named.size(); }

        /** Returns an argument by position or by name, or {@code otherwise}. */
        Object get(int index, String name, Object otherwise) {
            if (index < positional.size()) return positional.get(index);
            return named.containsKey(name) ? named.get(name) : otherwise;
        }

        Object get(int index, String name) {
            Object value = get(index, name, this);
            if (value == this) throw new JinjaException("a call lacks its argument " + name);
            return value;
        }

        String text(int index, String name) { return Values.text(get(index, name), name); }

        long whole(int index, String name, long otherwise) {
            Object value = get(index, name, otherwise);
            return value == null ? otherwise : Values.whole(value, name);
        }
    }
}
