package org.tornadolens.backend.reference;

import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;

/** One run of a program, operation by operation on {@code double[]}; every method is a definition. */
final class ReferenceRun implements ReferenceFrame {

    private final ReferenceExecutable executable;
    private final RunFrame frame;
    private final Map<Value, double[]> values = new HashMap<>();
    private final ReferenceAttention attention;
    private final ReferenceSelections selections;
    private final ReferenceMetrics metrics;

    ReferenceRun(ReferenceExecutable executable, Inputs inputs) {
        this.executable = executable;
        frame = new RunFrame(inputs, executable.extended());
        attention = new ReferenceAttention(this);
        selections = new ReferenceSelections(this);
        metrics = new ReferenceMetrics(this);
    }

    Map<Value, double[]> run() {
        for (Operation operation : executable.program().operations()) values.put(operation.out(), compute(operation));
        frame.end();
        Map<Value, double[]> kept = new LinkedHashMap<>();
        for (Value value : executable.program().kept()) kept.put(value, values.get(value));
        return kept;
    }

    private double[] compute(Operation operation) {
        return switch (operation) {
            case Operation.Embed o -> embed(o);
            case Operation.Given o -> repeated(doubles(frame.given(o.out())), elements(o.out()));
            case Operation.Lent o -> doubles(frame.given(o.out()));
            case Operation.NormScale o -> normScale(get(o.x()), width(o.x()), o.eps());
            case Operation.Normalize o -> normalize(get(o.x()), get(o.scale()), width(o.x()));
            case Operation.Gain o -> gain(get(o.x()), decoded(o.gain()));
            case Operation.RmsNorm o ->
                    gain(normalize(get(o.x()), normScale(get(o.x()), width(o.x()), o.eps()), width(o.x())),
                            decoded(o.gain()));
            case Operation.Linear o -> linear(get(o.x()), o.weight());
            case Operation.LinearPerHead o -> linearPerHead(o);
            case Operation.HeadResult o -> headResult(o);
            case Operation.Bias o -> bias(get(o.x()), decoded(o.bias()));
            case Operation.Rotate o -> attention.rotate(o.x(), o.rotary(), false);
            case Operation.Extend o -> attention.extend(o);
            case Operation.Scores o -> attention.scores(o.q(), o.k(), o.window());
            case Operation.Softmax o -> attention.softmax(get(o.scores()));
            case Operation.Mix o -> attention.mix(get(o.pattern()), o.v(), o.out());
            case Operation.Attend o ->
                    attention.mix(attention.softmax(attention.scores(o.q(), o.k(), o.window())), o.v(), o.out());
            case Operation.Sum o -> add(get(o.a()), get(o.b()));
            case Operation.SwiGlu o -> swiGlu(get(o.gate()), get(o.up()));
            case Operation.Copy o -> get(o.x()).clone();
            case Operation.Repeat o -> repeat(o);
            case Operation.SumHeads o -> sumHeads(o);
            case Operation.Gather o -> selections.gather(o);
            case Operation.Zero o -> selections.changed(o.x(), o.selection(), o.x(), (x, _) -> 0);
            case Operation.Pointwise o -> selections.changed(o.x(), o.selection(), o.x(), (x, _) -> o.rule().apply(x));
            case Operation.Replace o -> selections.changed(o.x(), o.selection(), o.source(), (_, source) -> source);
            case Operation.Shift o ->
                    selections.changed(o.x(), o.selection(), o.source(), (x, source) -> x + o.times() * source);
            case Operation.Subspace o -> selections.subspace(o);
            case Operation.HostCall o -> selections.hostCall(o);
            case Operation.NextTokenLoss o -> metrics.nextTokenLoss(o);
            case Operation.Dot o -> metrics.dot(o);
            case Operation.LogProbability o -> metrics.logProbability(o);
            case Operation.Rank o -> metrics.rank(o);
            case Operation.KlDivergence o -> metrics.klDivergence(o);
            case Operation.MeanPositions o -> metrics.meanPositions(get(o.x()), width(o.x()));
            case Operation.ArgMax o -> metrics.argMax(get(o.logits()), width(o.logits()));
            case Derivative o -> new ReferenceDerivatives(this).compute(o);
        };
    }

    @Override public double[] get(Value value) { return values.get(value); }

    @Override public double[] decoded(Parameter parameter) { return executable.decoded(parameter); }

    @Override public RunFrame frame() { return frame; }

    @Override public List<int[]> selected(Value value, Selection selection) {
        return selections.selected(value, selection);
    }

    @Override public int place(Value value, int[] index) { return selections.place(value, index); }

    @Override public double[] rotate(Value x, Rotary rotary, boolean back) { return attention.rotate(x, rotary, back); }

    // ---- sources, norm, linear layers

