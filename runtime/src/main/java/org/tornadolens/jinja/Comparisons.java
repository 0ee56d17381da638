package org.tornadolens.jinja;

import java.util.Set;

/** The operators that compare two values. */
final class Comparisons {

    private static final Set<String> OPERATORS = Set.of("==", "!=", "<", "<=", ">", ">=");

    private Comparisons() {}

    static boolean is(String operator) { return OPERATORS.contains(operator); }

    static boolean hold(String operator, Object a, Object b) {
        return switch (operator) {
            case "==" -> Values.same(a, b);
            case "!=" -> !Values.same(a, b);
            case "<" -> Values.compare(a, b) < 0;
            case "<=" -> Values.compare(a, b) <= 0;
            case ">" -> Values.compare(a, b) > 0;
            case ">=" -> Values.compare(a, b) >= 0;
            case "in" -> Values.contains(b, a);
            case "not in" -> !Values.contains(b, a);
            default -> throw new IllegalStateException(operator);
        };
    }
}
