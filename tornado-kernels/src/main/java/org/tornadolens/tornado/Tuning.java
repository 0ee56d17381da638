package org.tornadolens.tornado;

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

    /** Options of the device's compiler. */
    String flags() { return lanes ? FLAGS + JOINED : FLAGS; }

    /**
     * How many rows of activations a product by itself takes one by one through the weights; on CPUs more are quicker as
     * tiles, unless the weights would have to be decoded first.
     */
    int oneByOne(StoredType type) { return lanes && type == StoredType.F32 ? 2 : Products.FEW; }

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
        int items = lanes ? 1 : kernel == Kernel.MATRIX_PRODUCT ? MatrixProductTiles.ITEMS : ITEMS;
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
