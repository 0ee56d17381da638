package org.tornadolens.dsl.repl;

import java.util.Arrays;
import java.util.List;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Sampling;
import org.tornadolens.model.Tokens;

/**
 * Runs a model in the background while the prompt waits, until Java has compiled its kernels: the first run of a
 * process takes ten times as long as later ones.
 */
public final class WarmUp {

    private static final int PROMPT = 15, NEW = 8, STEADY_ROUNDS = 5;
    private static final double STEADY = 0.95;             // of the best round: what takes less improves
    private static final long LONGEST = 20_000_000_000L;   // ns in all

    private final Model model;
    private Thread thread;
    private long spent, best = Long.MAX_VALUE;
    private int steady;

    public WarmUp(Model model) { this.model = model; }

    /** Begins or goes on, unless the model is warm. Other devices than the CPU compile nothing with use. */
    public void begin() {
        if (steady >= STEADY_ROUNDS || spent > LONGEST || !model.backend().name().equals("cpu")) return;
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
            while (steady < STEADY_ROUNDS && spent < LONGEST) {
                long began = System.nanoTime();
                round();
                long took = System.nanoTime() - began;
                steady = took < STEADY * best ? 0 : steady + 1;
                best = Math.min(best, took);
                spent += took;
            }
        } catch (RuntimeException e) {
            // it was paused, or the model cannot be run now: an input that runs it says why
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
