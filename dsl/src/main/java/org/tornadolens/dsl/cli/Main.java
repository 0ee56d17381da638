package org.tornadolens.dsl.cli;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.OutputStream;
import java.io.PrintStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.dsl.BugReport;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.TerminalStream;
import org.tornadolens.dsl.Version;
import org.tornadolens.dsl.Wording;
import org.tornadolens.dsl.script.ScriptFailure;
import org.tornadolens.tokenizer.TokenizerException;

/** The command line: {@code lens SUBCOMMAND …}. Results go to out, everything else to err. */
public final class Main {

    private record Entry(String summary, Supplier<Command> command) {}

    private static final Map<String, Entry> COMMANDS = new LinkedHashMap<>();

    static {
        COMMANDS.put("run", new Entry("run an experiment script", RunCommand::new));
        COMMANDS.put("repl", new Entry("evaluate JavaScript as you type it", ReplCommand::new));
        COMMANDS.put("generate", new Entry("continue a text", GenerateCommand::new));
        COMMANDS.put("chat", new Entry("hold a conversation", ChatCommand::new));
        COMMANDS.put("info", new Entry("a model's configuration, parameters, memory and hook names", InfoCommand::new));
        COMMANDS.put("devices", new Entry("what models can run on", DevicesCommand::new));
        COMMANDS.put("doctor",
                new Entry("whether this machine and device compute what they should", DoctorCommand::new));
        COMMANDS.put("bench", new Entry("how fast this machine runs a model", BenchCommand::new));
        COMMANDS.put("jupyter", new Entry("a kernel for Jupyter notebooks", JupyterCommand::new));
        COMMANDS.put("new", new Entry("start a script from a template", NewCommand::new));
    }

    private Main() {}

    public static void main(String[] arguments) {
        ObservedOutput results = new ObservedOutput(new FileOutputStream(FileDescriptor.out));
        PrintStream out = stream(results, "stdout"),
                err = stream(new FileOutputStream(StandardError.descriptor()), "stderr");
        System.setErr(err);
        Interrupts interrupts = new Interrupts();
        sun.misc.Signal.handle(new sun.misc.Signal("INT"), new OnSignal(interrupts));
        sun.misc.Signal.handle(new sun.misc.Signal("TERM"), new OnTermination(interrupts));
        Terminal terminal = new Terminal(System.in, out, err, System.getenv(), interrupts,
                interactive(), Boolean.getBoolean("tornadolens.stderr.terminal"));
        try {
            end(execute(arguments, terminal), results, out, err);
        } catch (OutOfMemoryError again) {      // while the first one was handled
            try {
                LAST.write(FULL);
            } catch (Throwable unsaid) {
                // the exit code says it
            } finally {
                RUNTIME.halt(HEAP_FULL);
            }
        }
    }

    // Made before the heap is full: then there is no room even for resolving the name of a class.
    private static final Runtime RUNTIME = Runtime.getRuntime();
    private static final int HEAP_FULL = Exit.OUT_OF_MEMORY.code();
    private static final FileOutputStream LAST = new FileOutputStream(StandardError.descriptor());
    private static final byte[] FULL =
            "lens: out of memory: what the script keeps fills the Java heap\n".getBytes(StandardCharsets.UTF_8);

    private static void end(Exit exit, ObservedOutput results, PrintStream out, PrintStream err) {
        out.flush();
        if (results.failure().isPresent()) {
            err.println("lens: the output cannot be written: " + results.failure().get());
            if (exit == Exit.DONE) exit = Exit.USAGE;
        }
        err.flush();
        System.exit(terminated == 0 ? exit.code() : terminated);
    }

    /** Whether input and output are a terminal: the launcher says it, but for the one of Windows, which cannot know. */
    private static boolean interactive() {
        if (System.getProperty("os.name").startsWith("Windows"))
            return System.console() != null && System.console().isTerminal();
        return Boolean.getBoolean("tornadolens.stdin.terminal") && Boolean.getBoolean("tornadolens.stdout.terminal");
    }

    /** Stops the running script. A second interrupt, or one when nothing runs, ends the process. */
    private static final class OnSignal implements sun.misc.SignalHandler {
        private final Interrupts interrupts;
        private final AtomicBoolean stopping = new AtomicBoolean();

        OnSignal(Interrupts interrupts) { this.interrupts = interrupts; }

        @Override public void handle(sun.misc.Signal signal) {
            if (stopping.getAndSet(true) || !interrupts.interrupt()) Runtime.getRuntime().halt(Exit.INTERRUPTED.code());
            stopping.set(false);
        }
    }

    /** The exit code of a process that a signal ends; 0 as long as none does. */
    private static volatile int terminated;

    /**
     * Ends the process as who sends the signal expects, within a second. Until then, what runs is stopped as by Ctrl-C,
     * so that what it has saved is kept.
     */
    private static final class OnTermination implements sun.misc.SignalHandler {
        private static final long PATIENCE_MILLIS = 900;

        private final Interrupts interrupts;

        OnTermination(Interrupts interrupts) { this.interrupts = interrupts; }

