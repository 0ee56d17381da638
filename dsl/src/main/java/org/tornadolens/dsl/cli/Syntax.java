package org.tornadolens.dsl.cli;

import java.util.ArrayList;
import java.util.List;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import picocli.CommandLine;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The operands and options of a subcommand, for picocli to parse and for {@code --help} to show. */
final class Syntax {

    static final String HELP = "--help", VERBOSE = "--verbose";

    private static final int WIDTH = 100;

    private final CommandSpec spec;
    private final List<String> examples = new ArrayList<>();

    Syntax(String command, String description) {
        spec = CommandSpec.create().name(command);
        spec.usageMessage().width(WIDTH).autoWidth(false).description("%n" + description.replace("%", "%%") + "%n")
                .abbreviateSynopsis(true).synopsisHeading("Usage: ").sortOptions(false);
        spec.addOption(OptionSpec.builder(VERBOSE).type(boolean.class).order(100)
                .description("show Java's frames with an error").build());
        spec.addOption(OptionSpec.builder(HELP, "-h").type(boolean.class).order(101).usageHelp(true)
                .description("show this").build());
    }

    Syntax required(String label, String text) { return operand(label, text, "1"); }

    Syntax optional(String label, String text) { return operand(label, text, "0..1"); }

    Syntax option(String name, String value, String text) {
        spec.addOption(OptionSpec.builder(name).paramLabel(value).type(String.class).arity("1")
                .order(spec.options().size()).description(escaped(text)).build());
        return this;
    }

    Syntax repeated(String name, String value, String text) {
        spec.addOption(OptionSpec.builder(name).paramLabel(value).type(List.class).auxiliaryTypes(String.class)
                .arity("1").order(spec.options().size()).description(escaped(text + "; may be repeated")).build());
        return this;
    }

    Syntax flag(String name, String text) {
        spec.addOption(OptionSpec.builder(name).type(boolean.class).order(spec.options().size())
                .description(escaped(text)).build());
        return this;
    }

    Syntax example(String line) {
        examples.add("  " + escaped(line));
        return this;
    }

    private Syntax operand(String label, String text, String arity) {
        spec.addPositional(PositionalParamSpec.builder().paramLabel(label).type(String.class).index("0").arity(arity)
                .required(arity.equals("1")).description(escaped(text)).build());
        return this;
    }

    private static String escaped(String text) { return text.replace("%", "%%").replace("@|", "@@|"); }

    /** {@code lens run} */
    String command() { return spec.name(); }

    /** @throws UsageException for an unknown or missing argument */
    Arguments parse(List<String> arguments) {
        CommandLine line = new CommandLine(spec).setExpandAtFiles(false).setUnmatchedOptionsArePositionalParams(false)
                .setTrimQuotes(false);
        try {
            return new Arguments(this, line.parseArgs(arguments.toArray(String[]::new)));
        } catch (CommandLine.UnmatchedArgumentException e) {
            String first = e.getUnmatched().getFirst();
            if (!first.startsWith("-")) throw wrong("\"" + first + "\" is one argument too many");
            String name = first.contains("=") ? first.substring(0, first.indexOf('=')) : first;
            throw wrong(Nearest.message("option", name, spec.optionsMap().keySet()));
        } catch (CommandLine.ParameterException e) {
            throw wrong(Character.toLowerCase(e.getMessage().charAt(0)) + e.getMessage().substring(1));
        }
    }

    /** Returns the error of a wrong argument. */
    UsageException wrong(String problem) {
        return new UsageException(problem + " (" + command() + " --help says what it takes)");
    }

    String help() {
        if (!examples.isEmpty())
            spec.usageMessage().footerHeading("%nExamples:%n").footer(examples.toArray(String[]::new));
        return new CommandLine(spec).getUsageMessage(CommandLine.Help.Ansi.OFF);
    }
}
