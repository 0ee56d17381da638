package org.tornadolens.notebook;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.dsl.Console;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.repl.Completion;
import org.tornadolens.dsl.repl.Display;
import org.tornadolens.dsl.repl.Repl;
import org.tornadolens.dsl.repl.WarmUp;
import org.tornadolens.dsl.script.Evaluator;
import org.tornadolens.dsl.script.Input;
import org.tornadolens.dsl.script.ScriptFailure;
import org.tornadolens.model.Model;
import org.tornadolens.tokenizer.TokenizerException;

/** Evaluates the cells of one notebook, as the REPL does its inputs. One thread uses it. */
final class Session implements AutoCloseable {

    private final Outputs outputs;
    private final Host host;
    private final RunFolder folder;
    private final Evaluator evaluator;
    private final Repl repl;
    private final Completion completion;
    private Optional<WarmUp> warmUp = Optional.empty();
    private Optional<String> problem = Optional.empty();
    private Optional<Failure> failure = Optional.empty();      // of the running cell
    private int count;                                         // of the running cell
    private boolean rested;

    /** @param files where the files of the notebook are saved */
    Session(Settings settings, Outputs outputs, Interrupts interrupts, Path files) throws IOException {
        this.outputs = outputs;
        folder = RunFolder.direct(files);
        host = new Host(settings, new Console(outputs.out(), outputs.err(), Optional.of(outputs), interrupts),
                Path.of("").toAbsolutePath(), folder, Optional.empty(), Optional.empty());
        evaluator = new Evaluator(host);
        repl = new Repl(evaluator, host, new Cells(), Repl.opening(settings));
        completion = repl.completion();
        try {
            Model model = Models.open(host, Optional.empty(), Optional.empty(), Optional.empty());
            evaluator.define("model", model);
            warmUp = Optional.of(new WarmUp(model, settings));
        } catch (UsageException | CheckpointException | TokenizerException | MemoryException e) {
            problem = Optional.of(e.getMessage());
        }
    }

    /**
     * Nothing is asked for a while: loads what answers front ends, which wait a second for completions, and warms the
     * model up until the next cell.
     */
    void rest() {
        if (!rested) {
            rested = true;
            completions("model.", "model.".length());
            inspected("model.run(", "model.run(".length());
        }
        warmUp.ifPresent(WarmUp::begin);
    }

    /**
     * Runs a cell.
     *
     * @param count the number of the cell
     * @return why it failed, if it did
     */
    Optional<Failure> run(String code, int count) {
        this.count = count;
        failure = Optional.empty();
        warmUp.ifPresent(WarmUp::pause);
        problem.ifPresent(why -> host.err().println("The notebook has no `model`: " + why
                + "\nOpen another: const model = load(\"PATH\"), or install the kernel with another --model."));
        problem = Optional.empty();
        try {
            input(code);
        } catch (RuntimeException | StackOverflowError e) {
            fail(Failure.ofBug(e));
        }
        return failure;
    }

    private void input(String code) {
        switch (repl.input(code, "cell " + count)) {
            case INCOMPLETE -> refuse("SyntaxError", "cell " + count + " ends in the middle of a statement");
            case EXIT -> refuse("Error", ".exit ends the REPL; a notebook's kernel is shut down in its menu");
            default -> {}
        }
    }

    private void refuse(String name, String message) {
        fail(new Failure(name, message, List.of(name + ": " + message)));
    }

    private void fail(Failure why) {
        failure = Optional.of(why);
        outputs.error(why);
    }

    /** Shows the values of cells below them. */
    private final class Cells implements Display {
        @Override public void value(Value value, List<Path> saved) { outputs.result(count, bundle(value)); }

        @Override public void shown(Value value) { outputs.display(bundle(value)); }

        @Override public void saved(List<Path> files) {
            Path here = Path.of("").toAbsolutePath();
            for (Path file : files)
                host.out().println("→ " + (file.startsWith(here) ? here.relativize(file) : file));
        }

        @Override public void failed(ScriptFailure why) { fail(Failure.of(why)); }

        @Override public void refused(String message) { fail(Failure.ofCommand(message)); }
    }

    private Bundle bundle(Value value) {
        Value view = evaluator.tool("viewIn", value);
        return view.isHostObject() ? Rendering.of(view.asHostObject(), evaluator.text(value))
                : Bundle.text(repl.text(value));
    }

    /** Evaluates an expression for a front end, which shows its value itself. */
    JsonObject evaluated(String expression) {
        Evaluator.Outcome outcome;
        try (Interrupts.Scope scope = host.interrupts().during(evaluator::interrupt)) {
            outcome = evaluator.evaluate("(" + expression + "\n)", "an expression of the front end");
        }
        return switch (outcome) {
            case Evaluator.Outcome.Done(Optional<Value> value) -> {
                Bundle bundle = value.map(this::bundle).orElse(Bundle.text("undefined"));
                yield Json.of("status", "ok", "data", bundle.data(), "metadata", bundle.metadata());
            }
            case Evaluator.Outcome.Failed(ScriptFailure why) -> failed(Failure.of(why));
            case Evaluator.Outcome.Incomplete() -> failed(Failure.ofCommand("the expression is incomplete"));
        };
    }

    private static JsonObject failed(Failure why) {
        JsonObject json = why.json();
        json.addProperty("status", "error");
        return json;
    }

    // ---- what a front end asks while a cell is written

    /** Says whether a cell can run as it is, for front ends in which Enter runs it. */
    JsonObject complete(String code) {
        if (Repl.command(code)) return Json.of("status", "complete");
        return switch (evaluator.acorn().input(code)) {
            case Input.Incomplete() -> Json.of("status", "incomplete", "indent", indent(code));
            case Input.Wrong wrong -> Json.of("status", "invalid");
            default -> Json.of("status", "complete");
        };
    }

    /** Returns the blanks that the next line begins with: those of the last one, and two more after a bracket. */
    private static String indent(String code) {
        String last = code.substring(code.lastIndexOf('\n') + 1);
        String blanks = last.substring(0, last.length() - last.stripLeading().length());
        return last.stripTrailing().matches(".*[\\[({]") ? blanks + "  " : blanks;
    }

    /** @param cursor a place in the code, in characters */
    JsonObject completions(String code, int cursor) {
        int at = Offsets.toJava(code, cursor);
        Completion.Suggestions found = completion.at(code.substring(0, at));
        int start = Offsets.toProtocol(code, found.start()), end = Offsets.toProtocol(code, at);
        JsonArray matches = new JsonArray(), kinds = new JsonArray();
        for (Completion.Suggestion one : found.all()) {
            matches.add(one.text());
            kinds.add(Json.of("start", start, "end", end, "text", one.text(), "type", one.group(), "signature",
                    one.about()));
        }
        return Json.of("status", "ok", "matches", matches, "cursor_start", start, "cursor_end", end, "metadata",
                Map.of("_jupyter_types_experimental", kinds));
    }

    /** @param cursor a place in the code, in characters */
    JsonObject inspected(String code, int cursor) {
        Optional<String> about = repl.inspect(code, Offsets.toJava(code, cursor));
        return Json.of("status", "ok", "found", about.isPresent(), "data",
                about.map(text -> Map.of("text/plain", text)).orElse(Map.of()), "metadata", Map.of());
    }

    @Override public void close() {
        warmUp.ifPresent(WarmUp::pause);
        evaluator.close();
        folder.close();
    }
}