        @Override public void handle(sun.misc.Signal signal) {
            terminated = 128 + signal.getNumber();
            Thread.ofPlatform().daemon().start(() -> {
                try {
                    Thread.sleep(PATIENCE_MILLIS);
                } catch (InterruptedException e) {
                    // ends it now
                }
                Runtime.getRuntime().halt(terminated);
            });
            if (!interrupts.interrupt()) System.exit(terminated);
        }
    }

    /**
     * Returns a stream in UTF-8 whatever the locale is, so that results are the same bytes everywhere. The launcher
     * says whether it is a terminal; where nobody does, it is taken for one if Java's console is.
     */
    private static PrintStream stream(OutputStream unbuffered, String name) {
        OutputStream bytes = new BufferedOutputStream(unbuffered, 8192);
        boolean launched = System.getProperty("tornadolens.stderr.descriptor") != null;
        boolean terminal = Boolean.getBoolean("tornadolens." + name + ".terminal")
                || !launched && System.console() != null && System.console().isTerminal();
        return terminal ? new TerminalStream(bytes) : new PrintStream(bytes, true, StandardCharsets.UTF_8);
    }

    /** Runs a command; no exception leaves it. */
    static Exit execute(String[] arguments, Terminal terminal) {
        List<String> rest = List.of(arguments);
        String first = rest.isEmpty() ? "--help" : rest.getFirst();
        switch (first) {
            case "--help", "-h" -> {
                terminal.out().print(overview());
                return rest.isEmpty() ? Exit.USAGE : Exit.DONE;
            }
            case "--version", "-V" -> {
                terminal.out().println("TornadoLens " + Version.string() + ", Java " + Runtime.version());
                return Exit.DONE;
            }
            default -> {}
        }
        Entry entry = COMMANDS.get(first);
        if (entry == null) {
            String kind = first.startsWith("-") ? "option" : "command";
            terminal.err().println("lens: " + Nearest.message(kind, first,
                    first.startsWith("-") ? List.of("--help", "--version") : COMMANDS.keySet()));
            return Exit.USAGE;
        }
        return execute(entry.command().get(), rest.subList(1, rest.size()), terminal);
    }

    private static Exit execute(Command command, List<String> arguments, Terminal terminal) {
        String name = command.syntax().command();
        PrintStream err = terminal.err();
        boolean verbose = arguments.contains("--verbose");
        try {
            Arguments parsed = command.syntax().parse(arguments);
            if (parsed.has(Syntax.HELP)) {
                terminal.out().print(command.syntax().help());
                return Exit.DONE;
            }
            return command.execute(parsed, terminal);
        } catch (ScriptFailure e) {
            return failed(e.exit(), e.describe(), e.getCause(), verbose, err);
        } catch (UsageException e) {
            return failed(Exit.USAGE, name + ": " + e.getMessage(), e, verbose, err);
        } catch (CheckpointException | TokenizerException e) {
            return failed(Exit.BAD_MODEL, name + ": " + e.getMessage(), e, verbose, err);
        } catch (MemoryException e) {
            return failed(Exit.OUT_OF_MEMORY, name + ": " + e.getMessage(), e, verbose, err);
        } catch (OutOfMemoryError e) {
            return failed(Exit.OUT_OF_MEMORY, name + ": " + Wording.of(e), e, verbose, err);
        } catch (java.io.IOException e) {
            return failed(Exit.USAGE, name + ": " + Wording.of(e), e, verbose, err);
        } catch (UncheckedIOException e) {
            return failed(Exit.USAGE, name + ": " + Wording.of(e), e, verbose, err);
        } catch (InternalError e) {
            if (Checkpoints.cutShort(e).isEmpty()) return bug(name, e, verbose, err);
            return failed(Exit.BAD_MODEL, name + ": " + Checkpoints.cutShort(e).get().getMessage(), e, verbose, err);
        } catch (Exception | Error e) {
            return bug(name, e, verbose, err);
        }
    }

    private static Exit bug(String name, Throwable e, boolean verbose, PrintStream err) {
        return failed(Exit.INTERNAL_ERROR,
                name + ": internal error of TornadoLens: " + e + "\n" + BugReport.of(e, List.of()), e, verbose, err);
    }

    private static Exit failed(Exit exit, String message, Throwable cause, boolean verbose, PrintStream err) {
        err.println(message);
        if (verbose && cause != null) cause.printStackTrace(err);
        return exit;
    }

    private static String overview() {
        StringBuilder text = new StringBuilder();
        text.append(
                "TornadoLens: mechanistic interpretability of Llama-architecture language models.\n\n"
                        + "Usage: lens COMMAND [options]\n\nCommands:\n");
        COMMANDS.forEach((name, entry) -> Columns.entry(name, 9, entry.summary(), text));
        text.append(
                "\nlens COMMAND --help describes a command with examples; lens --version prints the version.\n\n"
                        + "Exit codes:\n");
        for (Exit exit : Exit.values()) Columns.entry(String.valueOf(exit.code()), 3, exit.meaning(), text);
        return text.toString();
    }
}
