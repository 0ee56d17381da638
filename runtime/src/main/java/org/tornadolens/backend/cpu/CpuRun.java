package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.Interruption;
import org.tornadolens.backend.HostFloats;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.backend.cpu.attention.Attention;
import org.tornadolens.backend.cpu.attention.AttentionSizes;
import org.tornadolens.backend.cpu.attention.FusedAttention;
import org.tornadolens.backend.cpu.attention.RotaryTable;
import org.tornadolens.backend.cpu.attention.Rotation;
import org.tornadolens.backend.cpu.memory.Activations;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.pointwise.Bias;
import org.tornadolens.backend.cpu.pointwise.Elementwise;
import org.tornadolens.backend.cpu.pointwise.Interventions;
import org.tornadolens.backend.cpu.pointwise.Metrics;
import org.tornadolens.backend.cpu.pointwise.Norm;
import org.tornadolens.backend.cpu.pointwise.RowReductions;
import org.tornadolens.backend.cpu.product.MatrixProduct;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/** One run of a program: each operation is one kernel, neighbouring products of one value together. */
final class CpuRun implements CpuFrame {

    private static final long FLOAT = Float.BYTES;
    private static final Selection LAST = Selection.ofPositions(Optional.of(List.of(-1)));

    private final RunFrame frame;
    private final List<List<Operation>> steps;
    private final Weights weights;
    private final ValuePlacement placement;
    private final Map<Value, MemorySegment> planned;
    private final Map<Value, Tensor> kept;
    private final Optional<CpuPast> past;
    private final Map<Value, MemorySegment> elsewhere = new HashMap<>();   // values that are kept, in the past, or lent

    CpuRun(RunFrame frame, List<List<Operation>> steps, Weights weights, ValuePlacement placement,
            MemorySegment workspace, Map<Value, Tensor> kept) {
        this.frame = frame;
        this.steps = steps;
        this.weights = weights;
        this.placement = placement;
        this.planned = placement.in(workspace);
        this.kept = kept;
        this.past = frame.past(CpuPast.class);
    }

    void run() {
        for (List<Operation> step : steps) {
            Interruption.check();
            if (step.size() == 1) run(step.getFirst());
            else linear(step);
        }
        frame.end();
    }

    private void run(Operation operation) {
        MemorySegment out = segment(operation.out());
        switch (operation) {
            case Operation.Embed o -> Elementwise.embed(frame.tokens(), weight(o.table()), activations(o.out()));
            case Operation.Given o -> give(frame.given(o.out()).data(), out);
            case Operation.Lent o -> lend(o);
            case Operation.NormScale o ->
                    Norm.scale(segment(o.x()), rowsOf(o.x()), width(o.x()), (float) o.eps(), out);
            case Operation.Normalize o ->
                    Norm.normalize(segment(o.x()), segment(o.scale()), rowsOf(o.x()), width(o.x()), out);
            case Operation.Gain o -> Norm.gain(segment(o.x()), weight(o.gain()), rowsOf(o.x()), width(o.x()), out);
            case Operation.RmsNorm o -> rmsNorm(o);
            case Operation.Linear o -> linear(List.of(o));
            case Operation.LinearPerHead o -> linearPerHead(o, out);
            case Operation.HeadResult o -> headResult(o, out);
            case Operation.Bias o ->
                    Bias.add(activations(o.x()), weight(o.bias()), frame.tokenRows(o.x()), activations(o.out()));
            case Operation.Rotate o -> rotate(o.x(), o.rotary(), false, out);
            case Operation.Extend o -> extend(o);
            case Operation.Scores o ->
                    Attention.scores(segment(o.q()), segment(o.k()), attention(o.q(), o.k(), o.window()), out);
            case Operation.Softmax o ->
                    RowReductions.softmax(segment(o.scores()), rowsOf(o.scores()), width(o.scores()), out);
            case Operation.Mix o ->
                    Attention.mix(segment(o.pattern()), segment(o.v()), attention(o.out(), o.v()), out);
            case Operation.Attend o ->
                    FusedAttention.attend(activations(o.q()), activations(o.k()), activations(o.v()),
                            attention(o.q(), o.k(), o.window()), activations(o.out()));
            case Operation.Sum o -> Elementwise.add(segment(o.a()), segment(o.b()), out.byteSize() / FLOAT, out);
            case Operation.SwiGlu o ->
                    Elementwise.swiglu(segment(o.gate()), segment(o.up()), out.byteSize() / FLOAT, out);
            case Operation.Copy o -> copy(segment(o.x()), out);
            case Operation.Repeat o -> repeat(o, out);
            case Operation.SumHeads o -> sumHeads(o, out);
            case Operation.Gather o -> gather(o, out);
            case Operation.Zero o -> Interventions.zero(changing(o.x(), o.selection(), out), out);
            case Operation.Pointwise o ->
                    Interventions.change(changing(o.x(), o.selection(), out), o.rule(), out);
            case Operation.Replace o -> Interventions.replace(changing(o.x(), o.selection(), o.source(), out),
                    segment(o.source()), out);
            case Operation.Shift o -> Interventions.shift(changing(o.x(), o.selection(), o.source(), out),
                    segment(o.source()), (float) o.times(), out);
            case Operation.Subspace o -> Interventions.project(changing(o.x(), o.selection(), out),
                    segment(o.basis()), size(o.basis(), 0), width(o.x()), o.keep(), out);
            case Operation.HostCall o -> hostCall(o, out);
            case Operation.NextTokenLoss o -> nextTokenLoss(o, out);
            case Operation.Dot o ->
                    Metrics.dot(segment(o.x()), segment(o.y()), frame.vectors(o.x(), o.y()), width(o.x()), out);
            case Operation.LogProbability o -> Metrics.logProbability(segment(o.logits()), o.tokens(),
                    frame.batch(), size(o.logits(), 1), width(o.logits()), out);
            case Operation.Rank o -> Metrics.rank(segment(o.logits()), o.tokens(), frame.batch(),
                    size(o.logits(), 1), width(o.logits()), out);
            case Operation.KlDivergence o -> Metrics.kl(segment(o.logits()), segment(o.reference()),
                    frame.vectors(o.logits(), o.reference()), width(o.logits()), out);
            case Operation.MeanPositions o ->
                    Metrics.meanPositions(segment(o.x()), frame.batch(), width(o.x()), out);
            case Operation.ArgMax o ->
                    Metrics.argMax(segment(o.logits()), rowsOf(o.logits()), width(o.logits()), out);
            case Derivative o -> CpuDerivatives.run(o, this, out);
        }
    }

