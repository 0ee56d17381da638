package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.cpu.attention.AttentionGradient;
import org.tornadolens.backend.cpu.attention.FusedAttentionGradient;
import org.tornadolens.backend.cpu.pointwise.Bias;
import org.tornadolens.backend.cpu.pointwise.MetricGradient;
import org.tornadolens.backend.cpu.pointwise.NormGradient;
import org.tornadolens.backend.cpu.pointwise.SelectionGradient;
import org.tornadolens.backend.cpu.pointwise.SwiGluGradient;
import org.tornadolens.backend.cpu.product.GradientProduct;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Weight;

/** The kernels of the backward pass, operation by operation. */
final class CpuDerivatives {

    private static final long FLOAT = Float.BYTES;

    private CpuDerivatives() {}

    static void run(Derivative operation, CpuFrame in, MemorySegment out) {
        switch (operation) {
            case Derivative.LinearInput o -> {
                Weight w = in.weight(o.weight());
                GradientProduct.throughWeight(in.segment(o.dy()), w.rows(), rows(in, o.dy(), w.rows()), w, 0, w.rows(),
                        0, w.columns(), out, w.columns());
            }
            case Derivative.LinearWeight o -> {
                int rows = in.size(o.out(), 0), columns = in.size(o.out(), 1);
                GradientProduct.ofWeight(in.segment(o.dy()), rows, in.segment(o.x()), columns, rows(in, o.x(), columns),
                        rows, columns, out, columns);
            }
            case Derivative.LinearPerHeadInput o -> linearPerHeadInput(o, in, out);
            case Derivative.LinearPerHeadWeight o -> linearPerHeadWeight(o, in, out);
            case Derivative.HeadResultInput o -> headResultInput(o, in, out);
            case Derivative.HeadResultWeight o -> headResultWeight(o, in, out);
            case Derivative.EmbedTable o ->
                    SelectionGradient.embed(in.segment(o.dy()), in.frame().tokens(), in.width(o.dy()), out);
            case Derivative.NormScaleInput o -> NormGradient.scaleInput(in.segment(o.x()), in.segment(o.scale()),
                    in.segment(o.dy()), in.rowsOf(o.x()), in.width(o.x()), out);
            case Derivative.NormalizeScale o -> NormGradient.normalizeScale(in.segment(o.dy()), in.segment(o.x()),
                    in.segment(o.scale()), in.rowsOf(o.x()), in.width(o.x()), out);
            case Derivative.GainWeight o ->
                    NormGradient.gain(in.segment(o.dy()), in.segment(o.x()), in.rowsOf(o.x()), in.width(o.x()), out);
            case Derivative.RmsNormInput o -> NormGradient.rmsInput(in.segment(o.dy()), in.segment(o.x()),
                    in.weight(o.gain()), (float) o.eps(), in.rowsOf(o.x()), in.width(o.x()), out);
            case Derivative.RmsNormGain o -> NormGradient.rmsGain(in.segment(o.dy()), in.segment(o.x()),
                    (float) o.eps(), in.rowsOf(o.x()), in.width(o.x()), out);
            case Derivative.RotateInput o -> in.rotate(o.dy(), o.rotary(), true, out);
            case Derivative.BiasWeight o -> {
                int columns = in.size(o.out(), 1);
                Bias.weight(in.segment(o.dy()), rows(in, o.dy(), columns), columns, out);
            }
            case Derivative.ScoresQueries o ->
                    AttentionGradient.queries(in.segment(o.dy()), in.segment(o.k()),
                            in.attention(o.out(), o.k(), o.window()), out);
            case Derivative.ScoresKeys o ->
                    AttentionGradient.keys(in.segment(o.dy()), in.segment(o.q()),
                            in.attention(o.q(), o.out(), o.window()), out);
            case Derivative.SoftmaxInput o -> AttentionGradient.softmax(in.segment(o.dy()), in.segment(o.pattern()),
                    in.rowsOf(o.out()), in.width(o.out()), out);
            case Derivative.MixPattern o ->
                    AttentionGradient.pattern(in.segment(o.dy()), in.segment(o.v()), in.attention(o.dy(), o.v()), out);
            case Derivative.MixValues o -> AttentionGradient.values(in.segment(o.pattern()), in.segment(o.dy()),
                    in.attention(o.dy(), o.out()), out);
            case Derivative.AttendInputs o ->
                    FusedAttentionGradient.inputs(in.segment(o.dy()), in.segment(o.q()), in.segment(o.k()),
                            in.segment(o.v()), in.attention(o.q(), o.k(), o.window()), out);
            case Derivative.SwiGluGate o -> SwiGluGradient.gate(in.segment(o.dy()), in.segment(o.gate()),
                    in.segment(o.up()), in.elements(o.out()), out);
            case Derivative.SwiGluUp o ->
                    SwiGluGradient.up(in.segment(o.dy()), in.segment(o.gate()), in.elements(o.out()), out);
            case Derivative.Scatter o ->
                    SelectionGradient.scatter(in.segment(o.dy()), in.frame().regions(o.out(), o.selection()), out);
            case Derivative.PointwiseInput o -> {
                Regions changed = in.frame().regions(o.x(), o.selection()).once();
                SelectionGradient.pointwise(in.segment(o.dy()), in.segment(o.x()), changed, o.rule(), out);
            }
            case Derivative.SourceInput o -> SelectionGradient.source(in.segment(o.dy()),
                    in.frame().regions(o.dy(), o.selection(), o.out()).once(), (float) o.times(), out);
            case Derivative.NextTokenLossInput o -> MetricGradient.nextTokenLoss(in.segment(o.logits()),
                    in.segment(o.dy()), in.frame().nextTokens(o.logits(), o.at()), in.width(o.logits()), out);
            case Derivative.DotFirst o -> MetricGradient.dotFirst(in.segment(o.dy()), in.segment(o.y()),
                    in.frame().vectors(o.out(), o.y()), in.width(o.out()), out);
            case Derivative.DotSecond o -> MetricGradient.dotSecond(in.segment(o.dy()), in.segment(o.x()),
                    in.frame().vectors(o.x(), o.out()), in.width(o.x()), out);
            case Derivative.LogProbabilityInput o ->
                    MetricGradient.logProbability(in.segment(o.logits()), in.segment(o.dy()), o.tokens(),
                            in.rowsOf(o.logits()), in.size(o.logits(), 1), in.width(o.logits()), out);
            case Derivative.KlDivergenceInput o ->
                    MetricGradient.kl(in.segment(o.logits()), in.segment(o.dy()), in.segment(o.reference()),
                            in.frame().vectors(o.logits(), o.reference()), in.width(o.logits()), out);
            case Derivative.MeanPositionsInput o -> MetricGradient.meanPositions(in.segment(o.x()), in.segment(o.dy()),
                    in.size(o.x(), 0), in.width(o.x()), out);
        }
    }

