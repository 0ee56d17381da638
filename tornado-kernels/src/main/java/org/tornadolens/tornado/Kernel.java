package org.tornadolens.tornado;

import java.util.Collections;
import java.util.List;
import org.tornadolens.tornado.kernels.Attention;
import org.tornadolens.tornado.kernels.AttentionGradient;
import org.tornadolens.tornado.kernels.AttentionLanes;
import org.tornadolens.tornado.kernels.Elementwise;
import org.tornadolens.tornado.kernels.ElementwiseLanes;
import org.tornadolens.tornado.kernels.Embedding;
import org.tornadolens.tornado.kernels.EmbeddingGroupsBF16;
import org.tornadolens.tornado.kernels.EmbeddingGroupsF16;
import org.tornadolens.tornado.kernels.EmbeddingGroupsF32;
import org.tornadolens.tornado.kernels.EmbeddingGroupsQ4_0;
import org.tornadolens.tornado.kernels.EmbeddingGroupsQ4_K;
import org.tornadolens.tornado.kernels.EmbeddingGroupsQ6_K;
import org.tornadolens.tornado.kernels.EmbeddingGroupsQ8_0;
import org.tornadolens.tornado.kernels.EmbeddingLanesF32;
import org.tornadolens.tornado.kernels.EmbeddingLanesQ4_0;
import org.tornadolens.tornado.kernels.EmbeddingLanesQ4_K;
import org.tornadolens.tornado.kernels.EmbeddingLanesQ6_K;
import org.tornadolens.tornado.kernels.EmbeddingLanesQ8_0;
import org.tornadolens.tornado.kernels.FusedAttention;
import org.tornadolens.tornado.kernels.FusedAttentionBlocks;
import org.tornadolens.tornado.kernels.FusedAttentionLanes;
import org.tornadolens.tornado.kernels.MatrixProductLanes;
import org.tornadolens.tornado.kernels.MatrixProductTiles;
import org.tornadolens.tornado.kernels.MatrixVector;
import org.tornadolens.tornado.kernels.MatrixVectorGroupsBF16;
import org.tornadolens.tornado.kernels.MatrixVectorGroupsF16;
import org.tornadolens.tornado.kernels.MatrixVectorGroupsF32;
import org.tornadolens.tornado.kernels.MatrixVectorGroupsQ4_0;
import org.tornadolens.tornado.kernels.MatrixVectorGroupsQ4_K;
import org.tornadolens.tornado.kernels.MatrixVectorGroupsQ6_K;
import org.tornadolens.tornado.kernels.MatrixVectorGroupsQ8_0;
import org.tornadolens.tornado.kernels.MatrixVectorLanesF32;
import org.tornadolens.tornado.kernels.MatrixVectorLanesQ4_0;
import org.tornadolens.tornado.kernels.MatrixVectorLanesQ4_K;
import org.tornadolens.tornado.kernels.MatrixVectorLanesQ6_K;
import org.tornadolens.tornado.kernels.MatrixVectorLanesQ8_0;
import org.tornadolens.tornado.kernels.MetricGradient;
import org.tornadolens.tornado.kernels.Metrics;
import org.tornadolens.tornado.kernels.MetricsLanes;
import org.tornadolens.tornado.kernels.Normalization;
import org.tornadolens.tornado.kernels.ProductGradient;
import org.tornadolens.tornado.kernels.Regions;
import org.tornadolens.tornado.kernels.RegionsLanes;
import org.tornadolens.tornado.kernels.Rotation;
import org.tornadolens.tornado.kernels.RowGradient;
import org.tornadolens.tornado.kernels.RowLanes;
import org.tornadolens.tornado.kernels.Softmax;
import org.tornadolens.tornado.kernels.Subspace;
import org.tornadolens.tornado.kernels.SumGradient;
import org.tornadolens.tornado.kernels.TokenAttention;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task5;
import uk.ac.manchester.tornado.api.common.TornadoFunctions.Task6;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Every kernel that a run is made of, a row each: its code for GPUs and, where devices that are CPUs have code of their
 * own, that too, with the same arguments. An interface beside the code names the arguments.
 */