    // ---- values and weights

    @Override public MemorySegment segment(Value value) {
        MemorySegment segment = planned.get(value);
        return segment != null ? segment : elsewhere.computeIfAbsent(value,
                v -> kept.containsKey(v) ? kept.get(v).data() : MemorySegment.NULL);
    }

    private boolean inPanels(Value value) { return placement.inPanels(value); }

    private Activations activations(Value value) { return new Activations(segment(value), inPanels(value)); }

    @Override public Weight weight(Parameter parameter) { return weights.get(parameter.name()); }

    @Override public RunFrame frame() { return frame; }

    @Override public AttentionSizes attention(Value queries, Value keys, OptionalInt window) {
        return new AttentionSizes(frame.batch(), frame.pos(), frame.sizes().key(), frame.size(queries, "head"),
                frame.size(keys, "kvHead"), frame.width(keys), frame.keyStride(keys), frame.padding(),
                window.orElse(AttentionSizes.NO_WINDOW));
    }

    // ---- operations that are more than one kernel call

    /** Normalizes each vector of a position; all of them lie in one row of the matrix of activations. */
    private void rmsNorm(Operation.RmsNorm o) {
        int rows = frame.tokenRows(o.x()), vectors = rowsOf(o.x()) / rows;
        Norm.rms(activations(o.x()), weight(o.gain()), (float) o.eps(), rows, vectors, width(o.x()),
                activations(o.out()));
    }

    /** Computes products of one value with several weights as one. */
    private void linear(List<Operation> projections) {
        List<Weight> together = projections.stream().map(o -> weight(((Operation.Linear) o).weight())).toList();
        List<Activations> outs = projections.stream().map(o -> activations(o.out())).toList();
        Value x = projections.getFirst().inputs().getFirst();
        MatrixProduct.multiply(activations(x), (int) (elements(x) / together.getFirst().columns()), together, outs);
    }

    private void linearPerHead(Operation.LinearPerHead o, MemorySegment out) {
        Weight w = weight(o.weight());
        int heads = size(o.x(), o.x().headAxis()), d = w.columns(), dHead = w.rows() / heads;
        for (int head = 0; head < heads; head++) {
            MatrixProduct.multiply(segment(o.x()).asSlice(head * d * FLOAT), (long) heads * d,
                    frame.tokenRows(o.x()), w, head * dHead, dHead, 0, d,
                    out.asSlice(head * dHead * FLOAT), (long) heads * dHead);
        }
    }

    private void headResult(Operation.HeadResult o, MemorySegment out) {
        Weight w = weight(o.weight());
        int d = w.rows(), dHead = width(o.z()), n = o.heads().size();
        for (int i = 0; i < n; i++) {
            int column = o.heads().get(i) * dHead;
            MatrixProduct.multiply(segment(o.z()).asSlice(column * FLOAT), w.columns(), frame.tokenRows(o.z()), w,
                    0, d, column, dHead, out.asSlice(i * d * FLOAT), (long) n * d);
        }
    }

    @Override public void rotate(Value x, Rotary rotary, boolean back, MemorySegment out) {
        RotaryTable table = RotaryTable.of(rotary, frame.beginPosition(), frame.endPosition());
        MemorySegment sin = back ? table.minusSin() : table.sin();
        Rotation.rotate(segment(x), frame.batch(), frame.pos(), size(x, x.headAxis()), width(x),
                frame.firstPosition(table.first()), table.cos(), sin, inPanels(x), out);
    }