    private double[] embed(Operation.Embed o) {
        int d = o.table().columns();
        double[] out = new double[batch() * pos() * d];
        Weight table = executable.weights().get(o.table().name());
        for (int i = 0; i < batch() * pos(); i++)
            for (int c = 0; c < d; c++) out[i * d + c] = table.get(frame.tokens()[i], c);
        return out;
    }

    private double[] normScale(double[] x, int d, double eps) {
        double[] out = new double[x.length / d];
        for (int i = 0; i < out.length; i++) {
            double sum = 0;
            for (int c = 0; c < d; c++) sum += x[i * d + c] * x[i * d + c];
            out[i] = Math.sqrt(sum / d + eps);
        }
        return out;
    }

    private double[] normalize(double[] x, double[] scale, int d) {
        double[] out = new double[x.length];
        for (int i = 0; i < out.length; i++) out[i] = x[i] / scale[i / d];
        return out;
    }

    private double[] gain(double[] x, double[] gain) {
        double[] out = new double[x.length];
        for (int i = 0; i < out.length; i++) out[i] = x[i] * gain[i % gain.length];
        return out;
    }

    private double[] bias(double[] x, double[] bias) {
        double[] out = new double[x.length];
        for (int i = 0; i < out.length; i++) out[i] = x[i] + bias[i % bias.length];
        return out;
    }

    private double[] linear(double[] x, Parameter weight) {
        double[] w = decoded(weight);
        int columns = weight.columns(), rows = weight.rows(), m = x.length / columns;
        double[] out = new double[m * rows];
        for (int i = 0; i < m; i++) {
            for (int r = 0; r < rows; r++) {
                double sum = 0;
                for (int c = 0; c < columns; c++) sum += x[i * columns + c] * w[r * columns + c];
                out[i * rows + r] = sum;
            }
        }
        return out;
    }

    private double[] linearPerHead(Operation.LinearPerHead o) {
        double[] x = get(o.x()), w = decoded(o.weight());
        int d = o.weight().columns(), heads = size(o.x(), o.x().headAxis()), dHead = o.weight().rows() / heads;
        double[] out = new double[x.length / d * dHead];
        for (int i = 0; i < x.length / d; i++) {
            int head = i % heads;
            for (int r = 0; r < dHead; r++) {
                double sum = 0;
                for (int c = 0; c < d; c++) sum += x[i * d + c] * w[(head * dHead + r) * d + c];
                out[i * dHead + r] = sum;
            }
        }
        return out;
    }

    private double[] headResult(Operation.HeadResult o) {
        double[] z = get(o.z()), w = decoded(o.weight());
        int columns = o.weight().columns(), d = o.weight().rows(), dHead = width(o.z()), n = o.heads().size(),
                m = z.length / columns;
        double[] out = new double[m * n * d];
        for (int i = 0; i < m; i++) {
            for (int h = 0; h < n; h++) {
                int head = o.heads().get(h);
                for (int r = 0; r < d; r++) {
                    double sum = 0;
                    for (int c = 0; c < dHead; c++)
                        sum += z[i * columns + head * dHead + c] * w[r * columns + head * dHead + c];
                    out[(i * n + h) * d + r] = sum;
                }
            }
        }
        return out;
    }

    // ---- elementwise and copies

    private double[] add(double[] a, double[] b) {
        double[] out = new double[a.length];
        for (int i = 0; i < out.length; i++) out[i] = a[i] + b[i];
        return out;
    }

    private double[] swiGlu(double[] gate, double[] up) {
        double[] out = new double[gate.length];
        for (int i = 0; i < out.length; i++) out[i] = gate[i] / (1 + Math.exp(-gate[i])) * up[i];
        return out;
    }

    private double[] repeat(Operation.Repeat o) {
        double[] x = get(o.x());
        int d = width(o.x()), heads = size(o.out(), o.out().headAxis());
        double[] out = new double[x.length * heads];
        for (int i = 0; i < x.length / d; i++)
            for (int h = 0; h < heads; h++) System.arraycopy(x, i * d, out, (i * heads + h) * d, d);
        return out;
    }

    private double[] sumHeads(Operation.SumHeads o) {
        double[] x = get(o.x());
        int d = width(o.x()), heads = size(o.x(), o.x().headAxis());
        double[] out = new double[x.length / heads];
        for (int i = 0; i < x.length; i++) out[i / (heads * d) * d + i % d] += x[i];
        return out;
    }

    /** Repeats rows that were given once over the batch. */
    private static double[] repeated(double[] rows, int length) {
        double[] all = new double[length];
        for (int i = 0; i < length; i++) all[i] = rows[i % rows.length];
        return all;
    }

    private static double[] doubles(Tensor tensor) {
        Tensor whole = tensor.contiguous() ? tensor : tensor.copy();
        double[] out = new double[(int) whole.elements()];
        for (int i = 0; i < out.length; i++) out[i] = whole.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
        return out;
    }
}
