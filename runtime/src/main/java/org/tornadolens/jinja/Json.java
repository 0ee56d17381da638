package org.tornadolens.jinja;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The filter tojson as transformers defines it: Python's {@code json.dumps} with {@code ensure_ascii=False}. */
final class Json {

    private final StringBuilder out = new StringBuilder();
    private final Budget budget;
    private final int indent;   // -1: all on one line
    private final String between, behindKey;
    private final boolean sorted;

    private Json(Callable.Arguments arguments, Budget budget) {
        this.budget = budget;
        Object ascii = arguments.get(0, "ensure_ascii", false);
        if (Values.truth(ascii)) throw new JinjaException("tojson: ensure_ascii is not supported");
        Object spaces = arguments.get(1, "indent", null);
        indent = spaces == null ? -1 : (int) Math.clamp(Values.whole(spaces, "tojson's indent"), 0, 100);
        List<Object> separators = arguments.get(2, "separators", null) instanceof List<?> list && list.size() == 2
                ? List.of(list.get(0), list.get(1)) : List.of(indent < 0 ? ", " : ",", ": ");
        between = Values.text(separators.get(0), "tojson's separator");
        behindKey = Values.text(separators.get(1), "tojson's separator");
        sorted = Values.truth(arguments.get(3, "sort_keys", false));
    }

    static String of(Object value, Callable.Arguments arguments, Budget budget) {
        Json json = new Json(arguments, budget);
        json.write(value, 0);
        budget.characters(json.out.length());
        return json.out.toString();
    }

    private void write(Object value, int depth) {
        budget.step();
        if (depth > Budget.MAX_CALLS) throw new JinjaException("a value is nested too deeply");
        if (out.length() > Budget.MAX_LENGTH) budget.characters(out.length());
        switch (value) {
            case null -> out.append("null");
            case Boolean flag -> out.append(flag);
            case String text -> string(text);
            case Long number -> out.append(number);
            case Double number -> out.append(Values.string(number, budget));
            case List<?> list -> {
                int count = 0;
                out.append('[');
                for (Object each : list) {
                    line(count++ > 0, depth + 1);
                    write(each, depth + 1);
                }
                close(count, depth, ']');
            }
            case Map<?, ?> map -> {
                int count = 0;
                out.append('{');
                for (Map.Entry<?, ?> entry : (sorted ? sorted(map) : map).entrySet()) {
                    line(count++ > 0, depth + 1);
                    string(entry.getKey() == null ? "null" : entry.getKey() instanceof Boolean flag ? flag.toString()
                            : Values.string(entry.getKey(), budget));
                    out.append(behindKey);
                    write(entry.getValue(), depth + 1);
                }
                close(count, depth, '}');
            }
            default -> throw new JinjaException("a " + Values.type(value) + " is no JSON");
        }
    }

    private Map<?, ?> sorted(Map<?, ?> map) {
        Map<Object, Object> sorted = new TreeMap<>(Values::compare);
        sorted.putAll(map);
        return sorted;
    }

    private void line(boolean follows, int depth) {
        if (follows) out.append(between);
        if (indent >= 0) out.append('\n').append(" ".repeat(indent * depth));
    }

    private void close(int count, int depth, char bracket) {
        if (count > 0 && indent >= 0) out.append('\n').append(" ".repeat(indent * depth));
        out.append(bracket);
    }

    private void string(String text) {
        budget.characters(text.length());
        out.append('"');
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            switch (c) {
                case '"' -> out.append("\\\"");
                case '\\' -> out.append("\\\\");
                case '\n' -> out.append("\\n");
                case '\r' -> out.append("\\r");
                case '\t' -> out.append("\\t");
                case '\b' -> out.append("\\b");
                case '\f' -> out.append("\\f");
                default -> {
                    if (c < ' ') out.append("\\u%04x".formatted((int) c));
                    else out.append(c);
                }
            }
        }
        out.append('"');
    }
}
