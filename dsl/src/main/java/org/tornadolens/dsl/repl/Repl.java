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
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.graalvm.polyglot.Value;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Settings;
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
    private final Display display;

    /** Returns the expression that opens the model of a session with these settings in a script. */
    public static String opening(Settings settings) {
        return settings.model().map(path -> "load(\"" + path.toString().replace("\\", "\\\\").replace("\"", "\\\"")
                + "\")").orElse("load()");
    }

    /**
     * A session at a prompt.
     *
     * @param model the expression that opens the session's model in a script
     */
    public Repl(Evaluator session, Host host, Look look, String model) { this(session, host, () -> look, model); }

    /** @param look is asked for each value, because a terminal's width changes */
    public Repl(Evaluator session, Host host, Supplier<Look> look, String model) {
        this(session, host, look, model, Optional.empty());
    }

    /** A session that another display shows, as a notebook does. */
    public Repl(Evaluator session, Host host, Display display, String model) {
        this(session, host, () -> Look.PLAIN, model, Optional.of(display));
    }

    private Repl(Evaluator session, Host host, Supplier<Look> look, String model, Optional<Display> display) {
        this.session = session;
        this.host = host;
        this.model = model;
        types = new Types(session, declarations);
        help = new Help(declarations, types);
        values = new Values(session, declarations, help, host, look);
        this.display = display.orElseGet(() -> new PromptDisplay(host, values));
        host.showsBy(this.display::shown);
    }

    /** Returns what completes an input. */
    public Completion completion() {
        return new Completion(session, declarations);
    }

    /**
     * Returns the documentation of what stands at a place of an input, if there is any.
     *
     * @param cursor from 0 to the length of the text
     */
    public Optional<String> inspect(String text, int cursor) {
        return new Inspection(session, types, help).at(text, cursor);
    }

    /** Returns a value as text, with what a function or a namespace is for. */
    public String text(Value value) {
        return values.text(value);
    }

    /** Returns true if a text is a command or a question, which acorn does not read. */
    public static boolean command(String text) {
        return QUESTION.matcher(text).matches() || COMMAND.matcher(text).matches();
    }

    /** Runs an input or a command and shows what it gives. */
    public Step input(String text) {
        return input(text, Optional.empty());
    }

    /** @param name what errors call the input */
    public Step input(String text, String name) {
        return input(text, Optional.of(name));
    }

    private Step input(String text, Optional<String> name) {
        Matcher question = QUESTION.matcher(text), command = COMMAND.matcher(text);
        try {
            if (question.matches()) return print(help.of(question.group(1)));
            if (command.matches())
                return command(command.group(1), Optional.ofNullable(command.group(2)).orElse("").strip());
            return evaluate(text, name);
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
        display.refused(message);
        return Step.FAILED;
    }

    private Step evaluate(String text, Optional<String> name) {
        return show(running(() -> name.isPresent() ? session.evaluate(text, name.get()) : session.evaluate(text)),
                true);
    }

    private Evaluator.Outcome running(Supplier<Evaluator.Outcome> work) {
        host.takeWritten();
        try (Interrupts.Scope scope = host.interrupts().during(session::interrupt)) {
            return work.get();
        }
    }

    /** @param value whether the value is printed, besides the files saved */
    private Step show(Evaluator.Outcome outcome, boolean value) {
        switch (outcome) {
            case Evaluator.Outcome.Done(Optional<Value> given) -> {
                if (value) given.ifPresent(one -> display.value(one, host.written()));
                display.saved(host.takeWritten());
                return Step.DONE;
            }
            case Evaluator.Outcome.Failed(var failure) -> {
                display.failed(failure);
                return failure.exit() == Exit.INTERRUPTED ? Step.INTERRUPTED : Step.FAILED;
            }
            case Evaluator.Outcome.Incomplete() -> {
                return Step.INCOMPLETE;
            }
        }
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
