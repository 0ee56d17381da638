package org.tornadolens.backend.cpu;

import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import org.tornadolens.backend.cpu.attention.Attention;
import org.tornadolens.backend.cpu.attention.AttentionSizes;
import org.tornadolens.backend.cpu.attention.FusedAttention;
import org.tornadolens.backend.cpu.attention.FusedAttentionGradient;
import org.tornadolens.backend.cpu.attention.Rotation;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.pointwise.Bias;
import org.tornadolens.backend.cpu.pointwise.Elementwise;
import org.tornadolens.backend.cpu.pointwise.Norm;
import org.tornadolens.backend.cpu.pointwise.NormGradient;
import org.tornadolens.backend.cpu.product.GradientProduct;
import org.tornadolens.backend.cpu.product.MatrixProduct;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/** The scratch memory that a program's kernels work in: every kernel describes its own. */
final class CpuScratch {

    private final Weights weights;
    private final Sizes sizes;
    private final Set<Value> inPanels;

    CpuScratch(Weights weights, Sizes sizes, Set<Value> inPanels) {
        this.weights = weights;
        this.sizes = sizes;
        this.inPanels = inPanels;
    }

    /** Describes what steps work in; several products of one value are one step. */
    Need of(List<List<Operation>> steps) {
        Need need = Need.NONE;
        for (List<Operation> step : steps) need = need.and(step.size() == 1 ? of(step.getFirst()) : products(step));
        return need;
    }

    private Need of(Operation operation) {
        return switch (operation) {
            case Operation.Embed o -> Elementwise.scratchOfEmbedding(weight(o.table()), inPanels.contains(o.out()));
            case Operation.Gain o -> Norm.scratchOfGain(weight(o.gain()));
            case Operation.RmsNorm o ->
                    Norm.scratchOfRms(weight(o.gain()), inPanels.contains(o.x()), inPanels.contains(o.out()));
            case Operation.Linear _ -> products(List.of(operation));
            case Operation.LinearPerHead o -> headProducts(o);
            case Operation.HeadResult o -> headResults(o);
            case Operation.Bias o -> Bias.scratch(weight(o.bias()));
            case Operation.Rotate o -> Rotation.scratch(width(o.x()), inPanels.contains(o.x()));
            case Operation.Scores o -> Attention.scratchOfScores(attention(o.q(), o.k(), o.window()));
            case Operation.Mix o -> Attention.scratchOfMix(attention(o.out(), o.v(), OptionalInt.empty()));
            case Operation.Attend o -> FusedAttention.scratch(attention(o.q(), o.k(), o.window()));
            // @formatter:off
            case Operation.Supplied _, Operation.NormScale _, Operation.Normalize _, Operation.Extend _,
                    Operation.Softmax _, Operation.Sum _, Operation.SwiGlu _, Operation.Copy _, Operation.Repeat _,
                    Operation.SumHeads _, Operation.Gather _, Operation.SelectiveChange _, Operation.HostCall _,
                    Operation.NextTokenLoss _, Operation.Dot _, Operation.LogProbability _, Operation.Rank _,
                    Operation.KlDivergence _, Operation.MeanPositions _, Operation.ArgMax _ -> Need.NONE;
            // @formatter:on
            case Derivative o -> of(o);
        };
    }

