package org.tornadolens.backend.reference;

import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;

/** The backward pass in double precision; every method is a definition. */
final class ReferenceDerivatives {

    private final ReferenceFrame in;

    ReferenceDerivatives(ReferenceFrame in) { this.in = in; }

    double[] compute(Derivative operation) {
        return switch (operation) {
            case Derivative.LinearInput o -> linearInput(in.get(o.dy()), o.weight(), 1);
            case Derivative.LinearWeight o ->
                    linearWeight(in.get(o.dy()), in.size(o.out(), 0), in.get(o.x()), in.size(o.out(), 1), 1);
            case Derivative.LinearPerHeadInput o ->
                    linearInput(in.get(o.dy()), o.weight(), in.size(o.dy(), o.dy().headAxis()));
            case Derivative.LinearPerHeadWeight o -> linearWeight(in.get(o.dy()), in.size(o.out(), 0), in.get(o.x()),
                    in.size(o.out(), 1), in.size(o.x(), o.x().headAxis()));
            case Derivative.HeadResultInput o -> headResultInput(o);
            case Derivative.HeadResultWeight o -> headResultWeight(o);
            case Derivative.EmbedTable o -> embedTable(o);
            case Derivative.NormScaleInput o -> each(o.x(), i -> in.get(o.dy())[i / in.width(o.x())] * in.get(o.x())[i]
                    / (in.width(o.x()) * in.get(o.scale())[i / in.width(o.x())]));
            case Derivative.NormalizeScale o -> normalizeScale(o);
            case Derivative.GainWeight o -> gainWeight(in.get(o.dy()), in.get(o.x()), in.width(o.x()));
            case Derivative.RmsNormInput o -> rmsNormInput(o);
            case Derivative.RmsNormGain o ->
                    gainWeight(in.get(o.dy()), normalized(in.get(o.x()), in.width(o.x()), o.eps()), in.width(o.x()));
            case Derivative.BiasWeight o -> biasWeight(in.get(o.dy()), in.elements(o.out()));
            case Derivative.RotateInput o -> in.rotate(o.dy(), o.rotary(), true);
            case Derivative.ScoresQueries o ->
                    scoresQueries(visible(in.get(o.dy()), o.out(), o.window()), in.get(o.k()), o.out(), o.k());
            case Derivative.ScoresKeys o -> weighted(visible(in.get(o.dy()), o.q(), o.window()), in.get(o.q()),
                    o.q(), o.out(), 1 / Math.sqrt(in.width(o.q())));
            case Derivative.SoftmaxInput o -> softmaxInput(in.get(o.dy()), in.get(o.pattern()), in.width(o.out()));
            case Derivative.MixPattern o -> mixPattern(in.get(o.dy()), in.get(o.v()), o.dy(), o.v());
            case Derivative.MixValues o -> weighted(in.get(o.pattern()), in.get(o.dy()), o.dy(), o.out(), 1);
            case Derivative.AttendInputs o -> attendInputs(o);
            case Derivative.SwiGluGate o -> each(o.out(), i -> in.get(o.dy())[i] * in.get(o.up())[i]
                    * sigmoid(in.get(o.gate())[i]) * (1 + in.get(o.gate())[i] * (1 - sigmoid(in.get(o.gate())[i]))));
            case Derivative.SwiGluUp o ->
                    each(o.out(), i -> in.get(o.dy())[i] * in.get(o.gate())[i] * sigmoid(in.get(o.gate())[i]));
            case Derivative.Scatter o -> scatter(o);
            case Derivative.PointwiseInput o -> pointwiseInput(o);
            case Derivative.SourceInput o -> source(o.dy(), o.selection(), o.times(), o.out());
            case Derivative.NextTokenLossInput o -> nextTokenLossInput(o);
            case Derivative.DotFirst o -> dotFirst(o);
            case Derivative.DotSecond o -> dotSecond(o);
            case Derivative.LogProbabilityInput o -> logProbabilityInput(o);
            case Derivative.KlDivergenceInput o -> klDivergenceInput(o);
            case Derivative.MeanPositionsInput o -> meanPositionsInput(o);
        };
    }

    private double[] each(Value value, java.util.function.IntToDoubleFunction element) {
        double[] out = new double[in.elements(value)];
        Arrays.setAll(out, element);
        return out;
    }

    private static double sigmoid(double x) { return 1 / (1 + Math.exp(-x)); }

    // ---- linear layers; of several heads each has its own rows of the weight and its own input

