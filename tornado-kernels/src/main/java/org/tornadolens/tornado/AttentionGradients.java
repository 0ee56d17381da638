package org.tornadolens.tornado;

import java.util.OptionalInt;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Value;
import org.tornadolens.tornado.kernels.Attention;
import org.tornadolens.tornado.kernels.Attention.Mix;
import org.tornadolens.tornado.kernels.Attention.Scores;
import org.tornadolens.tornado.kernels.AttentionGradient.Keys;
import org.tornadolens.tornado.kernels.AttentionGradient.Visible;
import org.tornadolens.tornado.kernels.RowGradient.SoftmaxBack;

/** Writes the kernels of attention's backward pass. */
final class AttentionGradients {

    private static final long MOST_SCORES = 1 << 25;   // floats of a pattern that is computed at a time

    private final RunContext run;
    private final AttentionSteps attention;

    AttentionGradients(RunContext run, AttentionSteps attention) {
        this.run = run;
        this.attention = attention;
    }

    void rotateInput(Derivative.RotateInput o) { attention.rotate(o, o.dy(), o.rotary(), true, run.at(o.out())); }

    void scoresQueries(Derivative.ScoresQueries o) {
        int weights = visible(o, o.dy(), o.out(), o.k(), o.window());
        attention.mix(o, o.out(), o.k(), weights, run.at(o.out()), o.window());
    }

    void scoresKeys(Derivative.ScoresKeys o) {
        int weights = visible(o, o.dy(), o.q(), o.out(), o.window());
        keys(o, o.q(), o.out(), weights, 1, o.window());
    }

    void mixPattern(Derivative.MixPattern o) { attention.innerProducts(o, o.dy(), o.v(), run.at(o.out())); }

    void mixValues(Derivative.MixValues o) { keys(o, o.dy(), o.out(), run.at(o.pattern()), 0, OptionalInt.empty()); }

    /** Writes the gradient of scores, scaled and masked, to scratch memory, and returns its address. */
    private int visible(Operation o, Value dy, Value queries, Value keys, OptionalInt window) {
        int weights = run.scratch(run.count(dy));
        attention.launch(o, Kernel.VISIBLE_BACK, queries, keys, window).set(Visible.GRADIENT, run.at(dy))
                .set(Visible.OUT, weights).add();
        return weights;
    }

    /** Writes sums over queries for every key: weights [batch, head, pos, key] times x [batch, pos, head, dHead]. */
    private void keys(Operation o, Value x, Value keys, int weights, int causal, OptionalInt window) {
        attention.launch(o, Kernel.KEYS_BACK, x, keys, window).set(Keys.X, run.at(x)).set(Keys.WEIGHTS, weights)
                .set(Keys.OUT, run.at(o.out())).set(Keys.OUT_STRIDE, run.frame().size(keys, "kvHead"))
                .set(Keys.CAUSAL, causal).add();
    }

    void softmax(Operation o, int dy, int rows, int width, int pattern, double factor, int out) {
        run.launch(o, Kernel.SOFTMAX_BACK).set(SoftmaxBack.DY, dy).set(SoftmaxBack.ROWS, rows)
                .set(SoftmaxBack.WIDTH, width).set(SoftmaxBack.PATTERN, pattern)
                .set(SoftmaxBack.FACTOR, run.number(factor)).set(SoftmaxBack.OUT, out).add();
    }

    // ---- fused attention

    /**
     * Batch rows that are taken together: the first and their number, and memory for their pattern and its gradient.
     */
    private record Part(int row, int rows, int pattern, int slopes) {}

    /**
     * Writes the pattern anew, its gradient, and what follows from both; as many batch rows at a time as there is room
     * for.
     */
    void attendInputs(Derivative.AttendInputs o) {
        int batch = run.frame().batch(), pos = run.frame().pos(), heads = run.frame().size(o.q(), "head");
        long perRow = (long) heads * pos * pos;
        int together = (int) Math.clamp(MOST_SCORES / Math.max(1, perRow), 1, batch);
        int pattern = run.layout().take(perRow * together, "patterns of the backward pass"),
                slopes = run.layout().take(perRow * together, "gradients of patterns");
        for (int row = 0; row < batch; row += together)
            attendInputs(o, new Part(row, Math.min(together, batch - row), pattern, slopes));
    }

    private void attendInputs(Derivative.AttendInputs o, Part part) {
        int pos = run.frame().pos(), heads = run.frame().size(o.q(), "head"),
                kvHeads = run.frame().size(o.k(), "kvHead"), dHead = run.width(o.q());
        int q = part.row() * pos * heads * dHead, kv = part.row() * pos * kvHeads * dHead;
        int all = heads + 2 * kvHeads, out = run.at(o.out()) + part.row() * pos * all * dHead;
        scores(o, o.k(), part).set(Scores.Q, run.at(o.q()) + q).set(Scores.K, run.at(o.k()) + kv)
                .set(Scores.SCORES, part.pattern()).set(Scores.MASKED, run.number(Double.NEGATIVE_INFINITY))
                .set(Scores.MODE, Attention.SCALED).add();
        Pass.softmax(run, o, part.pattern(), part.rows() * heads * pos, pos, part.pattern());
        scores(o, o.v(), part).set(Scores.Q, run.at(o.dy()) + q).set(Scores.K, run.at(o.v()) + kv)
                .set(Scores.SCORES, part.slopes()).set(Scores.MASKED, run.number(0))
                .set(Scores.MODE, Attention.SEEN).add();
        keys(o, o.v(), part).set(Keys.X, run.at(o.dy()) + q).set(Keys.WEIGHTS, part.pattern())
                .set(Keys.OUT, out + (heads + kvHeads) * dHead).set(Keys.OUT_STRIDE, all).set(Keys.CAUSAL, 1).add();
        softmax(o, part.slopes(), part.rows() * heads * pos, pos, part.pattern(), 1 / Math.sqrt(dHead),
                part.slopes());
        attention.launch(o, Kernel.MIX, o.q(), o.k(), o.window(), part.row(), part.rows())
                .set(Mix.V, run.at(o.k()) + kv).set(Mix.PATTERN, part.slopes()).set(Mix.Z, out)
                .set(Mix.Z_STRIDE, all).set(Mix.CAUSAL, 1).add();
        keys(o, o.k(), part).set(Keys.X, run.at(o.q()) + q).set(Keys.WEIGHTS, part.slopes())
                .set(Keys.OUT, out + heads * dHead).set(Keys.OUT_STRIDE, all).set(Keys.CAUSAL, 1).add();
    }

    private Launch scores(Derivative.AttendInputs o, Value keys, Part part) {
        Kernel kernel = run.tuning().scores(run.width(o.q()));
        return attention.launch(o, kernel, o.q(), keys, o.window(), part.row(), part.rows());
    }

    private Launch keys(Derivative.AttendInputs o, Value keys, Part part) {
        return attention.launch(o, Kernel.KEYS_BACK, o.q(), keys, o.window(), part.row(), part.rows());
    }
}