    /** The rows of a value whose trailing axes are flattened to this many columns. */
    private static int rows(CpuFrame in, Value value, int columns) {
        return (int) (in.elements(value) / columns);
    }

    private static void linearPerHeadInput(Derivative.LinearPerHeadInput o, CpuFrame in, MemorySegment out) {
        Weight w = in.weight(o.weight());
        int heads = in.size(o.dy(), o.dy().headAxis()), d = w.columns(), dHead = w.rows() / heads,
                m = rows(in, o.dy(), w.rows());
        for (int head = 0; head < heads; head++) {
            GradientProduct.throughWeight(in.segment(o.dy()).asSlice(head * dHead * FLOAT), w.rows(), m, w,
                    head * dHead, dHead, 0, d, out.asSlice(head * d * FLOAT), (long) heads * d);
        }
    }

    private static void linearPerHeadWeight(Derivative.LinearPerHeadWeight o, CpuFrame in, MemorySegment out) {
        int rows = in.size(o.out(), 0), d = in.size(o.out(), 1), heads = in.size(o.x(), o.x().headAxis()),
                dHead = rows / heads, m = rows(in, o.dy(), rows);
        for (int head = 0; head < heads; head++) {
            GradientProduct.ofWeight(in.segment(o.dy()).asSlice(head * dHead * FLOAT), rows,
                    in.segment(o.x()).asSlice(head * d * FLOAT), (long) heads * d, m, dHead, d,
                    out.asSlice((long) head * dHead * d * FLOAT), d);
        }
    }

    private static void headResultInput(Derivative.HeadResultInput o, CpuFrame in, MemorySegment out) {
        Weight w = in.weight(o.weight());
        int d = w.rows(), columns = w.columns(), dHead = in.width(o.out()), n = o.heads().size(),
                m = rows(in, o.out(), columns);
        out.fill((byte) 0);
        for (int i = 0; i < n; i++) {
            int column = o.heads().get(i) * dHead;
            GradientProduct.throughWeight(in.segment(o.dy()).asSlice(i * d * FLOAT), (long) n * d, m, w, 0, d, column,
                    dHead, out.asSlice(column * FLOAT), columns);
        }
    }

    private static void headResultWeight(Derivative.HeadResultWeight o, CpuFrame in, MemorySegment out) {
        int d = in.size(o.out(), 0), columns = in.size(o.out(), 1), dHead = in.width(o.z()), n = o.heads().size(),
                m = rows(in, o.z(), columns);
        out.fill((byte) 0);
        for (int i = 0; i < n; i++) {
            int column = o.heads().get(i) * dHead;
            GradientProduct.ofWeight(in.segment(o.dy()).asSlice(i * d * FLOAT), (long) n * d,
                    in.segment(o.z()).asSlice(column * FLOAT), columns, m, d, dHead,
                    out.asSlice(column * FLOAT), columns);
        }
    }
}