enum Kernel {
    EMBED_F32(Embedding.EmbeddedRows.class, floats(EmbeddingGroupsF32::rows), floats(EmbeddingLanesF32::rows)),
    EMBED_F16(Embedding.EmbeddedRows.class, shorts(EmbeddingGroupsF16::rows)),
    EMBED_BF16(Embedding.EmbeddedRows.class, shorts(EmbeddingGroupsBF16::rows)),
    EMBED_Q8_0(Embedding.EmbeddedRows.class, bytes(EmbeddingGroupsQ8_0::rows), bytes(EmbeddingLanesQ8_0::rows)),
    EMBED_Q4_0(Embedding.EmbeddedRows.class, bytes(EmbeddingGroupsQ4_0::rows), bytes(EmbeddingLanesQ4_0::rows)),
    EMBED_Q4_K(Embedding.EmbeddedRows.class, bytes(EmbeddingGroupsQ4_K::rows), bytes(EmbeddingLanesQ4_K::rows)),
    EMBED_Q6_K(Embedding.EmbeddedRows.class, bytes(EmbeddingGroupsQ6_K::rows), bytes(EmbeddingLanesQ6_K::rows)),

    MATRIX_VECTOR_F32(MatrixVector.FewRows.class, floats(MatrixVectorGroupsF32::product),
            floats(MatrixVectorLanesF32::product)),
    MATRIX_VECTOR_F16(MatrixVector.FewRows.class, shorts(MatrixVectorGroupsF16::product)),
    MATRIX_VECTOR_BF16(MatrixVector.FewRows.class, shorts(MatrixVectorGroupsBF16::product)),
    MATRIX_VECTOR_Q8_0(MatrixVector.FewRows.class, bytes(MatrixVectorGroupsQ8_0::product),
            bytes(MatrixVectorLanesQ8_0::product)),
    MATRIX_VECTOR_Q4_0(MatrixVector.FewRows.class, bytes(MatrixVectorGroupsQ4_0::product),
            bytes(MatrixVectorLanesQ4_0::product)),
    MATRIX_VECTOR_Q4_K(MatrixVector.FewRows.class, bytes(MatrixVectorGroupsQ4_K::product),
            bytes(MatrixVectorLanesQ4_K::product)),
    MATRIX_VECTOR_Q6_K(MatrixVector.FewRows.class, bytes(MatrixVectorGroupsQ6_K::product),
            bytes(MatrixVectorLanesQ6_K::product)),

    MATRIX_PRODUCT(MatrixProductLanes.ManyRows.class, floats(MatrixProductTiles::product),
            floats(MatrixProductLanes::product)),

    NORM_SCALE(Normalization.Scale.class, plain(Normalization::scale), plain(RowLanes::normScale)),
    NORMALIZE(Normalization.Divide.class, plain(Normalization::divide), plain(RowLanes::divide)),
    GAIN(Normalization.Gain.class, plain(Normalization::gain), plain(RowLanes::gain)),
    RMS_NORM(Normalization.Rms.class, plain(Normalization::rms), plain(ElementwiseLanes::rms)),

    ROTATE(Rotation.Turn.class, plain(Rotation::turn), plain(ElementwiseLanes::turn)),
    EXTEND(Rotation.Extend.class, plain(Rotation::extend)),
    TURN_INTO_PAST(Rotation.IntoPast.class, plain(Rotation::turnIntoPast)),
    SCORES(Attention.Scores.class, plain(Attention::scores)),
    SCORES_LANES(Attention.Scores.class, plain(AttentionLanes::scores)),
    SOFTMAX(Softmax.SoftmaxRows.class, plain(Softmax::rows), plain(AttentionLanes::softmax)),
    MIX(Attention.Mix.class, plain(Attention::mixture), plain(AttentionLanes::mixture)),
    ATTEND(FusedAttention.Fused.class, plain(FusedAttention::attend)),
    ATTEND_LANES(FusedAttention.Fused.class, plain(FusedAttentionLanes::attend)),
    ATTEND_BLOCKS(FusedAttention.Fused.class, plain(FusedAttentionBlocks::attend)),
    ATTEND_TOKEN(TokenAttention.Token.class, plain(TokenAttention::attend)),
    JOIN(FusedAttention.Join.class, plain(FusedAttention::join)),

