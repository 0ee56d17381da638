package org.tornadolens.model;

import java.util.List;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Tensor;

/** What a run left: logits [batch, pos, dVocab], the next token's loss [batch, pos], and the cache. */
public final class Run {

    private final Model model;
    private final RunOptions options;
    private final Tokens tokens;
    private final Optional<Tensor> logits, loss;
    private final Cache cache;

    Run(Model model, RunOptions options, Tokens tokens, Optional<Tensor> logits, Optional<Tensor> loss, Cache cache) {
        this.model = model;
        this.options = options;
        this.tokens = tokens;
        this.logits = logits;
        this.loss = loss;
        this.cache = cache;
    }

    /** What was run, with its interventions. */
    public Model model() { return model; }

    /** How it was run. */
    public RunOptions options() { return options; }

    public Tokens tokens() { return tokens; }

    /** [batch, pos, dVocab], at the positions asked for. */
    public Tensor logits() {
        return logits.orElseThrow(
                () -> new UsageException("this run has no logits: it stopped at a layer, or was asked for none"));
    }

    /** The logits at some positions, counted as everywhere; absent: all. */
    public Tensor logits(Optional<List<Integer>> positions) {
        Optional<List<Integer>> at = options.at();
        if (positions.equals(at)) return logits();
        if (at.isPresent()) {
            throw new UsageException("this run has logits at " + at.get() + ", and "
                    + positions.map(p -> "those at " + p).orElse("those of all positions")
                    + " are needed: run it without at, or with these");
        }
        return Cache.atPositions(logits(), "pos", positions.orElseThrow(), tokens.padding());
    }

    /** -log p of the next token in nats, [batch, pos]; NaN at padding. The last position has none. */
    public Tensor loss() {
        return loss.orElseThrow(() -> new UsageException("this run computed no loss: ask for it with the option loss"));
    }

    public Cache cache() { return cache; }
}
