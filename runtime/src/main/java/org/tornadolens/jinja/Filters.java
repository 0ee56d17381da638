package org.tornadolens.jinja;

import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.UnaryOperator;
import org.tornadolens.jinja.Callable.Arguments;

/** Jinja2's filters, {@code value|trim}, as far as chat templates use them. */
final class Filters {

    /** A filter by its name. */
    @FunctionalInterface interface Filter {
        Object of(Object value, Arguments arguments, Budget budget);
    }

    private static final Map<String, Filter> ALL = new HashMap<>();

    static {
        text("upper", text -> text.toUpperCase(Locale.ROOT));
        text("lower", text -> text.toLowerCase(Locale.ROOT));
        text("capitalize", Text::capitalize);
        text("title", Text::title);
        text("string", text -> text);
        text("safe", text -> text);
        ALL.put("trim", (value, arguments, budget) -> {
            String text = Values.string(value, budget);
            Object chars = arguments.get(0, "chars", null);
            budget.characters(text.length());
            return chars == null ? Text.strip(text)
                    : Text.strip(text, c -> Values.text(chars, "chars").indexOf(c) >= 0, true, true);
        });
        ALL.put("replace", (value, arguments, budget) -> Methods.replace(Values.string(value, budget),
                arguments.text(0, "old"), arguments.text(1, "new"), arguments.whole(2, "count", -1), budget));
        ALL.put("tojson", Json::of);
        ALL.put("indent", Filters::indent);
        both("length", "count", (value, none, budget) -> length(value));
        both("default", "d", (value, arguments, budget) -> value instanceof Undefined
                || Values.truth(arguments.get(1, "boolean", false)) && !Values.truth(value)
                        ? arguments.get(0, "default_value", "") : value);
        ALL.put("abs", (value, none, budget) -> value instanceof Double real ? (Object) Math.abs(real)
                : (Object) Math.abs(Values.whole(value, "abs")));
        ALL.put("int", (value, arguments, budget) -> whole(value, arguments));
        ALL.put("float", (value, arguments, budget) -> real(value, arguments));
        ALL.put("first", (value, none, budget) -> end(Values.elements(value, budget), "first"));
        ALL.put("last", (value, none, budget) -> end(Values.elements(value, budget).reversed(), "last"));
        ALL.put("list", (value, none, budget) -> Values.elements(value, budget));
        ALL.put("reverse", (value, none, budget) -> value instanceof String text
                ? new StringBuilder(text).reverse().toString() : Values.elements(value, budget).reversed());
        ALL.put("join", Filters::join);
        ALL.put("items", (value, none, budget) -> {
            if (value instanceof Undefined) return List.of();
            if (value instanceof Map<?, ?> map) return Methods.items(map, budget);
            throw new JinjaException("items takes a dict, not a " + Values.type(value));
        });
        ALL.put("dictsort", (value, none, budget) -> {
            if (!(value instanceof Map<?, ?> map)) throw new JinjaException("dictsort takes a dict");
            List<Object> items = Methods.items(map, budget);
            items.sort(Comparator.comparing(item -> folded(((List<?>) item).getFirst()), Values::compare));
            return items;
        });
        ALL.put("sort", Filters::sort);
        ALL.put("unique", Filters::unique);
        ALL.put("sum", (value, arguments, budget) -> {
            Object sum = arguments.get(1, "start", 0L);
            Object attribute = arguments.get(0, "attribute", null);
            for (Object each : Values.elements(value, budget)) {
                sum = Arithmetic.of("+", sum, path(each, attribute), budget);
            }
            return sum;
        });
        ALL.put("min", (value, none, budget) -> extreme(Values.elements(value, budget), -1));
        ALL.put("max", (value, none, budget) -> extreme(Values.elements(value, budget), 1));
        ALL.put("map", Filters::map);
        ALL.put("select", (value, arguments, budget) -> chosen(value, null, arguments, 0, true, budget));
        ALL.put("reject", (value, arguments, budget) -> chosen(value, null, arguments, 0, false, budget));
        ALL.put("selectattr", (value, arguments, budget) -> chosen(value, arguments.get(0, "attribute"), arguments, 1,
                true, budget));
        ALL.put("rejectattr", (value, arguments, budget) -> chosen(value, arguments.get(0, "attribute"), arguments, 1,
                false, budget));
    }

    private static void both(String name, String other, Filter filter) {
        ALL.put(name, filter);
        ALL.put(other, filter);
    }

    private static void text(String name, UnaryOperator<String> change) {
        ALL.put(name, (value, none, budget) -> {
            String text = Values.string(value, budget);
            budget.characters(text.length());
            return change.apply(text);
        });
    }

    private Filters() {}

    /** Returns a filter, or null. */
    static Filter named(String name) { return ALL.get(name); }

    static long length(Object value) {
        return switch (value) {
            case String text -> text.codePointCount(0, text.length());
            case List<?> list -> list.size();
            case Map<?, ?> map -> map.size();
            case Undefined none -> 0;
            case null, default -> throw new JinjaException("a " + Values.type(value) + " has no length");
        };
    }

    private static Object whole(Object value, Arguments arguments) {
        return switch (value) {
            case Long number -> number;
            case Boolean flag -> flag ? 1L : 0L;
            case Double real -> (long) real.doubleValue();
            case String text -> {
                try {
                    String digits = Text.strip(text);
                    yield digits.matches("[-+]?\\d+") ? (Object) Long.valueOf(digits)
                            : (Object) (long) Double.parseDouble(digits);
                } catch (NumberFormatException e) {
                    yield arguments.get(0, "default", 0L);
                }
            }
            case null, default -> arguments.get(0, "default", 0L);
        };
    }

