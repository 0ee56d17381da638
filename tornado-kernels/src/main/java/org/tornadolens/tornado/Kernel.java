package org.tornadolens.tornado;

import java.util.List;
import org.tornadolens.tensor.DType;
import org.tornadolens.tornado.kernels.Attention;
import org.tornadolens.tornado.kernels.AttentionGradient;
import org.tornadolens.tornado.kernels.AttentionLanes;
import org.tornadolens.tornado.kernels.Elementwise;
import org.tornadolens.tornado.kernels.ElementwiseLanes;
import org.tornadolens.tornado.kernels.Embedding;
import org.tornadolens.tornado.kernels.FusedAttention;
import org.tornadolens.tornado.kernels.FusedAttentionBlocks;
import org.tornadolens.tornado.kernels.FusedAttentionLanes;
import org.tornadolens.tornado.kernels.MatrixProductLanes;
import org.tornadolens.tornado.kernels.MatrixProductTiles;
import org.tornadolens.tornado.kernels.MatrixVectorGroups;
import org.tornadolens.tornado.kernels.MatrixVectorLanes;
import org.tornadolens.tornado.kernels.MetricGradient;
import org.tornadolens.tornado.kernels.Metrics;
import org.tornadolens.tornado.kernels.MetricsLanes;
import org.tornadolens.tornado.kernels.ProductGradient;
import org.tornadolens.tornado.kernels.Normalization;
import org.tornadolens.tornado.kernels.Regions;
import org.tornadolens.tornado.kernels.RegionsLanes;
import org.tornadolens.tornado.kernels.Rotation;
import org.tornadolens.tornado.kernels.RowGradient;
import org.tornadolens.tornado.kernels.RowLanes;
import org.tornadolens.tornado.kernels.SumGradient;
import org.tornadolens.tornado.kernels.Softmax;
import org.tornadolens.tornado.kernels.Subspace;
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

/** Every kernel that a run is made of. What each takes as its arguments is said where it is written. */
enum Kernel {
    EMBED_F32(floats(Embedding::f32)), EMBED_F16(shorts(Embedding::f16)), EMBED_BF16(shorts(Embedding::bf16)),
    EMBED_Q8(bytes(Embedding::q8)),

    NORM_SCALE(plain(Normalization::scale)), NORMALIZE(plain(Normalization::divide)), GAIN(plain(Normalization::gain)),
    RMS_NORM(plain(Normalization::rms)),

    VECTOR_LANES_F32(floats(MatrixVectorLanes::f32)), VECTOR_LANES_Q8(bytes(MatrixVectorLanes::q8)),
    VECTOR_GROUPS_F32(floats(MatrixVectorGroups::f32)), VECTOR_GROUPS_F16(shorts(MatrixVectorGroups::f16)),
    VECTOR_GROUPS_BF16(shorts(MatrixVectorGroups::bf16)), VECTOR_GROUPS_Q8(bytes(MatrixVectorGroups::q8)),
    PRODUCT_LANES(floats(MatrixProductLanes::f32)), PRODUCT_TILES(floats(MatrixProductTiles::f32)),

    ROTATE(plain(Rotation::turn)), EXTEND(plain(Rotation::extend)), TURN_INTO_PAST(plain(Rotation::turnIntoPast)),
    SCORES(plain(Attention::scores)), SOFTMAX(plain(Softmax::rows)), MIX(plain(Attention::mixture)),
    ATTEND(plain(FusedAttention::attend)), JOIN(plain(FusedAttention::join)),

    ADD(plain(Elementwise::add)), SWIGLU(plain(Elementwise::swiglu)), COPY(plain(Elementwise::copy)),
    BIAS(plain(Elementwise::bias)), REPEAT(plain(Elementwise::repeat)), SUM_HEADS(plain(Elementwise::sumHeads)),

