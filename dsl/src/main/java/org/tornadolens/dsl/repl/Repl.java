package org.tornadolens.dsl.repl;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.graalvm.polyglot.Value;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.TerminalStream;
import org.tornadolens.dsl.Wording;
import org.tornadolens.dsl.script.Evaluator;

/** A session of the REPL: runs inputs and commands, and prints what they give. */
public final class Repl {

    /** What became of an input. */
    public enum Step { DONE, INCOMPLETE, FAILED, INTERRUPTED, EXIT }

    static final Map<String, String> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put(".help", "lists the commands; .help NAME, or NAME?, documents a name: model.run?");
        COMMANDS.put(".doc", "documents a name, as .help NAME does");
        COMMANDS.put(".vars", "lists the variables of the session");
        COMMANDS.put(".time", "evaluates what follows and tells how long it takes");
        COMMANDS.put(".load", "runs a script in the session");
        COMMANDS.put(".save", "writes a script that does what the inputs that worked did");
        COMMANDS.put(".clear", "drops an unfinished input");
        COMMANDS.put(".exit", "leaves, as Ctrl-D does");
    }

    private static final Pattern QUESTION =
            Pattern.compile("\\s*([\\p{L}_$][\\w$]*(?:\\.[\\p{L}_$][\\w$]*)*)\\s*\\?\\s*");
    private static final Pattern COMMAND = Pattern.compile("\\s*(\\.[a-z]+)(?:\\s+(.*))?", Pattern.DOTALL);
    private static final int LONGEST_VALUE = 80;

    private final Evaluator session;
    private final Host host;
    private final String model;
    private final Declarations declarations = Declarations.ofModule();
    private final Types types;
    private final Help help;
    private final Values values;

    /** @param model the expression that opens the session's model in a script */
    public Repl(Evaluator session, Host host, Look look, String model) {
        this.session = session;
        this.host = host;
        this.model = model;
        types = new Types(session, declarations);
        help = new Help(declarations, types);
        values = new Values(session, declarations, help, host, look);
    }

    /** Returns what completes an input. */
    public Completion completion() {
        return new Completion(session, declarations);
    }

    /** Returns true if a text is a command or a question, which acorn does not read. */
    static boolean command(String text) {
        return QUESTION.matcher(text).matches() || COMMAND.matcher(text).matches();
    }

    /** Runs an input or a command and prints what it gives. */
    public Step input(String text) {
        Matcher question = QUESTION.matcher(text), command = COMMAND.matcher(text);
        try {
            if (question.matches()) return print(help.of(question.group(1)));
            if (command.matches())
                return command(command.group(1), Optional.ofNullable(command.group(2)).orElse("").strip());
            return evaluate(text);
        } catch (UsageException | InvalidPathException e) {
            return refuse(e.getMessage());
        } catch (IOException e) {
            return refuse(Wording.of(e));
        }
    }

    private Step print(String text) {
        host.out().println(text);
        return Step.DONE;
    }

    private Step refuse(String message) {
        host.out().flush();
        host.err().println(message);
        return Step.FAILED;
    }

    private Step evaluate(String text) { return show(running(() -> session.evaluate(text)), true); }

    private Evaluator.Outcome running(java.util.function.Supplier<Evaluator.Outcome> work) {
        host.takeWritten();
        try (Interrupts.Scope scope = host.interrupts().during(session::interrupt)) {
            return work.get();
        }
    }

    /** @param value whether the value is printed, besides the files saved */
    private Step show(Evaluator.Outcome outcome, boolean value) {
        switch (outcome) {
            case Evaluator.Outcome.Done(Optional<Value> given) -> {
                if (value) given.ifPresent(this::show);
                List<Path> saved = host.takeWritten();
                for (Path file : saved) host.out().println("→ " + shown(file));
                values.open(saved);
                host.out().flush();
                return Step.DONE;
            }
            case Evaluator.Outcome.Failed(var failure) -> {
                refuse(failure.describe());
                return failure.exit() == Exit.INTERRUPTED ? Step.INTERRUPTED : Step.FAILED;
            }
            case Evaluator.Outcome.Incomplete() -> {
                return Step.INCOMPLETE;
            }
        }
    }

    private void show(Value value) {
        host.out().println(values.text(value, host.written()));
        values.map(value).ifPresent(map -> TerminalStream.sequence(host.out(), map + System.lineSeparator()));
    }

    private static Path shown(Path file) {
        Path here = Path.of("").toAbsolutePath();
        return file.startsWith(here) ? here.relativize(file) : file;
    }

    // ---- commands

    private Step command(String name, String argument) throws IOException {
        return switch (name) {
            case ".help", ".doc" -> print(argument.isEmpty() ? commands() : help.of(argument.replaceAll("\\(.*", "")));
            case ".vars" -> variables();
            case ".time" -> time(argument);
            case ".load" -> load(file(name, argument));
            case ".save" -> save(file(name, argument));
            case ".clear" -> Step.DONE;
            case ".exit" -> Step.EXIT;
            default -> refuse(Nearest.message("command", name, COMMANDS.keySet()));
        };
    }

    private static Path file(String command, String argument) {
        if (argument.isEmpty()) throw new UsageException(command + " takes a file");
        return Path.of(argument.startsWith("~/") ? System.getProperty("user.home") + argument.substring(1) : argument);
    }

    private static String commands() {
        StringBuilder text = new StringBuilder("Everything that scripts import from \"lens\" is in scope, and `model` "
                + "is the model.\n\n");
        COMMANDS.forEach((name, about) -> text.append(String.format("%-8s %s%n", name, about)));
        return text + """

                _        the last value          _error   the last error
                x;       a semicolon at the end hides the value
                Tab completes names, members, options, hook names, heads and files; Ctrl-R searches the history;
                Ctrl-C drops the line, or stops what runs; Ctrl-D leaves""";
    }

    private Step variables() {
        for (Map.Entry<String, String> one : session.declared().entrySet()) {
            Value found = session.tool("peek", session.tool("nothing"), one.getKey());
            if (!found.hasMember("value")) continue;
            String text = session.text(found.getMember("value")).lines().findFirst().orElse("");
            host.out().println(one.getKey() + " = "
                    + (text.length() > LONGEST_VALUE ? text.substring(0, LONGEST_VALUE) + "…" : text));
        }
        return Step.DONE;
    }

    private Step time(String text) {
        if (text.isEmpty()) throw new UsageException(".time takes what to evaluate: .time model.run(\"Once\")");
        long began = System.nanoTime();
        Evaluator.Outcome outcome = running(() -> session.evaluate(text));
        double seconds = (System.nanoTime() - began) / 1e9;
        Step step = show(outcome, true);
        if (step == Step.INCOMPLETE) return refuse("the input is incomplete: " + text);
        if (step == Step.DONE)
            host.out().println(String.format(Locale.ROOT, seconds < 1 ? "%.1f ms" : "%.2f s",
                    seconds < 1 ? seconds * 1000 : seconds));
        return step;
    }

    private Step load(Path file) throws IOException {
        if (!Files.isRegularFile(file)) throw new UsageException("no file " + file);
        String text = Files.readString(file);
        Step step = show(running(() -> session.evaluate(text, file.toString())), false);
        return step == Step.INCOMPLETE ? refuse(file + " ends in the middle of a statement") : step;
    }

    private Step save(Path file) throws IOException {
        Files.writeString(file, session.script(model));
        return print("→ " + file);
    }
}
