package org.tornadolens.tornado;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tornado.kernels.Attention;

/** The backward pass of a run: writes the kernels of every derivative on the tape. There is no past. */
final class Gradients {

    private static final long MOST_SCORES = 1 << 25;   // floats that attention's backward pass takes for a pattern at a time

    private final Pass pass;
    private final Device device;
    private final WeightStore store;
    private final Layout layout;
    private final Tape tape;
    private final Products products;
    private final RunFrame frame;

    Gradients(Pass pass, Device device, WeightStore store, Layout layout, Tape tape, Products products,
            RunFrame frame) {
        this.pass = pass;
        this.device = device;
        this.store = store;
        this.layout = layout;
        this.tape = tape;
        this.products = products;
        this.frame = frame;
    }

    void write(Derivative operation) {
        switch (operation) {
            case Derivative.LinearInput o -> {
                Weight w = weight(o.weight().name());
                products.projectInput(o, w, at(o.dy()), pass.count(o.dy()) / w.rows(), at(o.out()));
            }
            case Derivative.LinearWeight o -> {
                int rows = size(o.out(), 0), columns = size(o.out(), 1);
                products.weightGradient(o, at(o.dy()), rows, rows, at(o.x()), columns, columns,
                        pass.count(o.x()) / columns, at(o.out()), columns, Products.ONE);
            }
            case Derivative.LinearPerHeadInput o -> {
                Weight w = weight(o.weight().name());
                products.projectHeadsInput(o, w, at(o.dy()), pass.count(o.dy()) / w.rows(),
                        size(o.dy(), o.dy().headAxis()), at(o.out()));
            }
            case Derivative.LinearPerHeadWeight o -> {
                int rows = size(o.out(), 0), d = size(o.out(), 1), heads = size(o.x(), o.x().headAxis()),
                        dHead = rows / heads, m = pass.count(o.dy()) / rows;
                products.weightGradient(o, at(o.dy()), rows, dHead, at(o.x()), heads * d, d, m, at(o.out()), d,
                        Products.each(heads, head -> new int[]{head * dHead, head * d, head * dHead * d}));
            }
            case Derivative.HeadResultInput o -> {
                Weight w = weight(o.weight().name());
                products.headResultInput(o, w, at(o.dy()), pass.count(o.out()) / w.columns(), frame.width(o.out()),
                        at(o.out()));
            }
            case Derivative.HeadResultWeight o -> headResultWeight(o);
            case Derivative.EmbedTable o -> embedTable(o);
            case Derivative.NormScaleInput o -> add(o, Kernel.NORM_SCALE_BACK, at(o.x()), frame.rows(o.x()),
                    frame.width(o.x()), at(o.scale()), at(o.dy()), at(o.out()));
            case Derivative.NormalizeScale o -> add(o, Kernel.NORMALIZE_BACK, at(o.dy()), frame.rows(o.x()),
                    frame.width(o.x()), at(o.x()), at(o.scale()), at(o.out()));
            case Derivative.GainWeight o -> add(o, Kernel.COLUMNS_BACK, at(o.dy()), at(o.x()), frame.rows(o.x()),
                    frame.width(o.x()), -1, at(o.out()));
            case Derivative.RmsNormInput o ->
                    add(o, Kernel.RMS_NORM_BACK, at(o.dy()), frame.rows(o.x()), frame.width(o.x()), at(o.x()),
                            store.vector(weight(o.gain().name())), device.number(o.eps()), at(o.out()));
            case Derivative.RmsNormGain o -> {
                int scales = products.scratch(frame.rows(o.x()));
                add(o, Kernel.NORM_SCALE, at(o.x()), frame.rows(o.x()), frame.width(o.x()), device.number(o.eps()),
                        scales);
                add(o, Kernel.COLUMNS_BACK, at(o.dy()), at(o.x()), frame.rows(o.x()), frame.width(o.x()), scales,
                        at(o.out()));
            }
            case Derivative.BiasWeight o -> {
                int width = size(o.out(), 1);
                add(o, Kernel.BIAS_BACK, at(o.dy()), pass.count(o.dy()) / width, width, at(o.out()));
            }
            case Derivative.RotateInput o -> pass.rotate(o, o.dy(), o.rotary(), true, at(o.out()));
            case Derivative.ScoresQueries o -> {
                int weights = products.scratch(elements(o.dy()));
                pass.attention(o, Kernel.VISIBLE_BACK, o.out(), o.k(), at(o.dy()), 0, 0, weights, 0, 0, o.window());
                pass.attention(o, Kernel.MIX, o.out(), o.k(), 0, 0, at(o.k()), weights, at(o.out()), 0, o.window());
            }
            case Derivative.ScoresKeys o -> {
                int weights = products.scratch(elements(o.dy()));
                pass.attention(o, Kernel.VISIBLE_BACK, o.q(), o.out(), at(o.dy()), 0, 0, weights, 0, 0, o.window());
                keys(o, o.q(), o.out(), at(o.q()), weights, at(o.out()), true, o.window());
            }
            case Derivative.SoftmaxInput o -> add(o, Kernel.SOFTMAX_BACK, at(o.dy()), frame.rows(o.out()),
                    frame.width(o.out()), at(o.pattern()), device.number(1), at(o.out()));
            case Derivative.MixPattern o -> pass.products(o, o.dy(), o.v(), at(o.dy()), at(o.v()), at(o.out()));
            case Derivative.MixValues o ->
                    keys(o, o.dy(), o.out(), at(o.dy()), at(o.pattern()), at(o.out()), false, OptionalInt.empty());
            case Derivative.AttendInputs o -> attendInputs(o);
            case Derivative.SwiGluGate o -> add(o, Kernel.SWIGLU_GATE_BACK, at(o.dy()), at(o.gate()), at(o.up()),
                    pass.count(o.out()), at(o.out()));
            case Derivative.SwiGluUp o ->
                    add(o, Kernel.SWIGLU_UP_BACK, at(o.dy()), at(o.gate()), pass.count(o.out()), at(o.out()));
            case Derivative.Scatter o -> scatter(o);
            case Derivative.PointwiseInput o ->
                    pass.change(o, Kernel.CHANGE_BACK, o.dy(), o.selection(), Optional.of(o.x()), pass.rule(o.rule()));
            case Derivative.SourceInput o -> source(o);
            case Derivative.NextTokenLossInput o ->
                    logProbability(o, o.logits(), o.dy(), 1, pass.nextToken(o.logits(), o.at()), at(o.out()));
            case Derivative.LogProbabilityInput o ->
                    logProbability(o, o.logits(), o.dy(), -1, pass.sets(o.logits(), o.tokens()), at(o.out()));
            case Derivative.KlDivergenceInput o -> {
                Regions pairs = frame.vectors(o.logits(), o.reference());
                int n = pairs.offsets().length, width = frame.width(o.logits()), sums = products.scratch(2L * n),
                        x = list(pairs.offsets()), y = list(pairs.sources());
                add(o, Kernel.LOG_SUM, at(o.logits()), n, width, x, sums);
                add(o, Kernel.LOG_SUM, at(o.reference()), n, width, y, sums + n);
                add(o, Kernel.DIVERGENCE_BACK, at(o.logits()), n, width, x, at(o.reference()), y, at(o.dy()),
                        at(o.out()), sums, sums + n);
            }
            case Derivative.DotFirst o -> {
                Regions pairs = frame.vectors(o.out(), o.y());
                add(o, Kernel.ROWS_BACK, at(o.dy()), pairs.offsets().length, frame.width(o.out()),
                        list(pairs.offsets()), at(o.y()), list(pairs.sources()), at(o.out()));
            }
            case Derivative.DotSecond o -> {
                Regions pairs = frame.vectors(o.x(), o.out());
                sums(o, at(o.x()), pairs.sources(), pairs.offsets(), frame.width(o.x()), 1, at(o.dy()), o.out());
            }
            case Derivative.MeanPositionsInput o ->
                    add(o, Kernel.MEAN_BACK, at(o.x()), size(o.x(), 0), frame.width(o.x()), at(o.dy()), at(o.out()));
        }
    }

