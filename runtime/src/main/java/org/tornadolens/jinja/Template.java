package org.tornadolens.jinja;

import java.time.LocalDateTime;
import java.time.format.TextStyle;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * A chat template, rendered as transformers renders it: Jinja2 with {@code trim_blocks} and {@code lstrip_blocks},
 * loop controls, the tag {@code generation}, {@code raise_exception}, {@code strftime_now}, and {@code tojson} as plain
 * JSON. Immutable and thread-safe.
 *
 * <p>A template is a stranger's program. It sees the values it is given and nothing else: no object or method of Java,
 * no file, no other template; and the time, steps, text and nesting of a rendering are bounded ({@link Budget}).
 */
public final class Template {

    private static final int MAX_SOURCE = 1 << 20;   // characters

    private final List<Node> nodes;

    private Template(List<Node> nodes) { this.nodes = nodes; }

    /** @throws JinjaException if it is not Jinja, or uses what chat templates may not */
    public static Template of(String source) {
        if (source.length() > MAX_SOURCE) {
            throw new JinjaException("it has " + source.length() + " characters, more than " + MAX_SOURCE);
        }
        try {
            return new Template(Parser.parse(source));
        } catch (StackOverflowError e) {
            throw new JinjaException("it is nested too deeply");
        }
    }

    /**
     * Renders the template.
     *
     * @param variables by name: null, booleans, whole and real numbers, strings, lists and maps of these
     * @throws JinjaException.Raised if the template refuses them
     * @throws JinjaException        if it cannot be rendered with them
     */
    public String render(Map<String, ?> variables) {
        Budget budget = new Budget();
        Map<String, Object> all = new LinkedHashMap<>(functions());
        variables.forEach((name, value) -> all.put(name, imported(value)));
        try {
            StringBuilder out = new StringBuilder();
            Node.all(nodes, Scope.of(all, budget), out);
            return out.toString();
        } catch (StackOverflowError e) {
            throw new JinjaException("its expressions or values are nested too deeply");
        }
    }

    private static Object imported(Object value) {
        return switch (value) {
            case null -> null;
            case Boolean flag -> flag;
            case String text -> text;
            case Double real -> real;
            case Float real -> (double) real;
            case Number whole -> whole.longValue();
            case List<?> list -> {
                List<Object> copy = new ArrayList<>();
                for (Object each : list) copy.add(imported(each));
                yield copy;
            }
            case Map<?, ?> map -> {
                Map<Object, Object> copy = new LinkedHashMap<>();
                map.forEach((key, each) -> copy.put(String.valueOf(key), imported(each)));
                yield copy;
            }
            default -> throw new IllegalArgumentException("a template cannot be given a " + value.getClass());
        };
    }

    private static Map<String, Callable> functions() {
        return Map.of(
                "raise_exception", (arguments, budget) -> {
                    throw new JinjaException.Raised(Values.string(arguments.get(0, "message", ""), budget));
                },
                "strftime_now", (arguments, budget) -> now(arguments.text(0, "format")),
                "namespace", (arguments, budget) -> new Namespace(arguments),
                "dict", (arguments, budget) -> new LinkedHashMap<Object, Object>(arguments.named()),
                "range", Template::range);
    }

    private static Object range(Callable.Arguments arguments, Budget budget) {
        boolean one = arguments.positional().size() == 1;
        long from = one ? 0 : arguments.whole(0, "start", 0), to = arguments.whole(one ? 0 : 1, "stop", 0);
        long by = arguments.whole(2, "step", 1);
        if (by == 0) throw new JinjaException("range has the step 0");
        List<Object> numbers = new ArrayList<>();
        for (long i = from; by > 0 ? i < to : i > to; i += by) {
            if (numbers.size() >= Budget.MAX_LIST) budget.elements(Budget.MAX_LIST + 1L);
            numbers.add(i);
        }
        budget.elements(numbers.size());
        return numbers;
    }

    /** Today, in C's {@code strftime}. */
    private static String now(String format) {
        LocalDateTime now = LocalDateTime.now();
        StringBuilder text = new StringBuilder();
        for (int i = 0; i < format.length(); i++) {
            char c = format.charAt(i);
            if (c != '%' || i + 1 == format.length()) {
                text.append(c);
                continue;
            }
            boolean bare = format.charAt(++i) == '-' && i + 1 < format.length();
            if (bare) i++;
            String two = bare ? "%d" : "%02d";
            text.append(switch (format.charAt(i)) {
                case 'Y' -> "%04d".formatted(now.getYear());
                case 'y' -> two.formatted(now.getYear() % 100);
                case 'm' -> two.formatted(now.getMonthValue());
                case 'd' -> two.formatted(now.getDayOfMonth());
                case 'H' -> two.formatted(now.getHour());
                case 'I' -> two.formatted((now.getHour() + 11) % 12 + 1);
                case 'M' -> two.formatted(now.getMinute());
                case 'S' -> two.formatted(now.getSecond());
                case 'j' -> (bare ? "%d" : "%03d").formatted(now.getDayOfYear());
                case 'p' -> now.getHour() < 12 ? "AM" : "PM";
                case 'A' -> now.getDayOfWeek().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
                case 'a' -> now.getDayOfWeek().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
                case 'B' -> now.getMonth().getDisplayName(TextStyle.FULL, Locale.ENGLISH);
                case 'b', 'h' -> now.getMonth().getDisplayName(TextStyle.SHORT, Locale.ENGLISH);
                case '%' -> "%";
                default -> throw new JinjaException("strftime_now does not know %" + format.charAt(i));
            });
        }
        return text.toString();
    }
}
