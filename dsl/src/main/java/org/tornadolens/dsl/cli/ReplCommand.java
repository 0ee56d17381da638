package org.tornadolens.dsl.cli;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Optional;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.Version;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.script.Evaluator;

/** Reads JavaScript line by line, evaluates it with every export of {@code lens} in scope, and prints the values. */
final class ReplCommand implements Command {

    private static final Path FILES = Path.of("out", "repl");

    @Override public Syntax syntax() {
        Syntax syntax = new Syntax("lens repl",
                "Evaluates JavaScript as you type it, with everything that \"lens\" exports in scope. "
                        + "Charts and tables that are saved appear in " + FILES + " at once.");
        return Choices.seed(Choices.model(syntax))
                .example("lens repl")
                .example("lens repl --model ~/models/llama-2-7b")
                .example("echo 'load().config' | lens repl");
    }

    @Override public Exit execute(Arguments arguments, Terminal terminal) throws IOException {
        Settings settings = Choices.settings(arguments, terminal);
        try (RunFolder folder = RunFolder.direct(FILES)) {
            Host host = new Host(settings, terminal.console(), Path.of("").toAbsolutePath(), folder,
                    Optional.empty(), Optional.empty());
            try (Evaluator evaluator = new Evaluator(host)) {
                return converse(evaluator, terminal);
            }
        }
    }

    private static Exit converse(Evaluator evaluator, Terminal terminal) throws IOException {
        BufferedReader reader = new BufferedReader(new InputStreamReader(terminal.in(), StandardCharsets.UTF_8));
        if (terminal.interactiveInput())
            terminal.out()
                    .println("TornadoLens " + Version.string() + "; .help lists the commands, .exit ends the session");
        StringBuilder input = new StringBuilder();
        while (true) {
            prompt(terminal, input.isEmpty() ? "> " : "… ");
            String line = reader.readLine();
            if (line == null) break;
            if (line.strip().startsWith(".") && (input.isEmpty() || line.strip().equals(".clear"))) {
                input.setLength(0);
                if (line.strip().equals(".exit")) return Exit.DONE;
                command(line.strip(), terminal);
                continue;
            }
            input.append(input.isEmpty() ? "" : "\n").append(line);
            if (evaluate(input.toString(), evaluator, terminal)) input.setLength(0);
        }
        if (!input.isEmpty()) {
            terminal.err().println("the last input is incomplete: " + input.toString().lines().findFirst().orElse(""));
            return Exit.SCRIPT_THREW;
        }
        return Exit.DONE;
    }

    /** Returns true if the input was complete. */
    private static boolean evaluate(String input, Evaluator evaluator, Terminal terminal) {
        Evaluator.Outcome outcome;
        try (Interrupts.Scope scope = terminal.interrupts().during(evaluator::interrupt)) {
            outcome = evaluator.evaluate(input);
        }
        switch (outcome) {
            case Evaluator.Outcome.Done(var text) -> text.ifPresent(terminal.out()::println);
            case Evaluator.Outcome.Failed(var failure) -> {
                terminal.out().flush();
                terminal.err().println(failure.describe());
            }
            case Evaluator.Outcome.Incomplete() -> {
                return false;
            }
        }
        return true;
    }

    private static void command(String command, Terminal terminal) {
        if (command.equals(".clear")) return;
        if (!command.equals(".help"))
            terminal.err().println("no command " + command + "; there are .help, .clear and .exit");
        else
            terminal.out().println("""
                    Everything that scripts import from "lens" is in scope: load(), heads(), chart, …
                    _        the last value          _error   the last error
                    x;       a semicolon at the end hides the value
                    .clear   drops an unfinished input
                    .exit    leaves, as does the end of input""");
    }

    private static void prompt(Terminal terminal, String prompt) {
        if (!terminal.interactiveInput()) return;
        terminal.out().print(prompt);
        terminal.out().flush();
    }
}