    private double[] linearInput(double[] dy, Parameter weight, int heads) {
        double[] w = in.decoded(weight);
        int columns = weight.columns(), rows = weight.rows(), m = dy.length / rows, perHead = rows / heads;
        double[] out = new double[m * heads * columns];
        for (int i = 0; i < m; i++) {
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++)
                    out[(i * heads + r / perHead) * columns + c] += dy[i * rows + r] * w[r * columns + c];
            }
        }
        return out;
    }

    private double[] linearWeight(double[] dy, int rows, double[] x, int columns, int heads) {
        int perHead = rows / heads;
        double[] out = new double[rows * columns];
        for (int i = 0; i < dy.length / rows; i++) {
            for (int r = 0; r < rows; r++) {
                for (int c = 0; c < columns; c++)
                    out[r * columns + c] += dy[i * rows + r] * x[(i * heads + r / perHead) * columns + c];
            }
        }
        return out;
    }

    private double[] headResultInput(Derivative.HeadResultInput o) {
        double[] dy = in.get(o.dy()), w = in.decoded(o.weight());
        int columns = o.weight().columns(), d = o.weight().rows(), dHead = in.width(o.out()), n = o.heads().size(),
                m = dy.length / n / d;
        double[] out = new double[m * columns];
        for (int i = 0; i < m; i++) {
            for (int h = 0; h < n; h++) {
                for (int c = 0; c < dHead; c++) {
                    int column = o.heads().get(h) * dHead + c;
                    for (int r = 0; r < d; r++)
                        out[i * columns + column] += dy[(i * n + h) * d + r] * w[r * columns + column];
                }
            }
        }
        return out;
    }

    private double[] headResultWeight(Derivative.HeadResultWeight o) {
        double[] dy = in.get(o.dy()), z = in.get(o.z());
        int d = in.size(o.out(), 0), columns = in.size(o.out(), 1), dHead = in.width(o.z()), n = o.heads().size(),
                m = z.length / columns;
        double[] out = new double[d * columns];
        for (int i = 0; i < m; i++) {
            for (int h = 0; h < n; h++) {
                for (int c = 0; c < dHead; c++) {
                    int column = o.heads().get(h) * dHead + c;
                    for (int r = 0; r < d; r++)
                        out[r * columns + column] += dy[(i * n + h) * d + r] * z[i * columns + column];
                }
            }
        }
        return out;
    }

    private double[] embedTable(Derivative.EmbedTable o) {
        double[] dy = in.get(o.dy()), out = new double[in.elements(o.out())];
        int d = in.width(o.dy());
        for (int i = 0; i < dy.length; i++) out[in.frame().tokens()[i / d] * d + i % d] += dy[i];
        return out;
    }

    private static double[] biasWeight(double[] dy, int d) {
        double[] out = new double[d];
        for (int i = 0; i < dy.length; i++) out[i % d] += dy[i];
        return out;
    }

    // ---- RMSNorm

    private double[] normalizeScale(Derivative.NormalizeScale o) {
        double[] dy = in.get(o.dy()), x = in.get(o.x()), scale = in.get(o.scale()), out = new double[scale.length];
        int d = in.width(o.x());
        for (int i = 0; i < x.length; i++) out[i / d] -= dy[i] * x[i] / (scale[i / d] * scale[i / d]);
        return out;
    }

    private static double[] gainWeight(double[] dy, double[] x, int d) {
        double[] out = new double[d];
        for (int i = 0; i < x.length; i++) out[i % d] += dy[i] * x[i];
        return out;
    }

    private static double scale(double[] x, int row, int d, double eps) {
        double sum = 0;
        for (int c = 0; c < d; c++) sum += x[row * d + c] * x[row * d + c];
        return Math.sqrt(sum / d + eps);
    }

    private static double[] normalized(double[] x, int d, double eps) {
        double[] out = new double[x.length];
        for (int i = 0; i < x.length; i++) out[i] = x[i] / scale(x, i / d, d, eps);
        return out;
    }

    private double[] rmsNormInput(Derivative.RmsNormInput o) {
        double[] dy = in.get(o.dy()), x = in.get(o.x()), gain = in.decoded(o.gain()), out = new double[x.length];
        int d = in.width(o.x());
        for (int row = 0; row < x.length / d; row++) {
            double s = scale(x, row, d, o.eps()), along = 0;
            for (int c = 0; c < d; c++) along += dy[row * d + c] * gain[c] * x[row * d + c];
            for (int c = 0; c < d; c++)
                out[row * d + c] = dy[row * d + c] * gain[c] / s - x[row * d + c] * along / (d * s * s * s);
        }
        return out;
    }

    // ---- attention: queries [batch, pos, heads, dHead], keys and values [batch, pos, kvHeads, dHead]

    /** Receives a pair (row, head, dest, src) as offsets of the pattern, the query and the key. */
    private interface Pair {
        void at(int pattern, int query, int key);
    }

    private void pairs(Value queries, Value keys, Pair pair) {
        int heads = in.size(queries, 2), kvHeads = in.size(keys, 2), dHead = in.width(queries), t = in.pos();
        for (int b = 0; b < in.batch(); b++) {
            for (int h = 0; h < heads; h++) {
                for (int dest = 0; dest < t; dest++) {
                    for (int src = 0; src < t; src++) {
                        pair.at(((b * heads + h) * t + dest) * t + src, ((b * t + dest) * heads + h) * dHead,
                                ((b * t + src) * kvHeads + h / (heads / kvHeads)) * dHead);
                    }
                }
            }
        }
    }

    /** Returns the gradient of scores with masked entries set to zero. */
    private double[] visible(double[] dy, Value queries, OptionalInt window) {
        double[] out = new double[dy.length];
        int heads = in.size(queries, 2), t = in.pos();
        for (int i = 0; i < dy.length; i++) {
            int src = i % t, dest = i / t % t, row = i / t / t / heads;
            if (src <= dest && src >= begin(row, dest, window)) out[i] = dy[i];
        }
        return out;
    }

    /** Returns the first source that a destination sees, if it sees any. */
    private int begin(int row, int dest, OptionalInt window) {
        return Math.max(in.frame().padding()[row], dest + 1 - window.orElse(dest + 1));
    }

    private double[] scoresQueries(double[] dy, double[] k, Value queries, Value keys) {
        int dHead = in.width(queries);
        double[] out = new double[in.elements(queries)];
        pairs(queries, keys, (p, q, key) -> {
            for (int c = 0; c < dHead; c++) out[q + c] += dy[p] * k[key + c] / Math.sqrt(dHead);
        });
        return out;
    }

    /** Returns out[src] = factor · Σ weights[dest, src] · x[dest]. */
    private double[] weighted(double[] weights, double[] x, Value queries, Value keys, double factor) {
        int dHead = in.width(queries);
        double[] out = new double[in.elements(keys)];
        pairs(queries, keys, (p, q, key) -> {
            for (int c = 0; c < dHead; c++) out[key + c] += factor * weights[p] * x[q + c];
        });
        return out;
    }

    private double[] mixPattern(double[] dy, double[] v, Value queries, Value values) {
        int dHead = in.width(queries);
        double[] out = new double[in.elements(queries) / dHead * in.pos()];
        pairs(queries, values, (p, q, key) -> {
            for (int c = 0; c < dHead; c++) out[p] += dy[q + c] * v[key + c];
        });
        return out;
    }

    private static double[] softmaxInput(double[] dy, double[] pattern, int width) {
        double[] out = new double[dy.length];
        for (int row = 0; row < dy.length; row += width) {
            double mean = 0;
            for (int j = row; j < row + width; j++) mean += pattern[j] * dy[j];
            for (int j = row; j < row + width; j++) out[j] = pattern[j] * (dy[j] - mean);
        }
        return out;
    }

    private double[] attendInputs(Derivative.AttendInputs o) {
        int heads = in.size(o.q(), 2), kvHeads = in.size(o.k(), 2), dHead = in.width(o.q()), t = in.pos();
        double[] q = in.get(o.q()), k = in.get(o.k()), v = in.get(o.v()), dy = in.get(o.dy());
        double[] pattern = new double[in.batch() * heads * t * t];
        pairs(o.q(), o.k(), (p, query, key) -> {
            for (int c = 0; c < dHead; c++) pattern[p] += q[query + c] * k[key + c] / Math.sqrt(dHead);
        });
        for (int row = 0; row < in.batch() * heads * t; row++) {
            int begin = row * t + begin(row / t / heads, row % t, o.window()), end = row * t + row % t + 1;
            double sum = 0;
            for (int j = begin; j < end; j++) sum += Math.exp(pattern[j]);
            for (int j = row * t; j < row * t + t; j++)
                pattern[j] = j < begin || j >= end ? 0 : Math.exp(pattern[j]) / sum;
        }
        double[] slopes = softmaxInput(mixPattern(dy, v, o.q(), o.v()), pattern, t);
        double[][] parts = {scoresQueries(slopes, k, o.q(), o.k()),
                weighted(slopes, q, o.q(), o.k(), 1 / Math.sqrt(dHead)), weighted(pattern, dy, o.q(), o.v(), 1)};
        int[] sizes = {heads * dHead, kvHeads * dHead, kvHeads * dHead};
        double[] out = new double[in.elements(o.out())];
        int at = 0;
        for (int i = 0; i < in.batch() * t; i++) {
            for (int part = 0; part < 3; part++) {
                System.arraycopy(parts[part], i * sizes[part], out, at, sizes[part]);
                at += sizes[part];
            }
        }
        return out;
    }

    // ---- selections

    private double[] scatter(Derivative.Scatter o) {
        double[] dy = in.get(o.dy()), out = new double[in.elements(o.out())];
        List<int[]> selected = in.selected(o.out(), o.selection());
        for (int i = 0; i < dy.length; i++) out[in.place(o.out(), selected.get(i))] += dy[i];
        return out;
    }

    private double[] pointwiseInput(Derivative.PointwiseInput o) {
        double[] out = in.get(o.dy()).clone(), x = in.get(o.x());
        Set<Integer> seen = new HashSet<>();
        for (int[] index : in.selected(o.x(), o.selection())) {
            int at = in.place(o.x(), index);
            if (seen.add(at)) out[at] *= o.rule().slope(x[at]);
        }
        return out;
    }

    private double[] source(Value dy, Selection selection, double times, Value source) {
        double[] out = new double[in.elements(source)];
        Set<Integer> seen = new HashSet<>();
        for (int[] index : in.selected(dy, selection)) {
            int at = in.place(dy, index);
            if (seen.add(at)) out[in.place(source, index)] += times * in.get(dy)[at];
        }
        return out;
    }

    // ---- metrics

    /** Returns the softmax of one row of logits, which begins at index {@code row}. */
    private static double[] softmax(double[] logits, int row, int vocabulary) {
        double max = Arrays.stream(logits, row, row + vocabulary).max().orElseThrow();
        double[] p = new double[vocabulary];
        for (int t = 0; t < vocabulary; t++) p[t] = Math.exp(logits[row + t] - max);
        double sum = Arrays.stream(p).sum();
        for (int t = 0; t < vocabulary; t++) p[t] /= sum;
        return p;
    }

    private double[] nextTokenLossInput(Derivative.NextTokenLossInput o) {
        double[] logits = in.get(o.logits()), dy = in.get(o.dy()), out = new double[logits.length];
        int vocabulary = in.width(o.logits());
        int[] next = in.frame().nextTokens(o.logits(), o.at());
        for (int i = 0; i < next.length; i++) {
            if (next[i] < 0) continue;
            double[] p = softmax(logits, i * vocabulary, vocabulary);
            p[next[i]] -= 1;
            for (int t = 0; t < vocabulary; t++) out[i * vocabulary + t] = dy[i] * p[t];
        }
        return out;
    }

    private double[] dotFirst(Derivative.DotFirst o) {
        double[] dy = in.get(o.dy()), y = in.get(o.y()), out = new double[in.elements(o.out())];
        List<int[]> all = in.selected(o.out(), Selection.ALL);
        for (int i = 0; i < out.length; i++) out[i] = dy[i / in.width(o.out())] * y[in.place(o.y(), all.get(i))];
        return out;
    }

    private double[] dotSecond(Derivative.DotSecond o) {
        double[] dy = in.get(o.dy()), x = in.get(o.x()), out = new double[in.elements(o.out())];
        List<int[]> all = in.selected(o.x(), Selection.ALL);
        for (int i = 0; i < x.length; i++) out[in.place(o.out(), all.get(i))] += dy[i / in.width(o.x())] * x[i];
        return out;
    }

    private double[] logProbabilityInput(Derivative.LogProbabilityInput o) {
        double[] logits = in.get(o.logits()), dy = in.get(o.dy()), out = new double[logits.length];
        int vocabulary = in.width(o.logits()), n = in.size(o.logits(), 1);
        for (int i = 0; i < dy.length; i++) {
            double[] p = softmax(logits, i * vocabulary, vocabulary);
            List<Integer> set = o.tokens().get(i / n % o.tokens().size());
            double among = set.stream().mapToDouble(t -> p[t]).sum();
            for (int t = 0; t < vocabulary; t++) out[i * vocabulary + t] = -dy[i] * p[t];
            for (int t : set) out[i * vocabulary + t] += dy[i] * p[t] / among;
        }
        return out;
    }

    private double[] klDivergenceInput(Derivative.KlDivergenceInput o) {
        double[] logits = in.get(o.logits()), dy = in.get(o.dy()), reference = in.get(o.reference()),
                out = new double[logits.length];
        int vocabulary = in.width(o.logits());
        List<int[]> all = in.selected(o.logits(), Selection.ALL);
        for (int i = 0; i < dy.length; i++) {
            double[] q = softmax(logits, i * vocabulary, vocabulary),
                    p = softmax(reference, in.place(o.reference(), all.get(i * vocabulary)), vocabulary);
            for (int t = 0; t < vocabulary; t++) out[i * vocabulary + t] = dy[i] * (q[t] - p[t]);
        }
        return out;
    }

    private double[] meanPositionsInput(Derivative.MeanPositionsInput o) {
        double[] x = in.get(o.x()), dy = in.get(o.dy()), out = new double[x.length];
        int n = in.width(o.x());
        for (int i = 0; i < x.length; i++) {
            long count = Arrays.stream(x, i / n * n, i / n * n + n).filter(v -> !Double.isNaN(v)).count();
            out[i] = Double.isNaN(x[i]) ? 0 : dy[i / n] / count;
        }
        return out;
    }
}
