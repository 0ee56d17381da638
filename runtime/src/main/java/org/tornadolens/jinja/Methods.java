package org.tornadolens.jinja;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.BiPredicate;
import java.util.function.IntPredicate;
import org.tornadolens.jinja.Callable.Arguments;

/** The methods of Python's strings, lists and dicts that change nothing. */
final class Methods {

    private Methods() {}

    /** Returns a method of a value, or null. */
    static Callable of(Object value, String name) {
        return switch (value) {
            case String text -> {
                Callable method = ofText(text, name);
                yield method == null ? null : (arguments, budget) -> {
                    budget.characters(text.length());
                    return method.call(arguments, budget);
                };
            }
            case Map<?, ?> map -> ofMap(map, name);
            case List<?> list -> ofList(list, name);
            case null, default -> null;
        };
    }

    private static Callable ofText(String text, String name) {
        return switch (name) {
            case "strip" -> (arguments, budget) -> strip(text, arguments, true, true);
            case "lstrip" -> (arguments, budget) -> strip(text, arguments, true, false);
            case "rstrip" -> (arguments, budget) -> strip(text, arguments, false, true);
            case "split" -> (arguments, budget) -> split(text, arguments, budget, false);
            case "rsplit" -> (arguments, budget) -> split(text, arguments, budget, true);
            case "splitlines" -> (arguments, budget) -> charged(Text.lines(text), budget);
            case "startswith" -> (arguments, budget) -> any(arguments, text, String::startsWith);
            case "endswith" -> (arguments, budget) -> any(arguments, text, String::endsWith);
            case "removeprefix" -> (arguments, budget) -> {
                String prefix = arguments.text(0, "prefix");
                return text.startsWith(prefix) ? text.substring(prefix.length()) : text;
            };
            case "removesuffix" -> (arguments, budget) -> {
                String suffix = arguments.text(0, "suffix");
                return text.endsWith(suffix) ? text.substring(0, text.length() - suffix.length()) : text;
            };
            case "upper" -> (arguments, budget) -> text.toUpperCase(Locale.ROOT);
            case "lower" -> (arguments, budget) -> text.toLowerCase(Locale.ROOT);
            case "title" -> (arguments, budget) -> Text.title(text);
            case "capitalize" -> (arguments, budget) -> Text.capitalize(text);
            case "replace" -> (arguments, budget) -> replace(text, arguments.text(0, "old"), arguments.text(1, "new"),
                    arguments.whole(2, "count", -1), budget);
            case "find" -> (arguments, budget) -> points(text, text.indexOf(arguments.text(0, "sub")));
            case "rfind" -> (arguments, budget) -> points(text, text.lastIndexOf(arguments.text(0, "sub")));
            case "count" -> (arguments, budget) -> {
                String part = arguments.text(0, "sub");
                return part.isEmpty() ? text.codePointCount(0, text.length()) + 1L
                        : Text.split(text, part, -1).size() - 1L;
            };
            case "join" -> (arguments, budget) -> {
                List<Object> parts = Values.elements(arguments.get(0, "iterable"), budget);
                parts.forEach(part -> Values.text(part, "what is joined"));
                return join(parts, text, budget);
            };
            case "isdigit" -> (arguments, budget) -> all(text, Character::isDigit);
            case "isalpha" -> (arguments, budget) -> all(text, Character::isLetter);
            case "isalnum" -> (arguments, budget) -> all(text, Character::isLetterOrDigit);
            case "isspace" -> (arguments, budget) -> all(text, Text::isSpace);
            case "isupper" -> (arguments, budget) -> !text.equals(text.toLowerCase(Locale.ROOT))
                    && text.equals(text.toUpperCase(Locale.ROOT));
            case "islower" -> (arguments, budget) -> !text.equals(text.toUpperCase(Locale.ROOT))
                    && text.equals(text.toLowerCase(Locale.ROOT));
            default -> null;
        };
    }

