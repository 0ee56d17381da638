package org.tornadolens.tornado;

import org.tornadolens.tornado.kernels.FusedAttention;
import org.tornadolens.tornado.kernels.MatrixProductTiles;
import uk.ac.manchester.tornado.api.WorkerGrid;
import uk.ac.manchester.tornado.api.WorkerGrid1D;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;

/**
 * The one place that distinguishes CPUs and GPUs: CPUs run groups of one item and compute products with vector
 * registers, GPUs run groups of many and compute them with local memory.
 *
 * @param lanes  true for the kernels and grids of CPUs
 * @param groups work-groups of a launch; kernels go through their rows and tiles in steps of this number
 */
record Tuning(boolean lanes, int groups) {

    /** {@code -Dtornadolens.tornado.kernels=gpu|cpu} selects the kernels of one kind, whatever the device is. */
    static final String PROPERTY = "tornadolens.tornado.kernels";

    private static final int ITEMS = 128;          // of a group on a GPU: four warps
    private static final int FEW_QUERIES = 8;
    private static final int GROUPS_PER_UNIT = 8;    // of the device: enough to hide each other's memory latency

    /** TornadoVM's own options, but for the one that assumes that there are no infinities and no NaN. */
    private static final String FLAGS = "-cl-mad-enable -cl-unsafe-math-optimizations -w";

    /**
     * Lets Clang, which OpenCL drivers of CPUs are built on, contract a vector product and a sum to one instruction. By
     * default it does so only within an expression, and TornadoVM writes every operation as a statement. The pragma
     * comes before each kernel, because a macro replaces the word that every kernel begins with; its spaces are
     * comments, since options end at spaces.
     */
    private static final String CONTRACTED = " -DP(x)=_Pragma(#x) -D__kernel=P(clang/**/fp/**/contract(fast))__kernel";

    static Tuning of(TornadoDevice device) {
        String forced = System.getProperty(PROPERTY, "");
        boolean lanes = forced.isEmpty() ? device.getDeviceType() == TornadoDeviceType.CPU : forced.equals("cpu");
        return new Tuning(lanes,
                Math.max(lanes ? 64 : 16, GROUPS_PER_UNIT * device.getPhysicalDevice().getDeviceMaxComputeUnits()));
    }

    /** Returns the options of the device's compiler. */
    String flags() { return lanes ? FLAGS + CONTRACTED : FLAGS; }

    /**
     * Returns up to how many rows of activations a product goes through the weights once per row. On CPUs more rows are
     * faster in tiles, unless the weights would have to be decoded first.
     */
    int oneByOne(StoredType type) { return lanes && type == StoredType.F32 ? 2 : Products.FEW; }

    /** Returns whether matrix-vector products of two matrices can end in SwiGLU. */
    boolean pairs() { return lanes; }

    /**
     * Returns the kernel for attention of so many queries per batch row and head; a few go through their keys one by
     * one.
     */
    Kernel attend(int queries) {
        return !lanes ? Kernel.ATTEND : queries < FEW_QUERIES ? Kernel.ATTEND_LANES : Kernel.ATTEND_BLOCKS;
    }

    /** Returns whether attention includes its rotations, for so many queries per batch row and heads of this width. */
    boolean turnsTokens(int queries, int dHead) {
        return lanes && queries == 1 && dHead <= FusedAttention.WIDEST;
    }

    /** Returns the kernel for scores of heads of this width. */
    Kernel scores(int dHead) {
        return lanes && dHead <= FusedAttention.WIDEST ? Kernel.SCORES_LANES : Kernel.SCORES;
    }

    /** Returns how many groups share the keys of a query, so that short runs with a long past keep a GPU busy. */
    int splits(int queries, int keys) {
        return lanes ? 1 : Math.clamp(Math.min(groups / Math.max(1, queries), keys / 256), 1, 64);
    }

    WorkerGrid grid(Kernel kernel) {
        int items = lanes ? 1 : kernel == Kernel.MATRIX_PRODUCT ? MatrixProductTiles.ITEMS : ITEMS;
        return grid(items);
    }

    /** Returns the grid of kernels that move elements from one array to another. */
    WorkerGrid grid() {
        return grid(lanes ? 1 : ITEMS);
    }

    private WorkerGrid grid(int items) {
        WorkerGrid grid = new WorkerGrid1D(groups * items);
        grid.setLocalWork(items, 1, 1);
        return grid;
    }
}