    private static Object real(Object value, Arguments arguments) {
        if (Values.number(value)) return Values.real(value);
        try {
            if (value instanceof String text) return Double.valueOf(Text.strip(text));
        } catch (NumberFormatException e) {
            // the default
        }
        return arguments.get(0, "default", 0.0);
    }

    private static Object end(List<Object> list, String which) {
        return list.isEmpty() ? new Undefined("no " + which + " item, the sequence was empty") : list.getFirst();
    }

    private static Object join(Object value, Arguments arguments, Budget budget) {
        Object attribute = arguments.get(1, "attribute", null);
        List<Object> parts = new ArrayList<>();
        for (Object each : Values.elements(value, budget)) parts.add(path(each, attribute));
        return Methods.join(parts, Values.string(arguments.get(0, "d", ""), budget), budget);
    }

    private static Object indent(Object value, Arguments arguments, Budget budget) {
        Object width = arguments.get(0, "width", 4L);
        String by = width instanceof String text ? text
                : " ".repeat((int) Math.clamp(Values.whole(width, "indent's width"), 0, 1000));
        boolean first = Values.truth(arguments.get(1, "first", false));
        boolean blank = Values.truth(arguments.get(2, "blank", false));
        List<Object> lines = Text.lines(Values.string(value, budget) + "\n");   // as Jinja2: the last line stays open
        for (int i = first ? 0 : 1; i < lines.size(); i++) {
            if (blank || !lines.get(i).equals("")) lines.set(i, by + lines.get(i));
        }
        return Methods.join(lines, "\n", budget);
    }

    /** {@code a.b.0} of a value, and the value itself where nothing is named. */
    private static Object path(Object value, Object attribute) {
        if (attribute == null) return value;
        Object at = value;
        if (attribute instanceof Long index) return Members.element(value, index);
        for (String name : Values.text(attribute, "an attribute").split("\\.")) {
            at = Members.element(at, name.matches("\\d{1,9}") ? (Object) Long.valueOf(name) : name);
        }
        return at;
    }

    private static Object folded(Object key) {
        return key instanceof String text ? text.toLowerCase(Locale.ROOT) : key;
    }

    private static Object sort(Object value, Arguments arguments, Budget budget) {
        List<Object> sorted = Values.elements(value, budget);
        Object attribute = arguments.get(2, "attribute", null);
        boolean exactly = Values.truth(arguments.get(1, "case_sensitive", false));
        Comparator<Object> order = Comparator.comparing(
                each -> exactly ? path(each, attribute) : folded(path(each, attribute)), Values::compare);
        sorted.sort(Values.truth(arguments.get(0, "reverse", false)) ? Collections.reverseOrder(order) : order);
        return sorted;
    }

    private static Object unique(Object value, Arguments arguments, Budget budget) {
        Map<Object, Object> seen = new LinkedHashMap<>();
        Object attribute = arguments.get(1, "attribute", null);
        for (Object each : Values.elements(value, budget)) {
            Object key = folded(path(each, attribute));
            if (key instanceof List || key instanceof Map) throw new JinjaException("unique takes texts and numbers");
            seen.putIfAbsent(key, each);
        }
        return new ArrayList<>(seen.values());
    }

    private static Object extreme(List<Object> list, int sign) {
        return list.stream().reduce((a, b) -> sign * Values.compare(folded(b), folded(a)) > 0 ? b : a)
                .orElseGet(() -> new Undefined("the sequence was empty"));
    }

    private static Object map(Object value, Arguments arguments, Budget budget) {
        List<Object> mapped = new ArrayList<>();
        Object attribute = arguments.named().get("attribute");
        Filter filter = attribute == null ? known(arguments.text(0, "filter")) : null;
        Arguments rest = new Arguments(
                arguments.positional().isEmpty() ? List.of()
                        : arguments.positional().subList(1, arguments.positional().size()),
                arguments.named());
        for (Object each : Values.elements(value, budget)) {
            budget.step();
            if (filter != null) {
                mapped.add(filter.of(each, rest, budget));
                continue;
            }
            Object found = path(each, attribute);
            mapped.add(found instanceof Undefined ? arguments.named().getOrDefault("default", found) : found);
        }
        return mapped;
    }

    private static Filter known(String name) {
        Filter filter = named(name);
        if (filter == null) throw new JinjaException("there is no filter \"" + name + "\" here");
        return filter;
    }

    private static Object chosen(Object value, Object attribute, Arguments arguments, int from, boolean kept,
            Budget budget) {
        List<Object> given = arguments.positional();
        Tests.Test test = (one, none) -> Values.truth(one);
        Arguments rest = Arguments.NONE;
        if (given.size() > from) {
            String name = Values.text(given.get(from), "a test's name");
            test = Tests.named(name);
            if (test == null) throw new JinjaException("there is no test \"" + name + "\" here");
            rest = new Arguments(given.subList(from + 1, given.size()), Map.of());
        }
        List<Object> chosen = new ArrayList<>();
        for (Object each : Values.elements(value, budget)) {
            budget.step();
            if (test.holds(path(each, attribute), rest) == kept) chosen.add(each);
        }
        return chosen;
    }
}
