package org.tornadolens.dsl.repl;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.tornadolens.Interruption;
import org.tornadolens.dsl.Console;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.script.Evaluator;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Sampling;
import org.tornadolens.model.Tokens;

/**
 * Runs a model in the background while the prompt waits, first as inputs of another session do, then until Java has
 * compiled its kernels: the first run of a process takes ten times as long as later ones.
 */
public final class WarmUp {

    private static final List<String> INPUTS = List.of("model.run('Once upon a time there was').logits",
            "model.next('Once upon a time')", "model.generate('Once upon a time', { max: 4 })");
    private static final int PROMPT = 15, NEW = 8, STEADY_ROUNDS = 5;
    private static final double STEADY = 0.95;             // of the best round: what takes less improves
    private static final long LONGEST = 20_000_000_000L;   // ns in all

    private final Model model;
    private final Settings settings;
    private Thread thread;
    private int inputs;
    private long spent, best = Long.MAX_VALUE;
    private int steady;

    public WarmUp(Model model, Settings settings) {
        this.model = model;
        this.settings = settings;
    }

    /** Begins or goes on, unless the model is warm. Other devices than the CPU compile nothing with use. */
    public void begin() {
        if (thread != null && thread.isAlive() || steady >= STEADY_ROUNDS || spent > LONGEST
                || !model.backend().name().equals("cpu"))
            return;
        thread = Thread.ofPlatform().daemon().name("warm-up").start(this::run);
    }

    /** Stops it and waits until it has. */
    public void pause() {
        if (thread == null) return;
        thread.interrupt();
        boolean interrupted = false;
        while (thread.isAlive()) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                interrupted = true;
            }
        }
        if (interrupted) Thread.currentThread().interrupt();
        thread = null;
    }

    private void run() {
        try {
            if (inputs < INPUTS.size()) evaluate();
            while (steady < STEADY_ROUNDS && spent < LONGEST) {
                long began = System.nanoTime();
                round();
                long took = System.nanoTime() - began;
                steady = took < STEADY * best ? 0 : steady + 1;
                best = Math.min(best, took);
                spent += took;
            }
        } catch (RuntimeException | IOException e) {
            // it was paused, or the model cannot be run now: an input that runs it says why
        }
    }

    /** Evaluates inputs in a session that prints nothing, so that the classes behind a call are loaded. */
    private void evaluate() throws IOException {
        PrintStream nowhere = new PrintStream(OutputStream.nullOutputStream());
        Host host = new Host(settings, new Console(nowhere, nowhere, false, new Interrupts()),
                Path.of("").toAbsolutePath(), RunFolder.direct(Path.of("out")), Optional.empty(), Optional.empty());
        try (Evaluator session = new Evaluator(host)) {
            session.define("model", model);
            for (; inputs < INPUTS.size(); inputs++) {
                if (session.evaluate(INPUTS.get(inputs)) instanceof Evaluator.Outcome.Done(var value))
                    value.ifPresent(session::text);
                Interruption.check();
            }
        }
    }

    private void round() {
        int length = Math.min(PROMPT, model.configuration().nCtx() / 2), vocabulary = model.configuration().dVocab();
        int[] ids = new int[length];
        Arrays.setAll(ids, i -> (i * 7919 + 13) % vocabulary);
        Tokens tokens = Tokens.of(ids);
        model.run(tokens, RunOptions.DEFAULT);
        Generation.generate(model, tokens, new Generation.Options(NEW, Sampling.GREEDY, 0, List.of()),
                (row, token) -> true);
    }
}
