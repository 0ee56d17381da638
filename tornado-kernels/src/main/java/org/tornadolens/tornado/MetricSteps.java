package org.tornadolens.tornado;

import java.util.Arrays;
import java.util.List;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tornado.kernels.Metrics.ArgMax;
import org.tornadolens.tornado.kernels.Metrics.LogProbability;
import org.tornadolens.tornado.kernels.Metrics.Mean;
import org.tornadolens.tornado.kernels.Metrics.Pairs;
import org.tornadolens.tornado.kernels.Metrics.Rank;

/** Writes the kernels of metrics. */
final class MetricSteps {

    private final RunContext run;
    private final Changes changes;

    MetricSteps(RunContext run, Changes changes) {
        this.run = run;
        this.changes = changes;
    }

    // ---- sets of tokens

    /** A row's set of tokens, which may be empty. */
    interface Tokens { int[] of(int row); }

    /** The sets of all rows as lists on the device, and how many tokens they have. */
    record Sets(int starts, int tokens, int count) {}

    Sets listed(Value logits, Tokens sets) {
        int rows = run.rows(logits);
        int[] starts = new int[rows + 1];
        int[][] each = new int[rows][];
        for (int row = 0; row < rows; row++) {
            each[row] = sets.of(row);
            starts[row + 1] = starts[row] + each[row].length;
        }
        int[] tokens = Arrays.stream(each).flatMapToInt(Arrays::stream).toArray();
        return new Sets(run.tape().list(starts), run.tape().list(tokens), starts[rows]);
    }

    /** Returns a set for each batch row, in turn. */
    Tokens sets(Value logits, List<List<Integer>> tokens) {
        return row -> tokens.get(row / run.size(logits, 1) % tokens.size()).stream().mapToInt(Integer::intValue)
                .toArray();
    }

    /** Returns the token that comes next, where there is one. */
    Tokens nextToken(Value logits, Selection at) {
        int[] next = run.frame().nextTokens(logits, at);
        return row -> next[row] < 0 ? new int[0] : new int[]{next[row]};
    }

    // ---- metrics

    /** Writes {@code factor} · log Σ p over each row's set of tokens. */
    void logProbability(Operation o, Value logits, double factor, Tokens tokens) {
        Sets sets = listed(logits, tokens);
        run.launch(o, Kernel.LOG_PROBABILITY).set(LogProbability.LOGITS, run.at(logits))
                .set(LogProbability.ROWS, run.rows(logits)).set(LogProbability.WIDTH, run.width(logits))
                .set(LogProbability.SET_STARTS, sets.starts()).set(LogProbability.TOKENS, sets.tokens())
                .set(LogProbability.FACTOR, run.number(factor)).set(LogProbability.OUT, run.at(o.out()))
                .set(LogProbability.MISSING, run.number(Double.NaN)).add();
    }

    void rank(Operation.Rank o) {
        int n = run.size(o.logits(), 1);
        int[] tokens = new int[run.rows(o.logits())];
        for (int i = 0; i < tokens.length; i++) tokens[i] = o.tokens().get(i / n % o.tokens().size());
        run.launch(o, Kernel.RANK).set(Rank.LOGITS, run.at(o.logits())).set(Rank.ROWS, tokens.length)
                .set(Rank.WIDTH, run.width(o.logits())).set(Rank.TOKENS, run.tape().list(tokens))
                .set(Rank.OUT, run.at(o.out())).add();
    }

    void argMax(Operation.ArgMax o) {
        run.launch(o, Kernel.ARG_MAX).set(ArgMax.LOGITS, run.at(o.logits())).set(ArgMax.ROWS, run.rows(o.logits()))
                .set(ArgMax.WIDTH, run.width(o.logits())).set(ArgMax.OUT, run.at(o.out())).add();
    }

    void mean(Operation.MeanPositions o) {
        run.launch(o, Kernel.MEAN).set(Mean.X, run.at(o.x())).set(Mean.ROWS, run.frame().batch())
                .set(Mean.WIDTH, run.width(o.x())).set(Mean.OUT, run.at(o.out())).add();
    }

    void pairs(Operation o, Kernel kernel, Value x, Value y) {
        changes.inParts(run.frame().vectors(x, y), (offsets, sources, length, done) -> run.launch(o, kernel)
                .set(Pairs.X, run.at(x)).set(Pairs.PAIRS, offsets.length).set(Pairs.WIDTH, run.width(x))
                .set(Pairs.X_OFFSETS, run.tape().list(offsets)).set(Pairs.Y, run.at(y))
                .set(Pairs.Y_OFFSETS, run.tape().list(sources)).set(Pairs.OUT, run.at(o.out()) + done).add());
    }
}