    ADD(Elementwise.Add.class, plain(Elementwise::add), plain(ElementwiseLanes::add)),
    SWIGLU(Elementwise.SwiGlu.class, plain(Elementwise::swiglu), plain(ElementwiseLanes::swiglu)),
    COPY(Elementwise.Copy.class, plain(Elementwise::copy)),
    BIAS(Elementwise.Bias.class, plain(Elementwise::bias), plain(RowLanes::bias)),
    REPEAT(Elementwise.Heads.class, plain(Elementwise::repeat), plain(RowLanes::repeat)),
    SUM_HEADS(Elementwise.Heads.class, plain(Elementwise::sumHeads), plain(RowLanes::sumHeads)),

    GATHER(Regions.Gather.class, plain(Regions::gather), plain(RegionsLanes::gather)),
    ZERO(Regions.Runs.class, plain(Regions::zero), plain(RegionsLanes::zero)),
    REPLACE(Regions.Sourced.class, plain(Regions::replace), plain(RegionsLanes::replace)),
    SHIFT(Regions.Shift.class, plain(Regions::shift), plain(RegionsLanes::shift)),
    CHANGE(Regions.Change.class, plain(Regions::change), plain(RegionsLanes::change)),
    CHANGE_BACK(Regions.ChangeBack.class, plain(Regions::changeBack)),
    COORDINATES(Subspace.Projection.class, plain(Subspace::coordinates)),
    COMBINE(Subspace.Projection.class, plain(Subspace::combine)),

    LOG_PROBABILITY(Metrics.LogProbability.class, plain(Metrics::logProbability), plain(MetricsLanes::logProbability)),
    RANK(Metrics.Rank.class, plain(Metrics::rank)),
    ARG_MAX(Metrics.ArgMax.class, plain(Metrics::argMax), plain(ElementwiseLanes::argMax)),
    DOT(Metrics.Pairs.class, plain(Metrics::innerProducts), plain(MetricsLanes::innerProducts)),
    DIVERGENCE(Metrics.Pairs.class, plain(Metrics::divergence), plain(MetricsLanes::divergence)),
    MEAN(Metrics.Mean.class, plain(Metrics::mean)),

    PRODUCT_INPUT_BACK(ProductGradient.ProductBack.class, floats(ProductGradient::input)),
    PRODUCT_WEIGHT_BACK(ProductGradient.ProductBack.class, plain(ProductGradient::weight)),

    CLEAR(SumGradient.Clear.class, plain(SumGradient::clear)),
    RUNS_BACK(SumGradient.RunsBack.class, plain(SumGradient::runs)),
    ROWS_BACK(SumGradient.RowsBack.class, plain(SumGradient::rows)),
    COLUMNS_BACK(SumGradient.ColumnsBack.class, plain(SumGradient::columns)),
    BIAS_BACK(SumGradient.BiasBack.class, plain(SumGradient::bias)),

    NORM_SCALE_BACK(RowGradient.NormScaleBack.class, plain(RowGradient::normScale)),
    NORMALIZE_BACK(RowGradient.NormalizeBack.class, plain(RowGradient::divide)),
    RMS_NORM_BACK(RowGradient.RmsNormBack.class, plain(RowGradient::rms)),
    SOFTMAX_BACK(RowGradient.SoftmaxBack.class, plain(RowGradient::softmax)),
    SWIGLU_GATE_BACK(RowGradient.SwiGluGateBack.class, plain(RowGradient::swigluGate)),
    SWIGLU_UP_BACK(RowGradient.SwiGluUpBack.class, plain(RowGradient::swigluUp)),

