package org.tornadolens.jinja;

import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tornadolens.jinja.Callable.Arguments;

/** Jinja2's tests: {@code value is defined}. */
final class Tests {

    /** A test by its name. */
    @FunctionalInterface interface Test {
        boolean holds(Object value, Arguments arguments);
    }

    private static final Map<String, Test> ALL = new HashMap<>();

    static {
        ALL.put("defined", (value, none) -> !(value instanceof Undefined));
        ALL.put("undefined", (value, none) -> value instanceof Undefined);
        ALL.put("none", (value, none) -> value == null);
        ALL.put("boolean", (value, none) -> value instanceof Boolean);
        ALL.put("true", (value, none) -> Boolean.TRUE.equals(value));
        ALL.put("false", (value, none) -> Boolean.FALSE.equals(value));
        ALL.put("string", (value, none) -> value instanceof String);
        ALL.put("number", (value, none) -> Values.number(value));
        ALL.put("integer", (value, none) -> value instanceof Long);
        ALL.put("float", (value, none) -> value instanceof Double);
        ALL.put("mapping", (value, none) -> value instanceof Map);
        ALL.put("sequence", (value, none) -> value instanceof List || value instanceof String || value instanceof Map
                || value instanceof Undefined);
        ALL.put("iterable", (value, none) -> value instanceof List || value instanceof String || value instanceof Map
                || value instanceof Undefined);
        ALL.put("callable", (value, none) -> value instanceof Callable);
        ALL.put("odd", (value, none) -> Math.floorMod(Values.whole(value, "what is odd"), 2) == 1);
        ALL.put("even", (value, none) -> Math.floorMod(Values.whole(value, "what is even"), 2) == 0);
        ALL.put("divisibleby", (value, arguments) -> {
            long by = Values.whole(arguments.get(0, "num"), "divisibleby");
            if (by == 0) throw new JinjaException("divisibleby 0");
            return Values.whole(value, "divisibleby") % by == 0;
        });
        ALL.put("lower", (value, none) -> {
            String text = Values.string(value, new Budget());
            return text.equals(text.toLowerCase(Locale.ROOT)) && !text.equals(text.toUpperCase(Locale.ROOT));
        });
        ALL.put("upper", (value, none) -> {
            String text = Values.string(value, new Budget());
            return text.equals(text.toUpperCase(Locale.ROOT)) && !text.equals(text.toLowerCase(Locale.ROOT));
        });
        ALL.put("sameas", (value, arguments) -> value == arguments.get(0, "other")
                || !(value instanceof List || value instanceof Map) && Values.same(value, arguments.get(0, "other")));
        compares("in", "in");
        compares("==", "eq", "equalto");
        compares("!=", "ne");
        compares("<", "lt", "lessthan");
        compares("<=", "le");
        compares(">", "gt", "greaterthan");
        compares(">=", "ge");
    }

    private static void compares(String operator, String... names) {
        Test test = (value, arguments) -> Comparisons.hold(operator, value, arguments.get(0, "other"));
        ALL.put(operator, test);
        for (String name : names) ALL.put(name, test);
    }

    private Tests() {}

    /** Returns a test, or null. */
    static Test named(String name) { return ALL.get(name); }
}