    private int at(Value value) { return layout.address(value); }

    private int size(Value value, int axis) { return frame.size(value, axis); }

    private long elements(Value value) { return frame.elements(value); }

    private Weight weight(String name) { return pass.weight(name); }

    private void add(Operation origin, Kernel kernel, int... arguments) { pass.add(origin, kernel, arguments); }

    private void clear(Operation origin, Value value) { add(origin, Kernel.CLEAR, at(value), pass.count(value)); }

    private int list(long[] values) { return tape.list(Arrays.stream(values).mapToInt(Math::toIntExact).toArray()); }

    // ---- linear layers

    private void headResultWeight(Derivative.HeadResultWeight o) {
        int d = size(o.out(), 0), columns = size(o.out(), 1), dHead = frame.width(o.z()), n = o.heads().size(),
                m = pass.count(o.z()) / columns;
        clear(o, o.out());
        products.weightGradient(o, at(o.dy()), n * d, d, at(o.z()), columns, dHead, m, at(o.out()), columns,
                Products.each(n, i -> new int[]{i * d, o.heads().get(i) * dHead, o.heads().get(i) * dHead}));
    }

    private void embedTable(Derivative.EmbedTable o) {
        int d = frame.width(o.dy());
        long[] rows = Arrays.stream(frame.tokens()).mapToLong(token -> (long) token * d).toArray(),
                from = IntStream.range(0, rows.length).mapToLong(i -> (long) i * d).toArray();
        sums(o, at(o.dy()), rows, from, d, 1, -1, o.out());
    }

    // ---- attention

    /** Sums over queries for every key: weights [batch, head, pos, key] times x [batch, pos, head, dHead]. */
    private void keys(Operation o, Value queries, Value keys, int x, int weights, int out,
            boolean causal, OptionalInt window) {
        int kvHeads = frame.size(keys, "kvHead");
        pass.attention(o, Kernel.KEYS_BACK, queries, keys, x, 0, 0, weights, out, 0,
                kvHeads, Attention.SCALED, causal, window, 0, frame.batch());
    }

