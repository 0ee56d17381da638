package org.tornadolens.tornado;

import java.util.Collections;
import java.util.List;
import org.tornadolens.tornado.kernels.Attention;
import org.tornadolens.tornado.kernels.AttentionGradient;
import org.tornadolens.tornado.kernels.AttentionLanes;
import org.tornadolens.tornado.kernels.Elementwise;
import org.tornadolens.tornado.kernels.ElementwiseLanes;
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
 * own, that too, with the same arguments. What the arguments are is said where the code is written.
 */
enum Kernel {
    EMBED_F32(floats(EmbeddingGroupsF32::rows), floats(EmbeddingLanesF32::rows)),
    EMBED_F16(shorts(EmbeddingGroupsF16::rows)),
    EMBED_BF16(shorts(EmbeddingGroupsBF16::rows)),
    EMBED_Q8_0(bytes(EmbeddingGroupsQ8_0::rows), bytes(EmbeddingLanesQ8_0::rows)),
    EMBED_Q4_0(bytes(EmbeddingGroupsQ4_0::rows), bytes(EmbeddingLanesQ4_0::rows)),
    EMBED_Q4_K(bytes(EmbeddingGroupsQ4_K::rows), bytes(EmbeddingLanesQ4_K::rows)),
    EMBED_Q6_K(bytes(EmbeddingGroupsQ6_K::rows), bytes(EmbeddingLanesQ6_K::rows)),

    MATRIX_VECTOR_F32(floats(MatrixVectorGroupsF32::product), floats(MatrixVectorLanesF32::product)),
    MATRIX_VECTOR_F16(shorts(MatrixVectorGroupsF16::product)),
    MATRIX_VECTOR_BF16(shorts(MatrixVectorGroupsBF16::product)),
    MATRIX_VECTOR_Q8_0(bytes(MatrixVectorGroupsQ8_0::product), bytes(MatrixVectorLanesQ8_0::product)),
    MATRIX_VECTOR_Q4_0(bytes(MatrixVectorGroupsQ4_0::product), bytes(MatrixVectorLanesQ4_0::product)),
    MATRIX_VECTOR_Q4_K(bytes(MatrixVectorGroupsQ4_K::product), bytes(MatrixVectorLanesQ4_K::product)),
    MATRIX_VECTOR_Q6_K(bytes(MatrixVectorGroupsQ6_K::product), bytes(MatrixVectorLanesQ6_K::product)),
    MATRIX_PRODUCT(floats(MatrixProductTiles::f32), floats(MatrixProductLanes::f32)),

    NORM_SCALE(plain(Normalization::scale), plain(RowLanes::normScale)),
    NORMALIZE(plain(Normalization::divide), plain(RowLanes::divide)),
    GAIN(plain(Normalization::gain), plain(RowLanes::gain)),
    RMS_NORM(plain(Normalization::rms), plain(ElementwiseLanes::rms)),

    ROTATE(plain(Rotation::turn), plain(ElementwiseLanes::turn)), EXTEND(plain(Rotation::extend)),
    TURN_INTO_PAST(plain(Rotation::turnIntoPast)),
    SCORES(plain(Attention::scores)), SCORES_LANES(plain(AttentionLanes::scores)),
    SOFTMAX(plain(Softmax::rows), plain(AttentionLanes::softmax)),
    MIX(plain(Attention::mixture), plain(AttentionLanes::mixture)),
    ATTEND(plain(FusedAttention::attend)), ATTEND_LANES(plain(FusedAttentionLanes::attend)),
    ATTEND_BLOCKS(plain(FusedAttentionBlocks::attend)), ATTEND_TOKEN(plain(TokenAttention::attend)),
    JOIN(plain(FusedAttention::join)),

    ADD(plain(Elementwise::add), plain(ElementwiseLanes::add)),
    SWIGLU(plain(Elementwise::swiglu), plain(ElementwiseLanes::swiglu)),
    COPY(plain(Elementwise::copy)),
    BIAS(plain(Elementwise::bias), plain(RowLanes::bias)),
    REPEAT(plain(Elementwise::repeat), plain(RowLanes::repeat)),
    SUM_HEADS(plain(Elementwise::sumHeads), plain(RowLanes::sumHeads)),

    GATHER(plain(Regions::gather), plain(RegionsLanes::gather)),
    ZERO(plain(Regions::zero), plain(RegionsLanes::zero)),
    REPLACE(plain(Regions::replace), plain(RegionsLanes::replace)),
    SHIFT(plain(Regions::shift), plain(RegionsLanes::shift)),
    CHANGE(plain(Regions::change), plain(RegionsLanes::change)), CHANGE_BACK(plain(Regions::changeBack)),
    COORDINATES(plain(Subspace::coordinates)), COMBINE(plain(Subspace::combine)),

    LOG_PROBABILITY(plain(Metrics::logProbability), plain(MetricsLanes::logProbability)),
    RANK(plain(Metrics::rank)), ARG_MAX(plain(Metrics::argMax), plain(ElementwiseLanes::argMax)),
    DOT(plain(Metrics::innerProducts), plain(MetricsLanes::innerProducts)),
    DIVERGENCE(plain(Metrics::divergence), plain(MetricsLanes::divergence)), MEAN(plain(Metrics::mean)),

    PRODUCT_INPUT_BACK(floats(ProductGradient::input)), PRODUCT_WEIGHT_BACK(plain(ProductGradient::weight)),
    CLEAR(plain(SumGradient::clear)), RUNS_BACK(plain(SumGradient::runs)), ROWS_BACK(plain(SumGradient::rows)),
    COLUMNS_BACK(plain(SumGradient::columns)), BIAS_BACK(plain(SumGradient::bias)),
    NORM_SCALE_BACK(plain(RowGradient::normScale)), NORMALIZE_BACK(plain(RowGradient::divide)),
    RMS_NORM_BACK(plain(RowGradient::rms)),
    SOFTMAX_BACK(plain(RowGradient::softmax)), SWIGLU_GATE_BACK(plain(RowGradient::swigluGate)),
    SWIGLU_UP_BACK(plain(RowGradient::swigluUp)),
    KEYS_BACK(plain(AttentionGradient::keys)), VISIBLE_BACK(plain(AttentionGradient::visible)),
    LOG_SUM(plain(MetricGradient::logSum)), LOG_PROBABILITY_BACK(plain(MetricGradient::logProbability)),
    DIVERGENCE_BACK(plain(MetricGradient::divergence)), MEAN_BACK(plain(MetricGradient::mean));

    private final Code groups, lanes;

    Kernel(Code code) { this(code, code); }

    Kernel(Code groups, Code lanes) {
        this.groups = groups;
        this.lanes = lanes;
    }

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