    KEYS_BACK(AttentionGradient.Keys.class, plain(AttentionGradient::keys)),
    VISIBLE_BACK(AttentionGradient.Visible.class, plain(AttentionGradient::visible)),

    LOG_SUM(MetricGradient.LogSum.class, plain(MetricGradient::logSum)),
    LOG_PROBABILITY_BACK(MetricGradient.LogProbabilityBack.class, plain(MetricGradient::logProbability)),
    DIVERGENCE_BACK(MetricGradient.DivergenceBack.class, plain(MetricGradient::divergence)),
    MEAN_BACK(MetricGradient.MeanBack.class, plain(MetricGradient::mean));

    private final ArgumentNames arguments;
    private final Code groups, lanes;

    Kernel(Class<?> arguments, Code code) { this(arguments, code, code); }

    Kernel(Class<?> arguments, Code groups, Code lanes) {
        this.arguments = ArgumentNames.of(arguments);
        this.groups = groups;
        this.lanes = lanes;
    }

    ArgumentNames arguments() { return arguments; }

    /** Returns the number that its blocks begin with; zero is no kernel's. */
    int number() { return ordinal() + 1; }

    /** Adds the variant for a device to a task graph. */
    void addTo(TaskGraph graph, String id, Tuning tuning, KernelContext context, IntArray parity, IntArray control,
            FloatArray memory, TornadoNativeArray weights) {
        code(tuning).adding().addTo(graph, id, context, number(), parity, control, memory, weights);
    }

    /** Returns those of a device's arrays that it can read as weights; only null where it reads none. */
    List<TornadoNativeArray> readable(Tuning tuning, List<Object> arrays, FloatArray memory) {
        Class<? extends TornadoNativeArray> weights = code(tuning).weights();
        if (weights == null) return Collections.singletonList(null);
        return arrays.stream().filter(a -> a != memory).filter(weights::isInstance)
                .map(TornadoNativeArray.class::cast).toList();
    }

    boolean readsWeights() { return groups.weights() != null; }

    private Code code(Tuning tuning) { return tuning.lanes() ? lanes : groups; }

    // ---- the three signatures of kernels: without weights, and with weights of each kind of array

    /** @param weights the kind of array, or null */
    private record Code(Class<? extends TornadoNativeArray> weights, Adding adding) {}

    private interface Adding {
        void addTo(TaskGraph graph, String id, KernelContext context, int number, IntArray parity, IntArray control,
                FloatArray memory, TornadoNativeArray weights);
    }

    private static Code plain(Task5<KernelContext, Integer, IntArray, IntArray, FloatArray> code) {
        return new Code(null, (graph, id, context, number, parity, control, memory, weights) -> graph.task(id, code,
                context, number, parity, control, memory));
    }

    private static Code floats(Task6<KernelContext, Integer, IntArray, IntArray, FloatArray, FloatArray> code) {
        return new Code(FloatArray.class, (graph, id, context, number, parity, control, memory, weights) -> graph
                .task(id, code, context, number, parity, control, memory, (FloatArray) weights));
    }

    private static Code shorts(Task6<KernelContext, Integer, IntArray, IntArray, FloatArray, ShortArray> code) {
        return new Code(ShortArray.class, (graph, id, context, number, parity, control, memory, weights) -> graph
                .task(id, code, context, number, parity, control, memory, (ShortArray) weights));
    }

    private static Code bytes(Task6<KernelContext, Integer, IntArray, IntArray, FloatArray, ByteArray> code) {
        return new Code(ByteArray.class, (graph, id, context, number, parity, control, memory, weights) -> graph
                .task(id, code, context, number, parity, control, memory, (ByteArray) weights));
    }
}
