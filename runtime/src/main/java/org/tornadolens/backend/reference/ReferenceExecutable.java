package org.tornadolens.backend.reference;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Set;
import org.tornadolens.backend.BackendPast;
import org.tornadolens.backend.HostFloats;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.Positions;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Past;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/** A program run operation by operation on {@code double[]}, each method a definition. */
final class ReferenceExecutable implements ExactExecutable {

    private final Program program;
    private final Weights weights;
    private final Set<Value> extended;
    private final Map<Parameter, double[]> decoded = new HashMap<>();

    ReferenceExecutable(Program program, Weights weights) {
        this.program = program;
        this.weights = weights;
        this.extended = program.extended();
    }

    @Override public Program program() { return program; }

    @Override public Plan plan(Sizes sizes) { return Plan.of(program, sizes); }

    @Override public Past past(int batch, int capacity) {
        return new BackendPast(program, batch, capacity, new ReferencePast(batch, capacity, program.pastSlots()));
    }

    @Override public long pastBytes(int batch, int capacity) {
        return BackendPast.elements(program, batch, capacity) * Double.BYTES;
    }

    @Override public Map<Value, Tensor> run(Inputs inputs) {
        Map<Value, Tensor> kept = new LinkedHashMap<>();
        Sizes sizes = inputs.sizes();   // of this run: it makes the past longer
        new RunState(inputs).run().forEach((value, numbers) -> kept.put(value, tensor(value.shape(sizes), numbers)));
        return kept;
    }

    @Override public Map<Value, double[]> exactly(Inputs inputs) { return new RunState(inputs).run(); }

    private double[] decoded(Parameter parameter) {
        return decoded.computeIfAbsent(parameter, p -> {
            Weight w = weights.get(p.name());
            double[] all = new double[w.rows() * w.columns()];
            for (int r = 0; r < w.rows(); r++)
                for (int c = 0; c < w.columns(); c++) all[r * w.columns() + c] = w.get(r, c);
            return all;
        });
    }

    private final class RunState implements ReferenceFrame {
        private final RunFrame frame;
        private final Sizes sizes;
        private final int batch, pos, past, key;
        private final Map<Value, double[]> values = new HashMap<>();
        private final ReferenceMetrics measured = new ReferenceMetrics(this);

        RunState(Inputs inputs) {
            frame = new RunFrame(inputs, extended);
            sizes = frame.sizes();
            batch = sizes.batch();
            pos = sizes.pos();
            past = sizes.past();
            key = sizes.key();
        }

        Map<Value, double[]> run() {
            for (Operation operation : program.operations()) values.put(operation.out(), compute(operation));
            frame.end();
            Map<Value, double[]> kept = new LinkedHashMap<>();
            for (Value value : program.kept()) kept.put(value, values.get(value));
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
                case Operation.Project o -> project(get(o.x()), o.weight());
                case Operation.ProjectHeads o -> projectHeads(o);
                case Operation.HeadResult o -> headResult(o);
                case Operation.Bias o -> bias(get(o.x()), decoded(o.bias()));
                case Operation.Rotate o -> rotate(o.x(), o.rotary(), false);
                case Operation.Extend o -> extend(o);
                case Operation.Scores o -> scores(o.q(), o.k(), o.window());
                case Operation.Softmax o -> softmax(get(o.scores()));
                case Operation.Mix o -> mix(get(o.pattern()), o.v(), get(o.v()), o.out());
                case Operation.Attend o -> mix(softmax(scores(o.q(), o.k(), o.window())), o.v(), get(o.v()), o.out());
                case Operation.Add o -> add(get(o.a()), get(o.b()));
                case Operation.SwiGlu o -> swiGlu(get(o.gate()), get(o.up()));
                case Operation.Copy o -> get(o.x()).clone();
                case Operation.Repeat o -> repeat(o);
                case Operation.SumHeads o -> sumHeads(o);
                case Operation.Gather o -> gather(o);
                case Operation.Zero o -> changed(o.x(), o.selection(), o.x(), (x, _) -> 0);
                case Operation.Pointwise o -> changed(o.x(), o.selection(), o.x(), (x, _) -> o.rule().apply(x));
                case Operation.Replace o -> changed(o.x(), o.selection(), o.source(), (_, source) -> source);
                case Operation.Shift o ->
                        changed(o.x(), o.selection(), o.source(), (x, source) -> x + o.times() * source);
                case Operation.Subspace o -> subspace(o);
                case Operation.HostCall o -> hostCall(o);
                case Operation.NextTokenLoss o -> measured.nextTokenLoss(o);
                case Operation.Dot o -> measured.dot(o);
                case Operation.LogProbability o -> measured.logProbability(o);
                case Operation.Rank o -> measured.rank(o);
                case Operation.KlDivergence o -> measured.klDivergence(o);
                case Operation.MeanPositions o -> measured.meanPositions(get(o.x()), width(o.x()));
                case Operation.ArgMax o -> measured.argMax(get(o.logits()), width(o.logits()));
                case Derivative o -> new ReferenceDerivatives(this).compute(o);
            };
        }

