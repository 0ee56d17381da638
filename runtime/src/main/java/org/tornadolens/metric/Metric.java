package org.tornadolens.metric;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.backend.Inputs;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * A measure of a run, one number per batch row, computed by operations at the end of the program. The targets of a
 * metric (tokens or a reference) are given once for all prompts or once per prompt; a batch of more rows reuses them
 * cyclically.
 */
public sealed interface Metric {

    /** Returns the positions that the metric reads, from the first token or negative from the end; absent: all. */
    Optional<List<Integer>> at();

    /**
     * Appends the metric to a program that computes logits.
     *
     * @param logits [batch, pos, dVocab] at the positions of {@link #at}
     */
    Measured fromLogits(Program program, Value logits, Model model);

    /**
     * Appends the metric to a program that stops before the unembedding, computing no more of it than is needed.
     *
     * @param normed the residual stream after the final norm, [batch, pos, dModel] at the positions of {@link #at}
     */
    default Measured fromResidual(Program program, Value normed, Model model) {
        Value logits = Value.of("metric.logits", normed.dimensions().get(0), normed.dimensions().get(1),
                new Dimension("dVocab", new Size.Fixed(model.configuration().dVocab())));
        Operation unembed = new Operation.Linear(normed, new Parameters(model.configuration()).unembedding(), logits);
        return fromLogits(append(program, unembed), logits, model);
    }

    /**
     * Returns this metric for a subset of its prompts.
     *
     * @param rows indices of the prompts
     * @param all  number of all prompts
     * @throws UsageException if the metric has neither one target for all prompts nor one for each
     */
    Metric forPrompts(List<Integer> rows, int all);

    /** Returns the metric of a measured value, which some metrics compute from its logarithm. */
    default double read(float measured) {
        return measured;
    }

    /** Returns the derivative of {@link #read} at a measured value. */
    default double slope(float measured) {
        return 1;
    }

    /**
     * A program with a metric at its end.
     *
     * @param value one number per row, [batch]; kept
     * @param lent  further inputs of the metric's operations
     */
    record Measured(Program program, Value value, Map<Value, Tensor> lent) {}

    /**
     * Measures a completed run by its logits, and returns one number per row.
     *
     * @throws UsageException if the metric has neither one target for all rows nor one for each
     */
    default double[] of(Run run) {
        int rows = run.tokens().batch();
        return forPrompts(IntStream.range(0, rows).boxed().toList(), rows).measured(run);
    }

    private double[] measured(Run run) {
        Model model = run.model();
        Tensor logits = run.logits(at());
        Value value = Value.of("logits", new Dimension("batch", Size.Symbol.BATCH),
                new Dimension("pos", new Size.Fixed(logits.shape().size(1))),
                new Dimension("dVocab", new Size.Fixed(logits.shape().size(2))));
        Measured measured = fromLogits(new Program(List.of(new Operation.Given(value)), Set.of()), value, model);
        Map<Value, Tensor> given = new LinkedHashMap<>(measured.lent());
        given.put(value, logits.contiguous() ? logits : logits.copy());
        Tensor out = model.backend().compile(measured.program(), model.weights())
                .run(new Inputs(run.tokens().ids(), run.tokens().padding(), Optional.empty(), given))
                .get(measured.value());
        return IntStream.range(0, out.shape().size(0)).mapToDouble(row -> read(out.get(row))).toArray();
    }

    /**
     * logit[correct] - logit[wrong] (Wang et al. 2022).
     *
     * @param correct a token for each prompt, or one for all
     * @param wrong   a token for each prompt, or one for all
     */
    record LogitDifference(List<Integer> correct, List<Integer> wrong, int pos) implements Metric {
        public LogitDifference {
            correct = List.copyOf(correct);
            wrong = List.copyOf(wrong);
            if (correct.size() != wrong.size() && correct.size() != 1 && wrong.size() != 1) {
                throw new UsageException("logitDiff: " + correct.size() + " correct tokens and " + wrong.size()
                        + " wrong ones; give one for all rows, or one for each");
            }
        }

        @Override public Optional<List<Integer>> at() { return Optional.of(List.of(pos)); }

        @Override public Metric forPrompts(List<Integer> rows, int all) {
            return new LogitDifference(subset(correct, rows, all), subset(wrong, rows, all), pos);
        }

        private int prompts() { return Math.max(correct.size(), wrong.size()); }