    private static Callable ofMap(Map<?, ?> map, String name) {
        return switch (name) {
            case "items" -> (arguments, budget) -> items(map, budget);
            case "keys" -> (arguments, budget) -> charged(new ArrayList<>(map.keySet()), budget);
            case "values" -> (arguments, budget) -> charged(new ArrayList<>(map.values()), budget);
            case "get" -> (arguments, budget) -> {
                Object key = arguments.get(0, "key");
                return Values.has(map, key) ? map.get(key) : arguments.get(1, "default", null);
            };
            case "copy" -> (arguments, budget) -> map;
            default -> null;
        };
    }

    private static Callable ofList(List<?> list, String name) {
        return switch (name) {
            case "index" -> (arguments, budget) -> {
                for (int i = 0; i < list.size(); i++) {
                    if (Values.same(list.get(i), arguments.get(0, "value"))) return (long) i;
                }
                throw new JinjaException("a list does not hold what index looks for");
            };
            case "count" -> (arguments, budget) -> list.stream()
                    .filter(each -> Values.same(each, arguments.get(0, "value"))).count();
            case "copy" -> (arguments, budget) -> list;
            default -> null;
        };
    }

    static List<Object> items(Map<?, ?> map, Budget budget) {
        List<Object> items = new ArrayList<>();
        map.forEach((key, value) -> {
            items.add(new Tuple(java.util.Arrays.asList(key, value)));
        });
        return charged(items, budget);
    }

    private static List<Object> charged(List<Object> list, Budget budget) {
        budget.elements(list.size());
        return list;
    }

    private static String strip(String text, Arguments arguments, boolean left, boolean right) {
        Object which = arguments.get(0, "chars", null);
        IntPredicate gone = which == null ? Text::isSpace : c -> Values.text(which, "chars").indexOf(c) >= 0;
        return Text.strip(text, gone, left, right);
    }

    private static List<Object> split(String text, Arguments arguments, Budget budget, boolean right) {
        Object separator = arguments.get(0, "sep", null);
        long most = arguments.whole(1, "maxsplit", -1);
        if (separator == null) {
            if (right && most >= 0) throw new JinjaException("rsplit at whitespace takes no maxsplit here");
            return charged(Text.words(text, most), budget);
        }
        String between = Values.text(separator, "sep");
        return charged(right ? Text.splitFromRight(text, between, most) : Text.split(text, between, most), budget);
    }

    private static boolean any(Arguments arguments, String text, BiPredicate<String, String> holds) {
        Object which = arguments.get(0, "prefix");
        if (which instanceof List<?> several) {
            return several.stream().anyMatch(one -> holds.test(text, Values.text(one, "a prefix")));
        }
        return holds.test(text, Values.text(which, "a prefix"));
    }

    private static boolean all(String text, IntPredicate holds) {
        return !text.isEmpty() && text.codePoints().allMatch(holds);
    }

    private static long points(String text, int index) { return index < 0 ? -1 : text.codePointCount(0, index); }

    static String join(List<Object> parts, String between, Budget budget) {
        StringBuilder joined = new StringBuilder();
        for (int i = 0; i < parts.size(); i++) {
            String part = Values.string(parts.get(i), budget);
            budget.characters((long) part.length() + between.length());
            if (joined.length() > Budget.MAX_LENGTH) budget.characters(joined.length());
            joined.append(i == 0 ? "" : between).append(part);
        }
        return joined.toString();
    }

    static String replace(String text, String old, String by, long most, Budget budget) {
        if (old.isEmpty()) throw new JinjaException("an empty text cannot be replaced");
        StringBuilder replaced = new StringBuilder();
        int from = 0, found;
        for (long count = 0; count != most && (found = text.indexOf(old, from)) >= 0; count++) {
            budget.characters((long) found - from + by.length());
            replaced.append(text, from, found).append(by);
            if (replaced.length() > Budget.MAX_LENGTH) budget.characters(replaced.length());
            from = found + old.length();
        }
        budget.characters((long) replaced.length() + text.length() - from);
        return replaced.append(text, from, text.length()).toString();
    }
}
