package org.tornadolens.jinja;

import java.util.ArrayList;
import java.util.List;

/** Python's arithmetic; whole numbers have 64 bits, and more is an error. */
final class Arithmetic {

    private Arithmetic() {}

    static Object of(String operator, Object a, Object b, Budget budget) {
        budget.step();
        if (a instanceof Undefined none) throw none.error();
        if (b instanceof Undefined none) throw none.error();
        if (operator.equals("+") && a instanceof String x && b instanceof String y) {
            budget.characters((long) x.length() + y.length());
            return x + y;
        }
        if (operator.equals("+") && a instanceof List<?> x && b instanceof List<?> y) {
            budget.elements((long) x.size() + y.size());
            List<Object> both = new ArrayList<>(x);
            both.addAll(y);
            return both;
        }
        if (operator.equals("*") && a instanceof String text && b instanceof Long n) return times(text, n, budget);
        if (operator.equals("*") && b instanceof String text && a instanceof Long n) return times(text, n, budget);
        if (!Values.number(a) || !Values.number(b)) {
            throw new JinjaException("the operator " + operator + " takes no " + Values.type(a) + " and "
                    + Values.type(b));
        }
        try {
            return a instanceof Double || b instanceof Double || operator.equals("/")
                    ? real(operator, Values.real(a), Values.real(b))
                    : whole(operator, Values.integer(a), Values.integer(b));
        } catch (ArithmeticException e) {
            throw new JinjaException("the operator " + operator + ": " + e.getMessage());
        }
    }

    private static String times(String text, long times, Budget budget) {
        long count = Math.max(0, times);
        if (count > Budget.MAX_LENGTH) budget.characters(Long.MAX_VALUE >> 1);
        budget.characters(text.length() * count);
        return text.repeat((int) count);
    }

    private static Object whole(String operator, long a, long b) {
        return switch (operator) {
            case "+" -> Math.addExact(a, b);
            case "-" -> Math.subtractExact(a, b);
            case "*" -> Math.multiplyExact(a, b);
            case "//" -> Math.floorDiv(a, b);
            case "%" -> Math.floorMod(a, b);
            case "**" -> b < 0 ? (Object) Math.pow(a, b) : power(a, b);
            default -> throw new IllegalStateException(operator);
        };
    }

    private static long power(long base, long exponent) {
        if (base >= -1 && base <= 1) return exponent == 0 || base == 1 ? 1 : base == 0 ? 0 : exponent % 2 == 0 ? 1 : -1;
        long power = 1;
        for (long i = 0; i < exponent; i++) power = Math.multiplyExact(power, base);   // ends after 63 turns
        return power;
    }

    private static Object real(String operator, double a, double b) {
        if (b == 0 && (operator.equals("/") || operator.equals("//") || operator.equals("%"))) {
            throw new ArithmeticException("/ by zero");
        }
        return switch (operator) {
            case "+" -> a + b;
            case "-" -> a - b;
            case "*" -> a * b;
            case "/" -> a / b;
            case "//" -> Math.floor(a / b);
            case "%" -> a - b * Math.floor(a / b);
            case "**" -> Math.pow(a, b);
            default -> throw new IllegalStateException(operator);
        };
    }

    static Object negated(Object value) {
        if (value instanceof Undefined none) throw none.error();
        if (!Values.number(value)) throw new JinjaException("a " + Values.type(value) + " cannot be negated");
        return value instanceof Double real ? (Object) (-real) : (Object) Math.negateExact(Values.integer(value));
    }
}