        /** Multiplies with the difference of two unembedding vectors, which saves the rest of the vocabulary. */
        @Override public Measured fromResidual(Program program, Value normed, Model model) {
            Matrices matrices = new Matrices(model.configuration(), model.weights());
            Tensor directions =
                    Tensor.zeros(Shape.of("batch", prompts(), "pos", 1, "dModel", model.configuration().dModel()));
            for (int row = 0; row < prompts(); row++) {
                directions.at("batch", row)
                        .assign(unembedding(matrices, correct, row).sub(unembedding(matrices, wrong, row)));
            }
            return dot(program, normed, directions);
        }

        private static Tensor unembedding(Matrices matrices, List<Integer> tokens, int row) {
            int token = tokens.get(row % tokens.size());
            return matrices.unembeddingRows(token, token + 1).at("dVocab", 0);
        }

        @Override public Measured fromLogits(Program program, Value logits, Model model) {
            Tensor contrast =
                    Tensor.zeros(Shape.of("batch", prompts(), "pos", 1, "dVocab", model.configuration().dVocab()));
            for (int row = 0; row < prompts(); row++) {
                add(contrast, 1, row, correct.get(row % correct.size()));
                add(contrast, -1, row, wrong.get(row % wrong.size()));
            }
            return dot(program, logits, contrast);
        }

        private static void add(Tensor contrast, float sign, int row, int token) {
            contrast.set(contrast.get(row, 0, token) + sign, row, 0, token);
        }

        private static Measured dot(Program program, Value x, Tensor direction) {
            Value lent = Metric.lent("metric.direction", direction);
            Value out = Value.of("metric.each", x.dimensions().get(0), x.dimensions().get(1));
            return mean(append(Rewrites.prepend(program, new Operation.Lent(lent)), new Operation.Dot(x, lent, out)),
                    out, Map.of(lent, direction));
        }
    }

    /**
     * The logit of a token.
     *
     * @param tokens one for each prompt, or one for all
     */
    record Logit(List<Integer> tokens, int pos) implements Metric {
        @Override public Optional<List<Integer>> at() { return Optional.of(List.of(pos)); }

        @Override public Metric forPrompts(List<Integer> rows, int all) {
            return new Logit(subset(tokens, rows, all), pos);
        }

        /** Multiplies with the unembedding vector of the token, which saves the rest of the vocabulary. */
        @Override public Measured fromResidual(Program program, Value normed, Model model) {
            Matrices matrices = new Matrices(model.configuration(), model.weights());
            Tensor directions =
                    Tensor.zeros(Shape.of("batch", tokens.size(), "pos", 1, "dModel", model.configuration().dModel()));
            for (int row = 0; row < tokens.size(); row++)
                directions.at("batch", row).assign(LogitDifference.unembedding(matrices, tokens, row));
            return LogitDifference.dot(program, normed, directions);
        }

        @Override public Measured fromLogits(Program program, Value logits, Model model) {
            Tensor ones =
                    Tensor.zeros(Shape.of("batch", tokens.size(), "pos", 1, "dVocab", model.configuration().dVocab()));
            for (int row = 0; row < tokens.size(); row++) ones.set(1, row, 0, tokens.get(row));
            return LogitDifference.dot(program, logits, ones);
        }
    }

    /**
     * log Σ p of a set of tokens at a position, in nats.
     *
     * @param tokens a set for each prompt, or one for all
     */
    record LogProbability(List<List<Integer>> tokens, int pos) implements Metric {
        @Override public Optional<List<Integer>> at() { return Optional.of(List.of(pos)); }

        @Override public Metric forPrompts(List<Integer> rows, int all) {
            return new LogProbability(subset(tokens, rows, all), pos);
        }

        @Override public Measured fromLogits(Program program, Value logits, Model model) {
            Value out = each(logits);
            return mean(append(program, new Operation.LogProbability(logits, tokens, out)), out, Map.of());
        }
    }

    /** Σ p of a set of tokens at a position; the sets as in {@link LogProbability}. */
    record Probability(List<List<Integer>> tokens, int pos) implements Metric {
        @Override public Optional<List<Integer>> at() { return Optional.of(List.of(pos)); }

        @Override public Metric forPrompts(List<Integer> rows, int all) {
            return new Probability(subset(tokens, rows, all), pos);
        }

        @Override public Measured fromLogits(Program program, Value logits, Model model) {
            return new LogProbability(tokens, pos).fromLogits(program, logits, model);
        }

        @Override public double read(float measured) { return Math.exp(measured); }