    ADD_LANES(plain(ElementwiseLanes::add)), SWIGLU_LANES(plain(ElementwiseLanes::swiglu)),
    RMS_NORM_LANES(plain(ElementwiseLanes::rms)),
    ATTEND_LANES(plain(FusedAttentionLanes::attend)), ATTEND_BLOCKS(plain(FusedAttentionBlocks::attend)),
    ATTEND_TOKEN(plain(TokenAttention::attend)),
    SCORES_LANES(plain(AttentionLanes::scores)), SOFTMAX_LANES(plain(AttentionLanes::softmax)),
    MIX_LANES(plain(AttentionLanes::mixture)),
    ROTATE_LANES(plain(ElementwiseLanes::turn)), ARG_MAX_LANES(plain(ElementwiseLanes::argMax)),
    EMBED_LANES(floats(ElementwiseLanes::embed)),
    NORM_SCALE_LANES(plain(RowLanes::normScale)), NORMALIZE_LANES(plain(RowLanes::divide)),
    GAIN_LANES(plain(RowLanes::gain)), BIAS_LANES(plain(RowLanes::bias)),
    REPEAT_LANES(plain(RowLanes::repeat)), SUM_HEADS_LANES(plain(RowLanes::sumHeads)),
    GATHER_LANES(plain(RegionsLanes::gather)), ZERO_LANES(plain(RegionsLanes::zero)),
    CHANGE_LANES(plain(RegionsLanes::change)), REPLACE_LANES(plain(RegionsLanes::replace)),
    SHIFT_LANES(plain(RegionsLanes::shift)),
    LOG_PROBABILITY_LANES(plain(MetricsLanes::logProbability)), DIVERGENCE_LANES(plain(MetricsLanes::divergence)),
    DOT_LANES(plain(MetricsLanes::innerProducts)),

    GATHER(plain(Regions::gather)), ZERO(plain(Regions::zero)), REPLACE(plain(Regions::replace)),
    SHIFT(plain(Regions::shift)), CHANGE(plain(Regions::change)), CHANGE_BACK(plain(Regions::changeBack)),
    COORDINATES(plain(Subspace::coordinates)), COMBINE(plain(Subspace::combine)),

    LOG_PROBABILITY(plain(Metrics::logProbability)), RANK(plain(Metrics::rank)), ARG_MAX(plain(Metrics::argMax)),
    DOT(plain(Metrics::innerProducts)), DIVERGENCE(plain(Metrics::divergence)), MEAN(plain(Metrics::mean)),

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

    private final Code code;

    Kernel(Code code) { this.code = code; }

    /** What its blocks begin with; zero is nobody's. */
    int number() { return ordinal() + 1; }

    /** Adds it to a task graph. */
    void addTo(TaskGraph graph, String id, KernelContext context, IntArray parity, IntArray control, FloatArray memory,
            TornadoNativeArray weights) {
        code.adding().addTo(graph, id, context, number(), parity, control, memory, weights);
    }

    /** Those of a device's arrays that it can read as weights; only null where it reads none. */
    List<TornadoNativeArray> readable(List<Object> arrays, FloatArray memory) {
        if (code.weights() == null) return java.util.Collections.singletonList(null);
        return arrays.stream().filter(a -> a != memory).filter(code.weights()::isInstance)
                .map(TornadoNativeArray.class::cast).toList();
    }

    // ---- by the type of the weights they read

    static Kernel embed(DType type) {
        return switch (type) {
            case F16 -> EMBED_F16;
            case BF16 -> EMBED_BF16;
            case Q8_0 -> EMBED_Q8;
            default -> EMBED_F32;
        };
    }

    static Kernel vectorLanes(DType type) { return type == DType.Q8_0 ? VECTOR_LANES_Q8 : VECTOR_LANES_F32; }

    static Kernel vectorGroups(DType type) {
        return switch (type) {
            case F16 -> VECTOR_GROUPS_F16;
            case BF16 -> VECTOR_GROUPS_BF16;
            case Q8_0 -> VECTOR_GROUPS_Q8;
            default -> VECTOR_GROUPS_F32;
        };
    }

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
