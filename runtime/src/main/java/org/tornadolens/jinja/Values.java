package org.tornadolens.jinja;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Python's rules for the values of a template: null (None), Boolean, Long, Double, String, List, Map,
 * {@link Namespace}, {@link Loop}, {@link Callable} and {@link Undefined}. Nothing else is ever a value, and no method
 * of Java is called by its name.
 */
final class Values {

    private Values() {}

    static boolean truth(Object value) {
        return switch (value) {
            case null -> false;
            case Boolean flag -> flag;
            case Long number -> number != 0;
            case Double number -> number != 0;
            case String text -> !text.isEmpty();
            case Collection<?> list -> !list.isEmpty();
            case Map<?, ?> map -> !map.isEmpty();
            case Undefined none -> false;
            default -> true;
        };
    }

    /** The name of a value's type in messages, as Python's. */
    static String type(Object value) {
        return switch (value) {
            case null -> "None";
            case Boolean flag -> "bool object";
            case Long number -> "int object";
            case Double number -> "float object";
            case String text -> "str object";
            case List<?> list -> "list object";
            case Map<?, ?> map -> "dict object";
            default -> value.getClass().getSimpleName().toLowerCase(java.util.Locale.ROOT) + " object";
        };
    }

    // ---- text

    /** What {@code str()} makes of a value. */
    static String string(Object value, Budget budget) {
        if (value instanceof String text) return text;
        if (value instanceof Undefined) return "";
        StringBuilder text = new StringBuilder();
        represent(value, text, budget, 0);
        return text.toString();
    }

    static void represent(Object value, StringBuilder into, Budget budget, int depth) {
        budget.step();
        if (depth > Budget.MAX_CALLS) throw new JinjaException("a value is nested too deeply");
        switch (value) {
            case null -> into.append("None");
            case Boolean flag -> into.append(flag ? "True" : "False");
            case Long number -> into.append(number);
            case Double number -> into.append(digits(number));
            case String text -> quoted(text, into, budget);
            case List<?> list -> {
                into.append(list instanceof Tuple ? '(' : '[');
                String between = "";
                for (Object each : list) {
                    into.append(between);
                    represent(each, into, budget, depth + 1);
                    between = ", ";
                }
                into.append(!(list instanceof Tuple) ? "]" : list.size() == 1 ? ",)" : ")");
            }
            case Map<?, ?> map -> {
                into.append('{');
                String between = "";
                for (Map.Entry<?, ?> entry : map.entrySet()) {
                    into.append(between);
                    represent(entry.getKey(), into, budget, depth + 1);
                    into.append(": ");
                    represent(entry.getValue(), into, budget, depth + 1);
                    between = ", ";
                }
                into.append('}');
            }
            case Undefined none -> into.append("Undefined");
            default -> into.append('<').append(type(value)).append('>');
        }
        if (into.length() > Budget.MAX_LENGTH) budget.characters(into.length());
    }

    private static void quoted(String text, StringBuilder into, Budget budget) {
        budget.characters(text.length());
        char quote = text.indexOf('\'') >= 0 && text.indexOf('"') < 0 ? '"' : '\'';
        into.append(quote);
        text.codePoints().forEach(c -> {
            if (c == quote || c == '\\') into.append('\\').appendCodePoint(c);
            else if (c == '\n') into.append("\\n");
            else if (c == '\t') into.append("\\t");
            else if (c == '\r') into.append("\\r");
            else if (c < ' ' || c == 0x7F || c > 0x7F && c <= 0xFF && !shows(c)) into.append("\\x%02x".formatted(c));
            else if (c > 0x7F && !shows(c)) into.append((c > 0xFFFF ? "\\U%08x" : "\\u%04x").formatted(c));
            else into.appendCodePoint(c);
        });
        into.append(quote);
    }

    private static boolean shows(int c) {
        return switch (Character.getType(c)) {
            case Character.CONTROL, Character.FORMAT, Character.SURROGATE, Character.PRIVATE_USE, Character.UNASSIGNED,
                    Character.LINE_SEPARATOR, Character.PARAGRAPH_SEPARATOR, Character.SPACE_SEPARATOR -> false;
            default -> true;
        };
    }