        @Override public double slope(float measured) { return Math.exp(measured); }
    }

    /**
     * The number of tokens that are more probable than the given one; 0 for the most probable.
     *
     * @param tokens one for each prompt, or one for all
     */
    record Rank(List<Integer> tokens, int pos) implements Metric {
        @Override public Optional<List<Integer>> at() { return Optional.of(List.of(pos)); }

        @Override public Metric forPrompts(List<Integer> rows, int all) {
            return new Rank(subset(tokens, rows, all), pos);
        }

        @Override public Measured fromLogits(Program program, Value logits, Model model) {
            Value out = each(logits);
            return mean(append(program, new Operation.Rank(logits, tokens, out)), out, Map.of());
        }
    }

    /** KL(reference ‖ run) in nats at a position; reference logits [prompt, pos 1, dVocab]. */
    record KlDivergence(Tensor reference, int pos) implements Metric {
        @Override public Optional<List<Integer>> at() { return Optional.of(List.of(pos)); }

        @Override public Metric forPrompts(List<Integer> rows, int all) {
            int given = reference.shape().size(0);
            if (given == 1) return this;
            requireOneEach(given, all);
            String batch = reference.shape().names().getFirst();
            Tensor selected = Tensor.zeros(reference.shape().resized(batch, rows.size()));
            for (int i = 0; i < rows.size(); i++)
                selected.slice(batch, i, i + 1).assign(reference.slice(batch, rows.get(i), rows.get(i) + 1));
            return new KlDivergence(selected, pos);
        }

        @Override public Measured fromLogits(Program program, Value logits, Model model) {
            Value lent = lent("metric.reference", reference), out = each(logits);
            return mean(append(Rewrites.prepend(program, new Operation.Lent(lent)),
                    new Operation.KlDivergence(logits, lent, out)), out, Map.of(lent, reference));
        }
    }

    /** The mean next-token loss in nats over the positions from {@code from} on. */
    record Loss(int from) implements Metric {
        private static final Tensor NONE = Tensor.of(Shape.of("batch", 1, "pos", 1), Float.NaN);

        public Loss {
            if (from < 0) throw new UsageException("loss from " + from + ": positions count from the first token, 0");
        }

        @Override public Optional<List<Integer>> at() { return Optional.empty(); }

        @Override public Metric forPrompts(List<Integer> rows, int all) { return this; }

        @Override public Measured fromLogits(Program program, Value logits, Model model) {
            Value losses = each(logits);
            Program measuring = append(program, new Operation.NextTokenLoss(logits, Selection.ALL, losses));
            if (from == 0) return mean(measuring, losses, Map.of());
            Value none = lent("metric.none", NONE), later = losses.next();
            Selection before = Selection.ofPositions(Optional.of(IntStream.range(0, from).boxed().toList()));
            return mean(append(Rewrites.prepend(measuring, new Operation.Lent(none)),
                    new Operation.Replace(losses, none, before, later)), later, Map.of(none, NONE));
        }
    }

    // ---- shared parts

    /** Returns the targets of the prompts {@code rows}; a single target is for all prompts. */
    private static <T> List<T> subset(List<T> targets, List<Integer> rows, int all) {
        if (targets.size() == 1) return targets;
        requireOneEach(targets.size(), all);
        return rows.stream().map(targets::get).toList();
    }

    private static void requireOneEach(int given, int prompts) {
        if (given != prompts)
            throw new UsageException("the metric names " + given + " tokens or references for " + prompts
                    + " prompts: give one for all, or one for each");
    }

    private static Value each(Value logits) {
        return Value.of("metric.each", logits.dimensions().get(0), logits.dimensions().get(1));
    }

    private static Program append(Program program, Operation operation) {
        List<Operation> operations = new ArrayList<>(program.operations());
        operations.add(operation);
        return new Program(operations, program.kept());
    }

    /** Appends the mean over the positions, and keeps it. */
    private static Measured mean(Program program, Value each, Map<Value, Tensor> lent) {
        Value out = Value.of("metric", each.dimensions().getFirst());
        return new Measured(Rewrites.append(program, new Operation.MeanPositions(each, out)), out, lent);
    }

    private static Value lent(String name, Tensor data) {
        return Value.of(name, data.shape().axes().stream().map(Metric::dimension).toArray(Dimension[]::new));
    }

    private static Dimension dimension(Axis axis) { return new Dimension(axis.name(), new Size.Fixed(axis.size())); }
}
