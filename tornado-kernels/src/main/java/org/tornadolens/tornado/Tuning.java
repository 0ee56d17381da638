package org.tornadolens.tornado;

import java.util.EnumSet;
import java.util.Set;
import org.tornadolens.tensor.DType;
import org.tornadolens.tornado.kernels.FusedAttention;
import org.tornadolens.tornado.kernels.MatrixProductTiles;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;

/**
 * The one place where CPUs and GPUs are told apart: CPUs run groups of one item and take products with vector registers,
 * GPUs run groups of many and take them with local memory.
 *
 * @param lanes  true for the kernels and grids of CPUs
 * @param groups work-groups of a launch; kernels go through their rows and tiles in steps of it
 */
record Tuning(boolean lanes, int groups) {

    /** {@code -Dtornadolens.tornado.kernels=gpu|cpu} tries the kernels of the other kind, whatever the device is. */
    static final String PROPERTY = "tornadolens.tornado.kernels";

    private static final int ITEMS = 128;          // of a group on a GPU: four warps
    private static final int FEW_QUERIES = 8;
    private static final int GROUPS_A_UNIT = 8;    // enough to hide memory behind each other

    private static final String FLAGS = "-cl-mad-enable -cl-unsafe-math-optimizations -w";   // TornadoVM's own, but with infinities and NaN

    /**
     * Lets Clang, which OpenCL drivers of CPUs are built on, make one instruction of a vector product and the sum it goes
     * into. It does so by itself only within an expression, and TornadoVM writes every operation as a statement. The pragma
     * comes before each kernel, as a macro of a word that every kernel begins with; its spaces are comments, since options
     * end at spaces.
     */
    private static final String JOINED = " -DP(x)=_Pragma(#x) -D__kernel=P(clang/**/fp/**/contract(fast))__kernel";

    static Tuning of(TornadoDevice device) {
        String forced = System.getProperty(PROPERTY, "");
        boolean lanes = forced.isEmpty() ? device.getDeviceType() == TornadoDeviceType.CPU : forced.equals("cpu");
        return new Tuning(lanes,
                Math.max(lanes ? 64 : 16, GROUPS_A_UNIT * device.getPhysicalDevice().getDeviceMaxComputeUnits()));
    }

    /** The types that kernels read as weights; all others are stored as f32. */
    private static final Set<DType> READ = EnumSet.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0);

    /**
     * The type that weights of a type are stored as: on CPUs half precisions too as f32, which is the same numbers and
     * quicker to read than to decode.
     */
    DType stored(DType type) {
        boolean half = type == DType.F16 || type == DType.BF16;
        return READ.contains(type) && !(half && lanes) ? type : DType.F32;
    }

    /** Options of the device's compiler. */
    String flags() { return lanes ? FLAGS + JOINED : FLAGS; }

    /**
     * How many rows of activations a product by itself takes one by one through the weights; on CPUs more are quicker as
     * tiles, unless the weights would have to be decoded first.
     */
    int oneByOne(DType type) { return lanes && type == DType.F32 ? 2 : Products.FEW; }

    Kernel matrixVector(DType type) { return lanes ? Kernel.vectorLanes(type) : Kernel.vectorGroups(type); }

    Kernel matrixProduct() { return lanes ? Kernel.PRODUCT_LANES : Kernel.PRODUCT_TILES; }

    /** The variant of a kernel that this device takes. */
    Kernel of(Kernel kernel) {
        if (!lanes) return kernel;
        return switch (kernel) {
            case ADD -> Kernel.ADD_LANES;
            case SWIGLU -> Kernel.SWIGLU_LANES;
            case RMS_NORM -> Kernel.RMS_NORM_LANES;
            case SOFTMAX -> Kernel.SOFTMAX_LANES;
            case MIX -> Kernel.MIX_LANES;
            case ROTATE -> Kernel.ROTATE_LANES;
            case ARG_MAX -> Kernel.ARG_MAX_LANES;
            case EMBED_F32 -> Kernel.EMBED_LANES;
            case NORM_SCALE -> Kernel.NORM_SCALE_LANES;
            case NORMALIZE -> Kernel.NORMALIZE_LANES;
            case GAIN -> Kernel.GAIN_LANES;
            case BIAS -> Kernel.BIAS_LANES;
            case REPEAT -> Kernel.REPEAT_LANES;
            case SUM_HEADS -> Kernel.SUM_HEADS_LANES;
            case GATHER -> Kernel.GATHER_LANES;
            case ZERO -> Kernel.ZERO_LANES;
            case CHANGE -> Kernel.CHANGE_LANES;
            case REPLACE -> Kernel.REPLACE_LANES;
            case SHIFT -> Kernel.SHIFT_LANES;
            case LOG_PROBABILITY -> Kernel.LOG_PROBABILITY_LANES;
            case DIVERGENCE -> Kernel.DIVERGENCE_LANES;
            case DOT -> Kernel.DOT_LANES;
            default -> kernel;
        };
    }

    /** Whether matrix-vector products of two matrices can end in SwiGLU. */
    boolean pairs() { return lanes; }

    /** Attention of so many queries a row and head; a few go through their keys one by one. */
    Kernel attend(int queries) {
        return !lanes ? Kernel.ATTEND : queries < FEW_QUERIES ? Kernel.ATTEND_LANES : Kernel.ATTEND_BLOCKS;
    }

    /** Whether attention takes its rotations along: of one query a row and head of this width. */
    boolean turnsTokens(int queries, int dHead) {
        return lanes && queries == 1 && dHead <= FusedAttention.WIDEST;
    }

    /** Scores of heads of this width. */
    Kernel scores(int dHead) {
        return lanes && dHead <= FusedAttention.WIDEST ? Kernel.SCORES_LANES : Kernel.SCORES;
    }

    /** How many groups share the keys of a query, so that short runs with a long past keep a GPU busy. */
    int splits(int queries, int keys) {
        return lanes ? 1 : Math.clamp(Math.min(groups / Math.max(1, queries), keys / 256), 1, 64);
    }

    WorkerGrid grid(Kernel kernel) {
        int items = lanes ? 1 : kernel == Kernel.PRODUCT_TILES ? MatrixProductTiles.ITEMS : ITEMS;
        return grid(items);
    }

    /** For moving elements from one array to another. */
    WorkerGrid grid() { return grid(lanes ? 1 : ITEMS); }

    private WorkerGrid grid(int items) {
        WorkerGrid grid = new WorkerGrid1D(groups * items);
        grid.setLocalWork(items, 1, 1);
        return grid;
    }
}