    private static String digits(double number) {
        if (Double.isNaN(number)) return "nan";
        if (Double.isInfinite(number)) return number > 0 ? "inf" : "-inf";
        if (number == Math.rint(number) && Math.abs(number) < 1e16) {
            return (number == 0 && 1 / number < 0 ? "-0" : String.valueOf((long) number)) + ".0";
        }
        java.math.BigDecimal exact = new java.math.BigDecimal(Double.toString(number));
        int exponent = exact.precision() - exact.scale() - 1;
        if (exponent >= -4 && exponent < 16) return exact.stripTrailingZeros().toPlainString();
        String digits = exact.unscaledValue().abs().toString().replaceAll("0+$", "");
        return (number < 0 ? "-" : "") + digits.charAt(0) + (digits.length() > 1 ? "." + digits.substring(1) : "") + "e"
                + (exponent < 0 ? "-" : "+") + (Math.abs(exponent) < 10 ? "0" : "") + Math.abs(exponent);
    }

    // ---- conversions

    static String text(Object value, String what) {
        if (value instanceof String text) return text;
        if (value instanceof Undefined none) throw none.error();
        throw new JinjaException(what + " is a " + type(value) + ", where a str object is needed");
    }

    static long whole(Object value, String what) {
        return switch (value) {
            case Long number -> number;
            case Boolean flag -> flag ? 1 : 0;
            case Undefined none -> throw none.error();
            case null, default -> throw new JinjaException(
                    what + " is a " + type(value) + ", where an int object is needed");
        };
    }

    /** The elements over which a loop runs. */
    static List<Object> elements(Object value, Budget budget) {
        List<Object> elements = new ArrayList<>();
        switch (value) {
            case String text -> {
                budget.elements(text.length());
                text.codePoints().forEach(c -> elements.add(Character.toString(c)));
            }
            case Collection<?> list -> elements.addAll(list);
            case Map<?, ?> map -> elements.addAll(map.keySet());
            case Undefined none -> {}
            case null, default -> throw new JinjaException("'" + type(value) + "' is not iterable");
        }
        budget.elements(elements.size());
        return elements;
    }

    // ---- comparison

    /** Whether {@code ==} holds. A value made to be compared for hours is refused. */
    static boolean same(Object a, Object b) {
        return same(a, b, new int[]{Budget.MAX_LIST});
    }

    private static boolean same(Object a, Object b, int[] left) {
        if (--left[0] < 0) throw new JinjaException("it compares values that are too large");
        if (a instanceof Undefined || b instanceof Undefined) return a instanceof Undefined && b instanceof Undefined;
        if (number(a) && number(b)) {
            return a instanceof Double || b instanceof Double ? real(a) == real(b) : integer(a) == integer(b);
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            if (x.size() != y.size() || x instanceof Tuple != y instanceof Tuple) return false;
            for (int i = 0; i < x.size(); i++) if (!same(x.get(i), y.get(i), left)) return false;
            return true;
        }
        if (a instanceof Map<?, ?> x && b instanceof Map<?, ?> y) {
            return x.size() == y.size() && x.entrySet().stream().allMatch(
                    entry -> y.containsKey(entry.getKey()) && same(entry.getValue(), y.get(entry.getKey()), left));
        }
        return a instanceof List || a instanceof Map ? false : Objects.equals(a, b);
    }

    /** Whether a map has a key; keys are texts, numbers, booleans and None. */
    static boolean has(Map<?, ?> map, Object key) {
        return (key == null || key instanceof String || number(key)) && map.containsKey(key);
    }

    static int compare(Object a, Object b) {
        if (a instanceof Undefined none) throw none.error();
        if (b instanceof Undefined none) throw none.error();
        if (number(a) && number(b)) {
            return a instanceof Double || b instanceof Double ? Double.compare(real(a), real(b))
                    : Long.compare(integer(a), integer(b));
        }
        if (a instanceof String x && b instanceof String y) {
            return java.util.Arrays.compare(x.codePoints().toArray(), y.codePoints().toArray());
        }
        if (a instanceof List<?> x && b instanceof List<?> y) {
            for (int i = 0; i < Math.min(x.size(), y.size()); i++) {
                if (!same(x.get(i), y.get(i))) return compare(x.get(i), y.get(i));
            }
            return Integer.compare(x.size(), y.size());
        }
        throw new JinjaException("a " + type(a) + " and a " + type(b) + " have no order");
    }

    static boolean contains(Object container, Object element) {
        return switch (container) {
            case String text -> text.contains(text(element, "what is looked for in a text"));
            case Collection<?> list -> list.stream().anyMatch(each -> same(each, element));
            case Map<?, ?> map -> has(map, element);
            case Undefined none -> false;
            case null, default -> throw new JinjaException("'" + type(container) + "' is not iterable");
        };
    }

    static boolean number(Object value) {
        return value instanceof Long || value instanceof Double || value instanceof Boolean;
    }

    static long integer(Object number) { return number instanceof Boolean flag ? flag ? 1 : 0 : (Long) number; }

    static double real(Object number) { return number instanceof Double real ? real : integer(number); }
}