        @Override public double[] get(Value value) { return values.get(value); }

        @Override public double[] decoded(Parameter parameter) { return ReferenceExecutable.this.decoded(parameter); }

        @Override public RunFrame frame() { return frame; }

        @Override public int place(Value value, int[] index) { return meeting(value, index); }

        // ---- sources, norm, linear layers

        private double[] embed(Operation.Embed o) {
            int d = o.table().columns();
            double[] out = new double[batch * pos * d];
            Weight table = weights.get(o.table().name());
            for (int i = 0; i < batch * pos; i++)
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

        private double[] project(double[] x, Parameter weight) {
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

        private double[] projectHeads(Operation.ProjectHeads o) {
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

        // ---- attention

        @Override public double[] rotate(Value value, Rotary rotary, boolean back) {
            double[] x = get(value);
            int heads = size(value, value.headAxis()), dHead = width(value), half = dHead / 2;
            double[] out = new double[x.length];
            List<Double> frequencies = rotary.frequencies(frame.endPosition());
            for (int b = 0; b < batch; b++) {
                for (int t = 0; t < pos; t++) {
                    int position = Math.max(0, frame.firstPosition()[b] + t);
                    for (int h = 0; h < heads; h++) {
                        int at = ((b * pos + t) * heads + h) * dHead;
                        for (int i = 0; i < half; i++) {
                            double angle = (back ? -1 : 1) * position * frequencies.get(i);
                            double cos = rotary.magnitude() * Math.cos(angle);
                            double sin = rotary.magnitude() * Math.sin(angle);
                            out[at + i] = x[at + i] * cos - x[at + i + half] * sin;
                            out[at + i + half] = x[at + i + half] * cos + x[at + i] * sin;
                        }
                    }
                }
            }
            return out;
        }

        private double[] extend(Operation.Extend o) {
            double[] x = get(o.x());
            if (!frame.inPast(o.out())) return x;
            double[] memory = frame.past(ReferencePast.class).orElseThrow().of(o.slot());
            int size = x.length / batch / pos, stride = (int) frame.keyStride(o.out());
            double[] all = new double[batch * key * size];
            for (int b = 0; b < batch; b++) {
                System.arraycopy(x, b * pos * size, memory, b * stride + past * size, pos * size);
                System.arraycopy(memory, b * stride, all, b * key * size, key * size);
            }
            return all;
        }

        private double[] scores(Value qValue, Value kValue, OptionalInt window) {
            double[] q = get(qValue), k = get(kValue);
            int heads = size(qValue, "head"), groups = size(kValue, "kvHead"), dHead = width(qValue);
            double[] out = new double[batch * heads * pos * key];
            for (int b = 0; b < batch; b++) {
                for (int h = 0; h < heads; h++) {
                    int group = h / (heads / groups);
                    for (int dest = 0; dest < pos; dest++) {
                        for (int src = 0; src < key; src++) {
                            double sum = 0;
                            for (int c = 0; c < dHead; c++) {
                                sum += q[((b * pos + dest) * heads + h) * dHead + c]
                                        * k[((b * key + src) * groups + group) * dHead + c];
                            }
                            int before = past + dest - src;   // how far the key lies behind the query
                            boolean masked = before < 0 || before >= window.orElse(key) || src < frame.padding()[b];
                            out[((b * heads + h) * pos + dest) * key + src] =
                                    masked ? Double.NEGATIVE_INFINITY : sum / Math.sqrt(dHead);
                        }
                    }
                }
            }
            return out;
        }

        private double[] softmax(double[] scores) {
            double[] out = new double[scores.length];
            for (int row = 0; row < scores.length; row += key) {
                double max = Double.NEGATIVE_INFINITY, sum = 0;
                for (int j = row; j < row + key; j++) max = Math.max(max, scores[j]);
                if (max == Double.NEGATIVE_INFINITY) continue;
                for (int j = row; j < row + key; j++) sum += out[j] = Math.exp(scores[j] - max);
                for (int j = row; j < row + key; j++) out[j] /= sum;
            }
            return out;
        }

        private double[] mix(double[] pattern, Value vValue, double[] v, Value outValue) {
            int groups = size(vValue, "kvHead"), dHead = width(vValue), heads = size(outValue, "head");
            double[] out = new double[batch * pos * heads * dHead];
            for (int b = 0; b < batch; b++) {
                for (int dest = 0; dest < pos; dest++) {
                    for (int h = 0; h < heads; h++) {
                        int group = h / (heads / groups);
                        for (int src = 0; src < key; src++) {
                            double weight = pattern[((b * heads + h) * pos + dest) * key + src];
                            for (int c = 0; c < dHead; c++) {
                                out[((b * pos + dest) * heads + h) * dHead + c] +=
                                        weight * v[((b * key + src) * groups + group) * dHead + c];
                            }
                        }
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

        // ---- selections

        private double[] gather(Operation.Gather o) {
            List<int[]> selected = selected(o.x(), o.selection());
            double[] x = get(o.x()), out = new double[selected.size()];
            long[] strides = o.x().shape(sizes).strides();
            for (int i = 0; i < out.length; i++) out[i] = x[offset(selected.get(i), strides)];
            return out;
        }

        /** x with {@code change} of each selected element and the one of the source that meets it. */
        private double[] changed(Value x, Selection selection, Value source,
                java.util.function.DoubleBinaryOperator change) {
            double[] out = get(x).clone(), from = get(source);
            long[] strides = x.shape(sizes).strides();
            Set<Integer> seen = new HashSet<>();   // positions named twice, or from both ends, change once
            for (int[] index : selected(x, selection)) {
                int at = offset(index, strides);
                if (seen.add(at)) out[at] = change.applyAsDouble(out[at], from[meeting(source, index)]);
            }
            return out;
        }

        /** The place in a source of what meets an index: axes of length 1 are repeated, batch rows taken in turn. */
        private int meeting(Value source, int[] index) {
            Shape shape = frame.shape(source);
            int[] met = new int[index.length];
            for (int axis = 0; axis < index.length; axis++) met[axis] = index[axis] % shape.size(axis);
            return offset(met, shape.strides());
        }

        private double[] subspace(Operation.Subspace o) {
            double[] out = get(o.x()).clone(), basis = get(o.basis());
            int d = width(o.x());
            long[] strides = o.x().shape(sizes).strides();
            for (int[] index : selected(o.x(), o.selection())) {
                if (index[index.length - 1] != 0) continue;
                int at = offset(index, strides);
                double[] kept = new double[d];
                for (int k = 0; k < basis.length / d; k++) {
                    double along = 0;
                    for (int c = 0; c < d; c++) along += out[at + c] * basis[k * d + c];
                    for (int c = 0; c < d; c++) kept[c] += along * basis[k * d + c];
                }
                for (int c = 0; c < d; c++) out[at + c] = o.keep() ? kept[c] : out[at + c] - kept[c];
            }
            return out;
        }

        private double[] hostCall(Operation.HostCall o) {
            double[] out = get(o.x()).clone();
            frame.call(o, new HostFloats() {
                @Override public void read(Regions regions, MemorySegment to) {
                    visit(regions, (i, place) -> to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) out[place]));
                }

                @Override public void write(Regions regions, MemorySegment from) {
                    visit(regions, (i, place) -> out[place] = from.getAtIndex(ValueLayout.JAVA_FLOAT, i));
                }
            });
            return out;
        }

        private interface Visitor { void at(int i, int place); }

        /** The places of the regions' elements, in order. */
        private static void visit(Regions regions, Visitor visitor) {
            int i = 0;
            for (long offset : regions.offsets()) {
                for (int j = 0; j < regions.length(); j++) visitor.at(i++, (int) offset + j);
            }
        }

        /** The indices that a selection takes of a value, in row-major order. */
        @Override public List<int[]> selected(Value value, Selection selection) {
            Shape shape = value.shape(sizes);
            List<int[]> all = new java.util.ArrayList<>();
            int batchAxis = value.axis("batch");
            int[] index = new int[shape.rank()];
            collect(value, selection, shape, 0, index, batchAxis, all);
            return all;
        }

        private void collect(Value value, Selection selection, Shape shape, int axis, int[] index, int batchAxis,
                List<int[]> all) {
            if (axis == shape.rank()) {
                all.add(index.clone());
                return;
            }
            List<Integer> some = selection.along(value, axis).orElse(null);
            int row = batchAxis < 0 ? 0 : index[batchAxis];
            int[] along, first = frame.firstToken();
            if (some == null) along = java.util.stream.IntStream.range(0, shape.size(axis)).toArray();
            else if (axis == value.positionAxis()) along = Positions.indices(some, first[row], shape.size(axis));
            else if (axis == value.axis("src")) along = Positions.indices(some, frame.padding()[row], key);
            else along = some.stream().mapToInt(Integer::intValue).toArray();
            for (int i : along) {
                index[axis] = i;
                collect(value, selection, shape, axis + 1, index, batchAxis, all);
            }
        }
    }

    /** Rows given once are repeated over the batch. */
    private static double[] repeated(double[] rows, int length) {
        double[] all = new double[length];
        for (int i = 0; i < length; i++) all[i] = rows[i % rows.length];
        return all;
    }

    private static int offset(int[] index, long[] strides) {
        long at = 0;
        for (int i = 0; i < index.length; i++) at += index[i] * strides[i];
        return (int) at;
    }

    static double[] doubles(Tensor tensor) {
        Tensor whole = tensor.contiguous() ? tensor : tensor.copy();
        double[] out = new double[(int) whole.elements()];
        for (int i = 0; i < out.length; i++) out[i] = whole.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
        return out;
    }

    private static Tensor tensor(Shape shape, double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) values[i];
        return Tensor.of(shape, floats);
    }
}
