package org.tornadolens.dsl.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;

/**
 * What a subcommand takes: parsed from, and shown by {@code --help}. A parser library would cost a quarter of the
 * time that a script of one line takes from start to exit.
 */
final class Syntax {

    /** An option; {@code value} is the label of what it takes, empty for a flag. */
    record Option(String name, String value, boolean repeats, String text) {
        boolean flag() { return value.isEmpty(); }
    }

    record Operand(String label, boolean required, String text) {}

    static final Option HELP = new Option("--help", "", false, "show this");
    static final Option VERBOSE = new Option("--verbose", "", false, "show Java's frames with an error");

    private final String command;
    private final String description;
    private final List<Operand> operands = new ArrayList<>();
    private final List<Option> options = new ArrayList<>();
    private final List<String> examples = new ArrayList<>();

    Syntax(String command, String description) {
        this.command = command;
        this.description = description;
    }

    Syntax required(String label, String text) { return operand(new Operand(label, true, text)); }

    Syntax optional(String label, String text) { return operand(new Operand(label, false, text)); }

    Syntax option(String name, String value, String text) { return option(new Option(name, value, false, text)); }

    Syntax repeated(String name, String value, String text) { return option(new Option(name, value, true, text + "; may be repeated")); }

    Syntax option(Option option) {
        options.add(option);
        return this;
    }

    Syntax example(String line) {
        examples.add(line);
        return this;
    }

    private Syntax operand(Operand operand) {
        operands.add(operand);
        return this;
    }

    /** {@code lens run} */
    String command() { return command; }

    private List<Option> allOptions() { return Stream.concat(options.stream(), Stream.of(VERBOSE, HELP)).toList(); }

    /** @throws UsageException for an argument that the command does not take, or lacks */
    Arguments parse(List<String> arguments) {
        Arguments parsed = new Arguments(this);
        boolean onlyOperands = false;
        for (int i = 0; i < arguments.size(); i++) {
            String argument = arguments.get(i);
            if (onlyOperands || !argument.startsWith("-") || argument.equals("-")) {
                if (parsed.operands().size() == operands.size()) throw wrong("\"" + argument + "\" is one argument too many");
                parsed.operands().add(argument);
            } else if (argument.equals("--")) {
                onlyOperands = true;
            } else {
                int equals = argument.indexOf('=');
                Option option = named(equals < 0 ? argument : argument.substring(0, equals));
                if (option.flag()) {
                    if (equals >= 0) throw wrong(option.name() + " takes no value");
                    parsed.put(option, "");
                } else if (equals >= 0) {
                    parsed.put(option, argument.substring(equals + 1));
                } else {
                    if (i + 1 == arguments.size()) throw wrong(option.name() + " takes a value: " + option.name() + " " + option.value());
                    parsed.put(option, arguments.get(++i));
                }
            }
        }
        if (!parsed.has(HELP)) requireOperands(parsed.operands().size());
        return parsed;
    }

    private void requireOperands(int given) {
        if (given < operands.size() && operands.get(given).required()) throw wrong(operands.get(given).label() + " is missing (" + operands.get(given).text() + ")");
    }

    private Option named(String name) {
        if (name.equals("-h")) return HELP;
        for (Option option : allOptions()) if (option.name().equals(name)) return option;
        throw wrong(Nearest.message("option", name, allOptions().stream().map(Option::name).toList()));
    }

    /** An argument that cannot be followed. */
    UsageException wrong(String problem) { return new UsageException(problem + " (" + command + " --help says what it takes)"); }

    String help() {
        StringBuilder text = new StringBuilder("Usage: " + command);
        for (Operand operand : operands) text.append(operand.required() ? " " + operand.label() : " [" + operand.label() + "]");
        text.append(" [options]\n\n");
        Columns.wrap(description, 0, text);
        int width = Stream.concat(operands.stream().map(Operand::label), allOptions().stream().map(Syntax::label)).mapToInt(String::length).max().orElse(0);
        text.append('\n');
        for (Operand operand : operands) Columns.entry(operand.label(), width, operand.text(), text);
        for (Option option : allOptions()) Columns.entry(label(option), width, option.text(), text);
        if (!examples.isEmpty()) text.append("\nExamples:\n");
        for (String example : examples) text.append("  ").append(example).append('\n');
        return text.toString();
    }

    private static String label(Option option) { return option.flag() ? option.name() : option.name() + " " + option.value(); }
}