    private Need of(Derivative operation) {
        return switch (operation) {
            case Derivative.LinearInput o -> {
                Weight w = weight(o.weight());
                yield GradientProduct.scratchThroughWeight(rows(o.dy(), w.rows()), w, w.rows(), 0, w.columns());
            }
            case Derivative.LinearWeight o -> {
                int rows = size(o.out(), 0), columns = size(o.out(), 1);
                yield GradientProduct.scratchOfWeight(rows(o.x(), columns), rows, columns);
            }
            case Derivative.LinearPerHeadInput o -> {
                Weight w = weight(o.weight());
                yield GradientProduct.scratchThroughWeight(rows(o.dy(), w.rows()), w,
                        w.rows() / size(o.dy(), o.dy().headAxis()), 0, w.columns());
            }
            case Derivative.LinearPerHeadWeight o -> {
                int rows = size(o.out(), 0);
                yield GradientProduct.scratchOfWeight(rows(o.dy(), rows), rows / size(o.x(), o.x().headAxis()),
                        size(o.out(), 1));
            }
            case Derivative.HeadResultInput o -> {
                Weight w = weight(o.weight());
                Need need = Need.NONE;
                for (int head : o.heads())
                    need = need.and(GradientProduct.scratchThroughWeight(rows(o.out(), w.columns()), w, w.rows(),
                            head * width(o.out()), width(o.out())));
                yield need;
            }
            case Derivative.HeadResultWeight o ->
                    GradientProduct.scratchOfWeight(rows(o.z(), size(o.out(), 1)), size(o.out(), 0), width(o.z()));
            case Derivative.GainWeight o -> NormGradient.scratchOfGain(rowsOf(o.x()));
            case Derivative.RmsNormInput o -> NormGradient.scratchOfRmsInput(weight(o.gain()));
            case Derivative.RmsNormGain o -> NormGradient.scratchOfGain(rowsOf(o.x()));
            case Derivative.RotateInput o -> Rotation.scratch(width(o.dy()), inPanels.contains(o.dy()));
            case Derivative.AttendInputs o -> FusedAttentionGradient.scratch(attention(o.q(), o.k(), o.window()));
            // @formatter:off
            case Derivative.EmbedTable _, Derivative.NormScaleInput _, Derivative.NormalizeScale _,
                    Derivative.BiasWeight _, Derivative.ScoresQueries _, Derivative.ScoresKeys _,
                    Derivative.SoftmaxInput _, Derivative.MixPattern _, Derivative.MixValues _,
                    Derivative.SwiGluGate _, Derivative.SwiGluUp _, Derivative.Scatter _, Derivative.PointwiseInput _,
                    Derivative.SourceInput _, Derivative.NextTokenLossInput _, Derivative.DotFirst _,
                    Derivative.DotSecond _, Derivative.LogProbabilityInput _, Derivative.KlDivergenceInput _,
                    Derivative.MeanPositionsInput _ -> Need.NONE;
            // @formatter:on
        };
    }

    private Need products(List<Operation> step) {
        Value x = step.getFirst().inputs().getFirst();
        List<Weight> together = step.stream().map(o -> weight(((Operation.Linear) o).weight())).toList();
        return MatrixProduct.scratch(inPanels.contains(x), rows(x, together.getFirst().columns()), together,
                step.stream().map(o -> inPanels.contains(o.out())).toList());
    }

    private Need headProducts(Operation.LinearPerHead o) {
        Weight w = weight(o.weight());
        int dHead = w.rows() / size(o.x(), o.x().headAxis());
        return MatrixProduct.scratch(tokenRows(o.x()), w, 0, dHead, 0, w.columns());
    }

    private Need headResults(Operation.HeadResult o) {
        Weight w = weight(o.weight());
        Need need = Need.NONE;
        for (int head : o.heads())
            need = need.and(MatrixProduct.scratch(tokenRows(o.z()), w, 0, w.rows(), head * width(o.z()), width(o.z())));
        return need;
    }

    /** The sizes of attention as far as scratch depends on them, which is not on the past. */
    private AttentionSizes attention(Value queries, Value keys, OptionalInt window) {
        int batch = size(queries, 0), pos = size(queries, 1), heads = size(queries, 2), kvHeads = size(keys, 2);
        return new AttentionSizes(batch, pos, pos, heads, kvHeads, width(keys), (long) pos * kvHeads * width(keys),
                new int[batch], window.orElse(AttentionSizes.NO_WINDOW));
    }

    private Weight weight(Parameter parameter) { return weights.get(parameter.name()); }

    private int size(Value value, int axis) { return value.dimensions().get(axis).size().bind(sizes); }

    private int width(Value value) { return size(value, value.dimensions().size() - 1); }

    private int tokenRows(Value value) { return size(value, 0) * size(value, 1); }

    private int rowsOf(Value value) { return rows(value, width(value)); }

    /** The rows of a value whose trailing axes are flattened to this many columns. */
    private int rows(Value value, int columns) {
        return (int) (value.elements(sizes) / columns);
    }
}
