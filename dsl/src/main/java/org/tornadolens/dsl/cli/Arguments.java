package org.tornadolens.dsl.cli;

import java.util.List;
import java.util.Optional;
import picocli.CommandLine.ParseResult;

/** The parsed arguments of a command. */
final class Arguments {

    private static final long LARGEST = (1L << 53) - 1;   // the largest safe integer of JavaScript

    private final Syntax syntax;
    private final ParseResult parsed;

    Arguments(Syntax syntax, ParseResult parsed) {
        this.syntax = syntax;
        this.parsed = parsed;
    }

    /** Returns the operand, which is present if it is required. */
    Optional<String> operand() {
        return Optional.ofNullable(parsed.matchedPositionalValue(0, null));
    }

    boolean has(String option) { return parsed.hasMatchedOption(option); }

    Optional<String> value(String option) { return Optional.ofNullable(parsed.matchedOptionValue(option, null)); }

    /** Returns the values of an option that may be repeated. */
    List<String> values(String option) {
        return parsed.matchedOptionValue(option, List.of());
    }

    /** Returns a whole number from 0 to 2⁵³ - 1. */
    long whole(String option, long otherwise) {
        return value(option).map(value -> whole(option, value)).orElse(otherwise);
    }

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
                // reported below, in the same words as an infinite one
            }
            throw syntax.wrong(option + " takes a number, not \"" + value + "\"");
        }).orElse(otherwise);
    }
}
