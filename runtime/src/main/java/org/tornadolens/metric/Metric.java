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
 * What a run is measured by, one number for each batch row: operations at the end of its program. What a metric asks of
 * each row (its tokens, its reference) is given for each prompt; the rows of a batch take them in turn.
 */
public sealed interface Metric {

    /** The positions that it reads, as a site names them; absent: all. */
    Optional<List<Integer>> at();

    /**
     * Measures what the logits say.
     *
     * @param logits [batch, pos, dVocab] at the positions of {@link #at}
     */
    Measured fromLogits(Program program, Value logits, Model model);

    /**
     * Measures without more of the unembedding than is needed.
     *
     * @param normed the residual stream after the final norm, [batch, pos, dModel] at the positions of {@link #at}
     */
    default Measured fromResidual(Program program, Value normed, Model model) {
        Value logits = Value.of("metric.logits", normed.dimensions().get(0), normed.dimensions().get(1),
                new Dimension("dVocab", new Size.Fixed(model.configuration().dVocab())));
        return fromLogits(
                append(program,
                        new Operation.Project(normed, new Parameters(model.configuration()).unembedding(), logits)),
                logits, model);
    }

    /**
     * The same metric of some of the prompts that this one was declared for.
     *
     * @param rows which of them
     * @param all  how many there are
     * @throws UsageException where it names neither one token or reference for all prompts nor one for each
     */
    Metric forPrompts(List<Integer> rows, int all);

    /** The number that a measured value stands for. */
    default double read(float measured) { return measured; }

    /** How fast that number grows with the measured value. */
    default double slope(float measured) { return 1; }

    /**
     * A program with a metric at its end.
     *
     * @param value one number for each row, [batch]; kept
     * @param lent  what the metric's operations read besides the run
     */
    record Measured(Program program, Value value, Map<Value, Tensor> lent) {}

    /** Measures a run that has been: its logits, at the positions of {@link #at}, [batch, pos, dVocab]. */
    default double[] of(Run run) {
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
     * @param correct a token for each prompt, or one for all; {@code wrong} likewise
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
            return new LogitDifference(some(correct, rows, all), some(wrong, rows, all), pos);
        }

        private int prompts() { return Math.max(correct.size(), wrong.size()); }

        /** The difference of two unembedding vectors, so that two inner products stand for a whole vocabulary. */
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
            return new Logit(some(tokens, rows, all), pos);
        }

        /** The token's unembedding vector, so that an inner product stands for a whole vocabulary. */
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
            return new LogProbability(some(tokens, rows, all), pos);
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
            return new Probability(some(tokens, rows, all), pos);
        }

        @Override public Measured fromLogits(Program program, Value logits, Model model) {
            return new LogProbability(tokens, pos).fromLogits(program, logits, model);
        }

        @Override public double read(float measured) { return Math.exp(measured); }

        @Override public double slope(float measured) { return Math.exp(measured); }
    }

    /**
     * How many tokens are likelier than the given one, 0 for the most likely.
     *
     * @param tokens one for each prompt, or one for all
     */
    record Rank(List<Integer> tokens, int pos) implements Metric {
        @Override public Optional<List<Integer>> at() { return Optional.of(List.of(pos)); }

        @Override public Metric forPrompts(List<Integer> rows, int all) {
            return new Rank(some(tokens, rows, all), pos);
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
            Tensor some = Tensor.zeros(reference.shape().resized(batch, rows.size()));
            for (int i = 0; i < rows.size(); i++)
                some.slice(batch, i, i + 1).assign(reference.slice(batch, rows.get(i), rows.get(i) + 1));
            return new KlDivergence(some, pos);
        }

        @Override public Measured fromLogits(Program program, Value logits, Model model) {
            Value lent = lent("metric.reference", reference), out = each(logits);
            return mean(append(Rewrites.prepend(program, new Operation.Lent(lent)),
                    new Operation.KlDivergence(logits, lent, out)), out, Map.of(lent, reference));
        }
    }

    /** Mean loss of the next token in nats, of the tokens that follow the positions from {@code from} on. */
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

    // ---- what metrics are made of

    /** Of what a metric names for each prompt what these prompts have; what it names once is for all. */
    private static <T> List<T> some(List<T> named, List<Integer> rows, int all) {
        if (named.size() == 1) return named;
        requireOneEach(named.size(), all);
        return rows.stream().map(named::get).toList();
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

    /** The mean over the positions, kept. */
    private static Measured mean(Program program, Value each, Map<Value, Tensor> lent) {
        Value out = Value.of("metric", each.dimensions().getFirst());
        return new Measured(Rewrites.append(program, new Operation.MeanPositions(each, out)), out, lent);
    }

    private static Value lent(String name, Tensor data) {
        return Value.of(name, data.shape().axes().stream().map(Metric::dimension).toArray(Dimension[]::new));
    }

    private static Dimension dimension(Axis axis) { return new Dimension(axis.name(), new Size.Fixed(axis.size())); }
}
