package org.tornadolens.dsl.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import java.util.function.Supplier;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.Version;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.repl.LineInput;
import org.tornadolens.dsl.repl.Look;
import org.tornadolens.dsl.repl.Repl;
import org.tornadolens.dsl.repl.Repl.Step;
import org.tornadolens.dsl.repl.WarmUp;
import org.tornadolens.dsl.script.Evaluator;
import org.tornadolens.model.Model;

/** Evaluates JavaScript as it is typed, with every export of {@code lens} and a model in scope. */
final class ReplCommand implements Command {

    private static final Path FILES = Path.of("out", "repl");
    private static final String PROMPT = "> ";

    @Override public Syntax syntax() {
        Syntax syntax = new Syntax("lens repl",
                "Evaluates JavaScript as you type it, with everything that \"lens\" exports in scope and the model as "
                        + "`model`. Charts and tables that are saved appear in " + FILES + " at once. Piped input is "
                        + "evaluated line by line; the exit code is 3 if an input threw.");
        return Choices.seed(Choices.model(syntax))
                .example("lens repl")
                .example("lens repl --model ~/models/llama-2-7b")
                .example("echo 'model.config' | lens repl");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) throws IOException {
        Settings settings = Choices.settings(arguments, terminal).yielding();
        try (RunFolder folder = RunFolder.direct(FILES)) {
            Host host = new Host(settings, terminal.console(), Path.of("").toAbsolutePath(), folder,
                    Optional.empty(), Optional.empty());
            Model model = Models.open(host, Optional.empty(), Optional.empty(), Optional.empty());
            try (Evaluator evaluator = new Evaluator(host)) {
                evaluator.define("model", model);
                String opening = Repl.opening(settings);
                WarmUp warmUp = new WarmUp(model, settings);
                return terminal.interactiveInput() ? interactive(evaluator, host, opening, warmUp, terminal)
                        : piped(new Repl(evaluator, host, Look.PLAIN, opening), terminal);
            }
        }
    }

    private static Exit interactive(Evaluator evaluator, Host host, String opening, WarmUp warmUp,
            Terminal terminal) throws IOException {
        org.jline.terminal.Terminal screen = LineInput.terminal(terminal.interrupts());
        Supplier<Look> look = () -> LineInput.look(screen, terminal.environment());
        Repl repl = new Repl(evaluator, host, look, opening);
        try (LineInput input = LineInput.ofJavaScript(screen, LineInput.history("history", terminal.environment()),
                evaluator.acorn(), repl.completion(), look.get().colours())) {
            terminal.out().println("TornadoLens " + Version.string()
                    + "; .help lists the commands, NAME? documents a name, Ctrl-D leaves");
            while (true) {
                warmUp.begin();
                switch (input.read(PROMPT)) {
                    case LineInput.Read.Text(String text) -> {
                        warmUp.pause();
                        if (repl.input(text) == Step.EXIT) return Exit.DONE;
                    }
                    case LineInput.Read.Dropped(boolean empty) -> {
                        if (empty) terminal.out().println("Ctrl-D leaves");
                    }
                    case LineInput.Read.End() -> {
                        return Exit.DONE;
                    }
                }
            }
        }
    }

    private static Exit piped(Repl repl, Terminal terminal) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
        StringBuilder input = new StringBuilder();
        Exit exit = Exit.DONE;
        for (String line = reader.readLine(); line != null; line = reader.readLine()) {
            if (line.strip().equals(".clear")) {
                input.setLength(0);
                continue;
            }
            input.append(input.isEmpty() ? "" : "\n").append(line);
            switch (repl.input(input.toString())) {
                case INCOMPLETE -> {
                    continue;
                }
                case EXIT -> {
                    return exit;
                }
                case INTERRUPTED -> {
                    return Exit.INTERRUPTED;
                }
                case FAILED -> exit = Exit.SCRIPT_THREW;
                case DONE -> {}
            }
            input.setLength(0);
        }
        if (input.isEmpty()) return exit;
        terminal.err().println("the last input is incomplete: " + input.toString().lines().findFirst().orElse(""));
        return Exit.SCRIPT_THREW;
    }
}
