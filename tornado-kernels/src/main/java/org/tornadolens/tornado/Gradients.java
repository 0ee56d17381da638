package org.tornadolens.tornado;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tornado.kernels.ProductGradient.ProductBack;
import org.tornadolens.tornado.kernels.RowGradient.NormScaleBack;
import org.tornadolens.tornado.kernels.RowGradient.NormalizeBack;
import org.tornadolens.tornado.kernels.RowGradient.RmsNormBack;
import org.tornadolens.tornado.kernels.RowGradient.SwiGluGateBack;
import org.tornadolens.tornado.kernels.RowGradient.SwiGluUpBack;
import org.tornadolens.tornado.kernels.SumGradient.BiasBack;
import org.tornadolens.tornado.kernels.SumGradient.Clear;
import org.tornadolens.tornado.kernels.SumGradient.ColumnsBack;
import org.tornadolens.tornado.kernels.SumGradient.RowsBack;
import org.tornadolens.tornado.kernels.SumGradient.RunsBack;

/** The backward pass of a run: writes the kernels of every derivative on the tape. There is no past. */
final class Gradients {

    private final RunContext run;
    private final RunFrame frame;
    private final Products products;
    private final Changes changes;
    private final MetricSteps metrics;
    private final AttentionGradients attention;
    private final MetricGradients metricGradients;

    Gradients(RunContext run, Products products, AttentionSteps attention, Changes changes, MetricSteps metrics) {
        this.run = run;
        this.products = products;
        this.changes = changes;
        this.metrics = metrics;
        this.attention = new AttentionGradients(run, attention);
        metricGradients = new MetricGradients(run, metrics);
        frame = run.frame();
    }

    void write(Derivative operation) {
        switch (operation) {
            case Derivative.LinearInput o -> {
                Weight w = run.weight(o.weight().name());
                products.projectInput(o, w, run.at(o.dy()), run.count(o.dy()) / w.rows(), run.at(o.out()));
            }
            case Derivative.LinearWeight o -> projectWeight(o);
            case Derivative.LinearPerHeadInput o -> {
                Weight w = run.weight(o.weight().name());
                products.projectHeadsInput(o, w, run.at(o.dy()), run.count(o.dy()) / w.rows(),
                        run.size(o.dy(), o.dy().headAxis()), run.at(o.out()));
            }
            case Derivative.LinearPerHeadWeight o -> projectHeadsWeight(o);
            case Derivative.HeadResultInput o -> {
                Weight w = run.weight(o.weight().name());
                products.headResultInput(o, o.heads(), w, run.at(o.dy()), run.count(o.out()) / w.columns(),
                        run.width(o.out()), run.at(o.out()));
            }
            case Derivative.HeadResultWeight o -> headResultWeight(o);
            case Derivative.EmbedTable o -> embedTable(o);
            case Derivative.NormScaleInput o -> normScaleInput(o);
            case Derivative.NormalizeScale o -> normalizeScale(o);
            case Derivative.GainWeight o -> columns(o, o.dy(), o.x(), -1);
            case Derivative.RmsNormInput o -> rmsNormInput(o);
            case Derivative.RmsNormGain o -> {
                int scales = run.scratch(run.rows(o.x()));
                Pass.normScale(run, o, o.x(), o.eps(), scales);
                columns(o, o.dy(), o.x(), scales);
            }
            case Derivative.BiasWeight o -> biasWeight(o);
            case Derivative.RotateInput o -> attention.rotateInput(o);
            case Derivative.ScoresQueries o -> attention.scoresQueries(o);
            case Derivative.ScoresKeys o -> attention.scoresKeys(o);
            case Derivative.SoftmaxInput o -> attention.softmax(o, run.at(o.dy()), run.rows(o.out()),
                    run.width(o.out()), run.at(o.pattern()), 1, run.at(o.out()));
            case Derivative.MixPattern o -> attention.mixPattern(o);
            case Derivative.MixValues o -> attention.mixValues(o);
            case Derivative.AttendInputs o -> attention.attendInputs(o);
            case Derivative.SwiGluGate o -> swigluGate(o);
            case Derivative.SwiGluUp o -> swigluUp(o);
            case Derivative.Scatter o -> scatter(o);
            case Derivative.PointwiseInput o -> changes.pointwiseBack(o);
            case Derivative.SourceInput o -> source(o);
            case Derivative.NextTokenLossInput o -> metricGradients.logProbability(o, o.logits(), o.dy(), 1,
                    metrics.nextToken(o.logits(), o.at()), run.at(o.out()));
            case Derivative.LogProbabilityInput o -> metricGradients.logProbability(o, o.logits(), o.dy(), -1,
                    metrics.sets(o.logits(), o.tokens()), run.at(o.out()));
            case Derivative.KlDivergenceInput o -> metricGradients.divergence(o);
            case Derivative.DotFirst o -> dotFirst(o);
            case Derivative.DotSecond o -> {
                Regions pairs = frame.vectors(o.x(), o.out());
                sums(o, run.at(o.x()), pairs.sources(), pairs.offsets(), run.width(o.x()), 1, run.at(o.dy()), o.out());
            }
            case Derivative.MeanPositionsInput o -> metricGradients.mean(o);
        }
    }