    /** The pattern anew, its gradient, and what follows from both; as many batch rows at a time as there is room for. */
    private void attendInputs(Derivative.AttendInputs o) {
        int batch = frame.batch(), pos = frame.pos(), heads = size(o.q(), o.q().axis("head")),
                kvHeads = size(o.k(), o.k().axis("kvHead")), dHead = frame.width(o.q()), all = heads + 2 * kvHeads;
        long perRow = (long) heads * pos * pos;
        int together = (int) Math.clamp(MOST_SCORES / Math.max(1, perRow), 1, batch);
        int pattern = layout.take(perRow * together, "patterns of the backward pass"),
                slopes = layout.take(perRow * together, "gradients of patterns");
        for (int row = 0; row < batch; row += together) {
            int rows = Math.min(together, batch - row), q = row * pos * heads * dHead, kv = row * pos * kvHeads * dHead,
                    out = at(o.out()) + row * pos * all * dHead;
            pass.attention(o, device.tuning().scores(dHead), o.q(), o.k(), at(o.q()) + q, at(o.k()) + kv, 0, pattern, 0,
                    device.number(Double.NEGATIVE_INFINITY), heads, Attention.SCALED, true, o.window(), row, rows);
            add(o, Kernel.SOFTMAX, pattern, rows * heads * pos, pos, pattern);
            pass.attention(o, device.tuning().scores(dHead), o.q(), o.v(), at(o.dy()) + q, at(o.v()) + kv, 0, slopes, 0,
                    device.number(0), heads, Attention.SEEN, true, o.window(), row, rows);
            pass.attention(o, Kernel.KEYS_BACK, o.q(), o.v(), at(o.dy()) + q, 0, 0, pattern,
                    out + (heads + kvHeads) * dHead, 0, all, Attention.SCALED, true, o.window(), row, rows);
            add(o, Kernel.SOFTMAX_BACK, slopes, rows * heads * pos, pos, pattern, device.number(1 / Math.sqrt(dHead)),
                    slopes);
            pass.attention(o, Kernel.MIX, o.q(), o.k(), 0, 0, at(o.k()) + kv, slopes, out, 0,
                    all, Attention.SCALED, true, o.window(), row, rows);
            pass.attention(o, Kernel.KEYS_BACK, o.q(), o.k(), at(o.q()) + q, 0, 0, slopes, out + heads * dHead, 0,
                    all, Attention.SCALED, true, o.window(), row, rows);
        }
    }

    // ---- selections

    private void scatter(Derivative.Scatter o) {
        Regions regions = frame.regions(o.out(), o.selection());
        long[] from = IntStream.range(0, regions.offsets().length).mapToLong(i -> i * regions.length()).toArray();
        sums(o, at(o.dy()), regions.offsets(), from, (int) regions.length(), 1, -1, o.out());
    }

    private void source(Derivative.SourceInput o) {
        Regions regions = frame.regions(o.dy(), o.selection(), o.out()).once();
        sums(o, at(o.dy()), regions.sources(), regions.offsets(), (int) regions.length(), o.times(), -1, o.out());
    }

    /**
     * out = 0, then out[target] = factor · Σ of the runs of x that go there, each times its own coefficient, if there are any.
     */
    private void sums(Operation o, int x, long[] targets, long[] runs, int length, double factor, int coefficients,
            Value out) {
        clear(o, out);
        Map<Long, List<Integer>> byTarget = new LinkedHashMap<>();
        for (int i = 0; i < targets.length; i++) byTarget.computeIfAbsent(targets[i], _ -> new ArrayList<>()).add(i);
        int[] starts = new int[byTarget.size() + 1], order = new int[targets.length];
        int n = 0, at = 0;
        for (List<Integer> own : byTarget.values()) {
            for (int i : own) order[at++] = i;
            starts[++n] = at;
        }
        int[] places = Arrays.stream(order).map(i -> Math.toIntExact(runs[i])).toArray();
        add(o, Kernel.RUNS_BACK, x, list(byTarget.keySet().stream().mapToLong(Long::longValue).toArray()), n, length,
                at(out), tape.list(starts), tape.list(places), device.number(factor), coefficients, tape.list(order));
    }

    // ---- metrics

    private void logProbability(Operation o, Value logits, Value dy, double factor, Pass.Tokens sets, int out) {
        Pass.Sets all = pass.listed(logits, sets);
        int rows = frame.rows(logits), width = frame.width(logits), sums = products.scratch((long) rows + all.count());
        add(o, Kernel.LOG_SUM, at(logits), rows, width,
                tape.list(IntStream.range(0, rows).map(i -> i * width).toArray()), sums);
        add(o, Kernel.LOG_PROBABILITY_BACK, at(logits), rows, width, all.starts(), all.tokens(), device.number(factor),
                at(dy), out, sums, sums + rows);
    }
}
