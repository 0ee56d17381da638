package org.tornadolens.dsl.cli;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A command's arguments, parsed. */
final class Arguments {

    private static final long LARGEST = (1L << 53) - 1;   // JavaScript's numbers count that far

    private final Syntax syntax;
    private final List<String> operands = new ArrayList<>();
    private final Map<String, List<String>> values = new LinkedHashMap<>();

    Arguments(Syntax syntax) { this.syntax = syntax; }

    void put(Syntax.Option option, String value) {
        List<String> all = values.computeIfAbsent(option.name(), name -> new ArrayList<>());
        if (!option.repeats() && !option.flag() && !all.isEmpty()) throw syntax.wrong(option.name() + " is given twice");
        all.add(value);
    }

    List<String> operands() { return operands; }

    Optional<String> operand(int index) { return index < operands.size() ? Optional.of(operands.get(index)) : Optional.empty(); }

    boolean has(Syntax.Option flag) { return values.containsKey(flag.name()); }

    Optional<String> value(String option) { return Optional.ofNullable(values.get(option)).map(List::getFirst); }

    List<String> values(String option) { return values.getOrDefault(option, List.of()); }

    /** A whole number from 0 to 2⁵³ - 1. */
    long whole(String option, long otherwise) { return value(option).map(value -> whole(option, value)).orElse(otherwise); }

    long whole(String what, String value) {
        if (value.matches("\\d{1,16}") && Long.parseLong(value) <= LARGEST) return Long.parseLong(value);
        throw syntax.wrong(what + " takes a whole number from 0 to " + LARGEST + ", not \"" + value + "\"");
    }

    double number(String option, double otherwise) {
        return value(option).map(value -> {
            try {
                double number = Double.parseDouble(value);
                if (Double.isFinite(number)) return number;
            } catch (NumberFormatException e) {
                // said below, in the same words as for an infinite one
            }
            throw syntax.wrong(option + " takes a number, not \"" + value + "\"");
        }).orElse(otherwise);
    }
}