    // ---- linear layers

    private void projectWeight(Derivative.LinearWeight o) {
        int rows = run.size(o.out(), 0), columns = run.size(o.out(), 1);
        products.weightGradient(o, rows, Products.ONE).set(ProductBack.A, run.at(o.dy()))
                .set(ProductBack.A_STEP, rows).set(ProductBack.B, run.at(o.x())).set(ProductBack.B_STRIDE, columns)
                .set(ProductBack.DEPTH, run.count(o.x()) / columns).set(ProductBack.COLUMNS, columns)
                .set(ProductBack.OUT, run.at(o.out())).set(ProductBack.OUT_STRIDE, columns).add();
    }

    private void projectHeadsWeight(Derivative.LinearPerHeadWeight o) {
        int rows = run.size(o.out(), 0), d = run.size(o.out(), 1), heads = run.size(o.x(), o.x().headAxis()),
                dHead = rows / heads;
        int[] offsets = Products.each(heads, head -> new int[]{head * dHead, head * d, head * dHead * d});
        products.weightGradient(o, dHead, offsets).set(ProductBack.A, run.at(o.dy())).set(ProductBack.A_STEP, rows)
                .set(ProductBack.B, run.at(o.x())).set(ProductBack.B_STRIDE, heads * d)
                .set(ProductBack.DEPTH, run.count(o.dy()) / rows).set(ProductBack.COLUMNS, d)
                .set(ProductBack.OUT, run.at(o.out())).set(ProductBack.OUT_STRIDE, d).add();
    }

    private void headResultWeight(Derivative.HeadResultWeight o) {
        int d = run.size(o.out(), 0), columns = run.size(o.out(), 1), dHead = run.width(o.z()), n = o.heads().size();
        clear(o, o.out());
        int[] offsets = Products.each(n,
                i -> new int[]{i * d, o.heads().get(i) * dHead, o.heads().get(i) * dHead});
        products.weightGradient(o, d, offsets).set(ProductBack.A, run.at(o.dy())).set(ProductBack.A_STEP, n * d)
                .set(ProductBack.B, run.at(o.z())).set(ProductBack.B_STRIDE, columns)
                .set(ProductBack.DEPTH, run.count(o.z()) / columns).set(ProductBack.COLUMNS, dHead)
                .set(ProductBack.OUT, run.at(o.out())).set(ProductBack.OUT_STRIDE, columns).add();
    }

    private void embedTable(Derivative.EmbedTable o) {
        int d = run.width(o.dy());
        long[] rows = Arrays.stream(frame.tokens()).mapToLong(token -> (long) token * d).toArray(),
                from = IntStream.range(0, rows.length).mapToLong(i -> (long) i * d).toArray();
        sums(o, run.at(o.dy()), rows, from, d, 1, -1, o.out());
    }

    private void biasWeight(Derivative.BiasWeight o) {
        int width = run.size(o.out(), 1);
        run.launch(o, Kernel.BIAS_BACK).set(BiasBack.DY, run.at(o.dy()))
                .set(BiasBack.ROWS, run.count(o.dy()) / width).set(BiasBack.WIDTH, width)
                .set(BiasBack.OUT, run.at(o.out())).add();
    }

    // ---- norms and SwiGLU

    private void normScaleInput(Derivative.NormScaleInput o) {
        run.launch(o, Kernel.NORM_SCALE_BACK).set(NormScaleBack.X, run.at(o.x()))
                .set(NormScaleBack.ROWS, run.rows(o.x())).set(NormScaleBack.WIDTH, run.width(o.x()))
                .set(NormScaleBack.SCALE, run.at(o.scale())).set(NormScaleBack.DY, run.at(o.dy()))
                .set(NormScaleBack.OUT, run.at(o.out())).add();
    }

    private void normalizeScale(Derivative.NormalizeScale o) {
        run.launch(o, Kernel.NORMALIZE_BACK).set(NormalizeBack.DY, run.at(o.dy()))
                .set(NormalizeBack.ROWS, run.rows(o.x())).set(NormalizeBack.WIDTH, run.width(o.x()))
                .set(NormalizeBack.X, run.at(o.x())).set(NormalizeBack.SCALE, run.at(o.scale()))
                .set(NormalizeBack.OUT, run.at(o.out())).add();
    }

