package org.tornadolens.model;

import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Stream;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.tensor.Tensor;

/** The results of a run: logits [batch, pos, dVocab], next-token loss [batch, pos], and the cache. */
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
        this.logits = options.at().isPresent() ? logits : logits.map(tokens::masked);
        this.loss = options.at().isPresent() ? loss : loss.map(tokens::masked);
        this.cache = cache;
    }

    public Model model() { return model; }

    public RunOptions options() { return options; }

    public Tokens tokens() { return tokens; }

    /** Returns the logits at the positions of the run's options, [batch, pos, dVocab]; those at padding are masked. */
    public Tensor logits() {
        return logits.orElseThrow(
                () -> new UsageException("this run has no logits: it stopped at a layer, or was asked for none"));
    }

    /** Returns the logits at some positions, from the first real token or negative from the end; absent: all. */
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

    /** Returns -log p of the next token in nats, [batch, pos - 1]; NaN and masked at padding. */
    public Tensor loss() {
        return loss.orElseThrow(() -> new UsageException("this run computed no loss: ask for it with the option loss"));
    }

    public Cache cache() { return cache; }

    /**
     * Returns the first value that is NaN or infinite, in the order of the computation. It is looked for by a second
     * run if the logits, the loss or the last cached value are not finite, unless hooks of the host would be called
     * again: then that output is returned. A change of the logits themselves is not noticed.
     */
    public Optional<NonFinite> nonFinite() {
        Optional<NonFinite> seen = logits.isPresent() ? NonFinite.inOutputs("logits", logits.get())
                : loss.isPresent() ? NonFinite.inOutputs("loss", loss.get())
                : options.at().isEmpty() ? cache.nonFinite() : Optional.empty();
        boolean calls = Stream.concat(model.interventions().stream(), options.interventions().stream())
                .anyMatch(Intervention.Hook.class::isInstance);
        return calls ? seen : seen.map(output -> NonFinite.first(model, tokens, options).orElse(output));
    }

    /** Returns this run with a cache that gets values it does not hold from {@code others}, by hook name. */
    public Run reading(Function<String, Cache> others) {
        return new Run(model, options, tokens, logits, loss, cache.reading(others));
    }
}
