package org.tornadolens.dsl.repl;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jline.reader.Candidate;
import org.jline.reader.Completer;
import org.jline.reader.EndOfFileException;
import org.jline.reader.LineReader;
import org.jline.reader.LineReaderBuilder;
import org.jline.reader.UserInterruptException;
import org.jline.reader.impl.history.DefaultHistory;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.InfoCmp;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.TerminalStream;
import org.tornadolens.dsl.script.Acorn;

/**
 * Reads inputs from a terminal, with editing, history and completion. Ctrl-C drops the line; while something runs, it
 * interrupts that.
 */
public final class LineInput implements AutoCloseable {

    /** What the user did. */
    public sealed interface Read {
        record Text(String text) implements Read {}

        /** Ctrl-C. @param empty whether nothing was typed */
        record Dropped(boolean empty) implements Read {}

        /** Ctrl-D. */
        record End() implements Read {}
    }

    private static final String CONTINUED = "… ";
    private static final int MOST_HISTORY = 10_000, MOST_LISTED = 150, MOST_ABOUT = 70;

    private final Terminal terminal;
    private final LineReader reader;

    private LineInput(Terminal terminal, LineReader reader) {
        this.terminal = terminal;
        this.reader = reader;
    }

    /** Opens the terminal. */
    public static Terminal terminal(Interrupts interrupts) throws IOException {
        Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).nativeSignals(true).build();
        terminal.handle(Terminal.Signal.INT, signal -> {
            terminal.writer().println();      // what follows begins below the terminal's "^C"
            terminal.flush();
            interrupts.interrupt();
        });
        return terminal;
    }

    /** Lines of text: messages of a conversation. */
    public static LineInput ofText(Terminal terminal, Path history) {
        return new LineInput(terminal, builder(terminal, history).build());
    }

    /** Inputs in JavaScript, of several lines where acorn says so. */
    public static LineInput ofJavaScript(Terminal terminal, Path history, Acorn acorn, Completion completion,
            boolean colours) {
        Completer completer = (reader, line, candidates) -> {
            for (Completion.Suggestion one : completion.at(line.line().substring(0, line.cursor())).all())
                candidates.add(candidate(one));
        };
        LineReaderBuilder builder = builder(terminal, history).parser(new InputParser(acorn, completion))
                .completer(completer);
        if (colours) builder.highlighter(new InputColours(acorn));
        return new LineInput(terminal, builder.build());
    }

    private static Candidate candidate(Completion.Suggestion one) {
        String about = one.about().isEmpty() ? null
                : one.about().length() <= MOST_ABOUT ? one.about() : one.about().substring(0, MOST_ABOUT - 1) + "…";
        return new Candidate(one.text(), TerminalStream.escaped(one.text()), one.group(),
                about == null ? null : TerminalStream.escaped(about), null, null, false);
    }

    private static LineReaderBuilder builder(Terminal terminal, Path history) {
        return LineReaderBuilder.builder().terminal(terminal).appName("lens").history(new DefaultHistory())
                .variable(LineReader.HISTORY_FILE, history).variable(LineReader.HISTORY_SIZE, MOST_HISTORY)
                .variable(LineReader.HISTORY_FILE_SIZE, MOST_HISTORY)
                .variable(LineReader.SECONDARY_PROMPT_PATTERN, CONTINUED)
                .variable(LineReader.LIST_MAX, MOST_LISTED)
                .option(LineReader.Option.DISABLE_EVENT_EXPANSION, true)      // "!" is JavaScript's
                .option(LineReader.Option.HISTORY_IGNORE_SPACE, false)
                .option(LineReader.Option.INSERT_TAB, false);
    }

    /** Returns the file in which the history of a command is kept, by the XDG base directory specification. */
    public static Path history(String name, Map<String, String> environment) {
        Path state = Optional.ofNullable(environment.get("XDG_STATE_HOME")).filter(folder -> !folder.isEmpty())
                .map(Path::of).filter(Path::isAbsolute)
                .orElseGet(() -> Path.of(environment.getOrDefault("HOME", System.getProperty("user.home")), ".local",
                        "state"));
        Path folder = state.resolve("tornadolens");
        try {
            Files.createDirectories(folder);
        } catch (IOException e) {
            return folder.resolve(name);      // the history is not kept, and everything else works
        }
        return folder.resolve(name);
    }

    /** Returns how the terminal shows values. */
    public static Look look(Terminal terminal, Map<String, String> environment) {
        Integer colours = terminal.getNumericCapability(InfoCmp.Capability.max_colors);
        boolean wanted = environment.getOrDefault("NO_COLOR", "").isEmpty();      // as no-color.org defines it
        boolean coloured = colours != null && colours >= 256 && wanted;
        boolean trueColour = colours != null && colours > 256
                || List.of("truecolor", "24bit").contains(environment.getOrDefault("COLORTERM", ""));
        boolean desktop = environment.containsKey("DISPLAY") || environment.containsKey("WAYLAND_DISPLAY")
                || System.getProperty("os.name").startsWith("Mac");
        return new Look(coloured, trueColour, Math.max(40, terminal.getWidth()), desktop);
    }

    /** Reads one input. */
    public Read read(String prompt) {
        try {
            return new Read.Text(reader.readLine(prompt));
        } catch (UserInterruptException e) {
            Thread.interrupted();
            return new Read.Dropped(e.getPartialLine().isEmpty());
        } catch (EndOfFileException e) {
            return new Read.End();
        }
    }

    @Override public void close() throws IOException { terminal.close(); }
}