    private void rmsNormInput(Derivative.RmsNormInput o) {
        run.launch(o, Kernel.RMS_NORM_BACK).set(RmsNormBack.DY, run.at(o.dy()))
                .set(RmsNormBack.ROWS, run.rows(o.x())).set(RmsNormBack.WIDTH, run.width(o.x()))
                .set(RmsNormBack.X, run.at(o.x())).set(RmsNormBack.GAIN, run.vector(o.gain().name()))
                .set(RmsNormBack.EPS, run.number(o.eps())).set(RmsNormBack.OUT, run.at(o.out())).add();
    }

    /** @param scales the address of each row's scale, or -1 where all are one */
    private void columns(Operation o, Value dy, Value x, int scales) {
        run.launch(o, Kernel.COLUMNS_BACK).set(ColumnsBack.DY, run.at(dy)).set(ColumnsBack.X, run.at(x))
                .set(ColumnsBack.ROWS, run.rows(x)).set(ColumnsBack.WIDTH, run.width(x))
                .set(ColumnsBack.SCALES, scales).set(ColumnsBack.OUT, run.at(o.out())).add();
    }

    private void swigluGate(Derivative.SwiGluGate o) {
        run.launch(o, Kernel.SWIGLU_GATE_BACK).set(SwiGluGateBack.DY, run.at(o.dy()))
                .set(SwiGluGateBack.GATE, run.at(o.gate())).set(SwiGluGateBack.UP, run.at(o.up()))
                .set(SwiGluGateBack.ELEMENTS, run.count(o.out())).set(SwiGluGateBack.OUT, run.at(o.out())).add();
    }

    private void swigluUp(Derivative.SwiGluUp o) {
        run.launch(o, Kernel.SWIGLU_UP_BACK).set(SwiGluUpBack.DY, run.at(o.dy()))
                .set(SwiGluUpBack.GATE, run.at(o.gate())).set(SwiGluUpBack.ELEMENTS, run.count(o.out()))
                .set(SwiGluUpBack.OUT, run.at(o.out())).add();
    }

    // ---- selections, and sums

    private void clear(Operation o, Value value) {
        run.launch(o, Kernel.CLEAR).set(Clear.OUT, run.at(value)).set(Clear.ELEMENTS, run.count(value)).add();
    }

    private void scatter(Derivative.Scatter o) {
        Regions regions = frame.regions(o.out(), o.selection());
        long[] from = IntStream.range(0, regions.offsets().length).mapToLong(i -> i * regions.length()).toArray();
        sums(o, run.at(o.dy()), regions.offsets(), from, (int) regions.length(), 1, -1, o.out());
    }

    private void source(Derivative.SourceInput o) {
        Regions regions = frame.regions(o.dy(), o.selection(), o.out()).once();
        sums(o, run.at(o.dy()), regions.sources(), regions.offsets(), (int) regions.length(), o.times(), -1, o.out());
    }

    private void dotFirst(Derivative.DotFirst o) {
        Regions pairs = frame.vectors(o.out(), o.y());
        run.launch(o, Kernel.ROWS_BACK).set(RowsBack.COEFFICIENTS, run.at(o.dy()))
                .set(RowsBack.PAIRS, pairs.offsets().length).set(RowsBack.WIDTH, run.width(o.out()))
                .set(RowsBack.OUT_OFFSETS, run.list(pairs.offsets())).set(RowsBack.Y, run.at(o.y()))
                .set(RowsBack.Y_OFFSETS, run.list(pairs.sources())).set(RowsBack.OUT, run.at(o.out())).add();
    }

    /**
     * Writes out = 0, then out[target] = factor · Σ coefficient · x over the runs of x that go to the target.
     *
     * @param targets      of each run, where its target begins in out
     * @param runs         of each run, where it begins in x
     * @param coefficients the address of each run's coefficient, or -1 where all are one
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
        long[] targetOffsets = byTarget.keySet().stream().mapToLong(Long::longValue).toArray();
        run.launch(o, Kernel.RUNS_BACK).set(RunsBack.X, x).set(RunsBack.TARGETS, run.list(targetOffsets))
                .set(RunsBack.COUNT, n).set(RunsBack.LENGTH, length).set(RunsBack.OUT, run.at(out))
                .set(RunsBack.STARTS, run.tape().list(starts)).set(RunsBack.RUNS, run.tape().list(places))
                .set(RunsBack.FACTOR, run.number(factor)).set(RunsBack.COEFFICIENTS, coefficients)
                .set(RunsBack.ORDER, run.tape().list(order)).add();
    }
}