    private void extend(Operation.Extend o) {
        MemorySegment x = segment(o.x());
        if (past.isEmpty()) {
            elsewhere.put(o.out(), x);
            return;
        }
        MemorySegment all = past.get().of(o.slot());
        long row = x.byteSize() / frame.batch(), before = row / frame.pos() * frame.sizes().past();
        long stride = frame.keyStride(o.out()) * FLOAT;
        for (int b = 0; b < frame.batch(); b++) MemorySegment.copy(x, b * row, all, b * stride + before, row);
        elsewhere.put(o.out(), all);
    }

    /** Copies given data, which is repeated where it has fewer rows than the run. */
    private void give(MemorySegment given, MemorySegment out) {
        for (long at = 0; at < out.byteSize(); at += given.byteSize())
            MemorySegment.copy(given, 0, out, at, given.byteSize());
    }

    private void lend(Operation.Lent o) {
        MemorySegment lent = frame.given(o.out()).data();
        if (kept.containsKey(o.out())) give(lent, segment(o.out()));
        else elsewhere.put(o.out(), lent);
    }

    private void copy(MemorySegment x, MemorySegment out) {
        if (x.address() != out.address()) MemorySegment.copy(x, 0, out, 0, out.byteSize());
    }

    private void repeat(Operation.Repeat o, MemorySegment out) {
        MemorySegment x = segment(o.x());
        long bytes = width(o.x()) * FLOAT;
        int heads = size(o.out(), o.out().headAxis());
        for (long row = 0; row < frame.tokenRows(o.x()); row++) {
            for (int head = 0; head < heads; head++)
                MemorySegment.copy(x, row * bytes, out, (row * heads + head) * bytes, bytes);
        }
    }

    private void sumHeads(Operation.SumHeads o, MemorySegment out) {
        MemorySegment x = segment(o.x());
        int d = width(o.x()), heads = size(o.x(), o.x().headAxis());
        for (long row = 0; row < frame.tokenRows(o.x()); row++) {
            MemorySegment sum = out.asSlice(row * d * FLOAT, d * FLOAT);
            MemorySegment.copy(x, row * heads * d * FLOAT, sum, 0, d * FLOAT);
            for (int head = 1; head < heads; head++)
                Elementwise.add(sum, x.asSlice((row * heads + head) * d * FLOAT, d * FLOAT), d, sum);
        }
    }

    private void gather(Operation.Gather o, MemorySegment out) {
        MemorySegment x = segment(o.x());
        if (inPanels(o.x())) gatherFromPanels(x, frame.regions(o.x(), o.selection()), out);
        // one token of generation
        else if (o.selection().equals(LAST) && size(o.x(), o.x().positionAxis()) == 1) copy(x, out);
        else gather(x, frame.regions(o.x(), o.selection()), out);
    }

    /** Gathers whole rows from panels. */
    private void gatherFromPanels(MemorySegment x, Regions regions, MemorySegment out) {
        int columns = Math.toIntExact(regions.length());
        for (int i = 0; i < regions.offsets().length; i++) {
            Panels.unpack(x.address(), columns, Math.toIntExact(regions.offsets()[i] / columns),
                    out.asSlice(i * columns * FLOAT, columns * FLOAT).address());
        }
    }

    private void gather(MemorySegment x, Regions regions, MemorySegment out) {
        long bytes = regions.length() * FLOAT;
        Threads.range(regions.offsets().length, (int) Math.clamp(64 * 1024 / Math.max(1, bytes), 1, 64 * 1024),
                (from, to) -> {
                    for (int i = from; i < to; i++)
                        MemorySegment.copy(x, regions.offsets()[i] * FLOAT, out, i * bytes, bytes);
                });
    }

    /** Copies x to {@code out} and returns the regions that an intervention changes. */
    private Regions changing(Value x, Selection selection, MemorySegment out) {
        copy(segment(x), out);
        return frame.regions(x, selection).once();
    }

    private Regions changing(Value x, Selection selection, Value source, MemorySegment out) {
        copy(segment(x), out);
        return frame.regions(x, selection, source).once();
    }

    private void hostCall(Operation.HostCall o, MemorySegment out) {
        copy(segment(o.x()), out);
        frame.call(o, new HostFloats() {
            @Override public void read(Regions regions, MemorySegment to) { gather(out, regions, to); }

            @Override public void write(Regions regions, MemorySegment from) {
                long bytes = regions.length() * FLOAT, at = 0;
                for (long offset : regions.offsets()) {
                    MemorySegment.copy(from, at, out, offset * FLOAT, bytes);
                    at += bytes;
                }
            }
        });
    }

    private void nextTokenLoss(Operation.NextTokenLoss o, MemorySegment out) {
        int vocabulary = width(o.logits());
        MemorySegment logits = segment(o.logits());
        int[] next = frame.nextTokens(o.logits(), o.at());
        RowReductions.logProbability(logits, next.length, vocabulary,
                Arrays.stream(next).map(t -> Math.max(t, 0)).toArray(), out);
        for (int i = 0; i < next.length; i++) {
            out.setAtIndex(ValueLayout.JAVA_FLOAT, i,
                    next[i] < 0 ? Float.NaN : -out.getAtIndex(ValueLayout.JAVA_FLOAT, i));
        }
    }
}
