package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.LANES;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.DType;

/** Weights times one activation row, at the bandwidth of memory: the products of generation. */
final class MatrixVector {

    /** Weight bytes that are worth waking another thread for. */
    private static final int GRAIN = 64 * 1024;

    /** Rows of a run whose lanes are added up together; while they are, no memory is read. */
    private static final int ROWS_TOGETHER = 16;

    /** Bytes of stored rows that are copied to the first-level cache at a time. */
    private static final int CACHED_BYTES = 16 * 1024;

    /** Lanes of the rows taken together, and their sums. */
    private static final Layout SUMS =
            Layout.of(Region.LANES, 4 * ROWS_TOGETHER * LANES).and(Region.SCORES, 4 * ROWS_TOGETHER);

    /**
     * How rows of a type are multiplied: four runs of rows at a time ({@link FourRows}), or row by row (
     * {@link RowDots}).
     */
    private enum Kernel {
        F32, F16, BF16, Q8_0, BLOCKS, SIX_BITS, Q6_K;

        boolean rowByRow() { return this == BLOCKS || this == SIX_BITS || this == Q6_K; }

        boolean superblocks() { return this == SIX_BITS || this == Q6_K; }
    }

    /** The types that have a kernel; the others are multiplied by {@link FewRows}. */
    private static final Map<DType, Kernel> KERNELS = Map.ofEntries(
            Map.entry(DType.F32, Kernel.F32),
            Map.entry(DType.F16, Kernel.F16),
            Map.entry(DType.BF16, Kernel.BF16),
            Map.entry(DType.Q8_0, Kernel.Q8_0),
            Map.entry(DType.Q4_0, Kernel.BLOCKS),
            Map.entry(DType.Q4_1, Kernel.BLOCKS),
            Map.entry(DType.Q5_0, Kernel.BLOCKS),
            Map.entry(DType.Q5_1, Kernel.BLOCKS),
            Map.entry(DType.Q4_K, Kernel.SIX_BITS),
            Map.entry(DType.Q5_K, Kernel.SIX_BITS),
            Map.entry(DType.Q6_K, Kernel.Q6_K));

    private static final SuperblockOrder SIX_BITS_ORDER = new SuperblockOrder(LANES, 32);

    /** Copies of row kernels, made when a type is first multiplied. */
    private static final Map<DType, RowDots> COPIES = new ConcurrentHashMap<>();

    private MatrixVector() {}

    /** Whether there is a kernel for this window of weights of a type: windows begin and end with a block. */
    static boolean takes(DType type, int columnFrom, int k) {
        return KERNELS.containsKey(type) && columnFrom % type.blockElements() == 0 && k % type.blockElements() == 0;
    }

    /** Describes what a product with k columns of weights of a type works in. */
    static Need scratch(DType type, int k) {
        return new Need(ofCaller(KERNELS.get(type), k), ofEach(type, k));
    }

    private static Layout ofCaller(Kernel kernel, int k) {
        return Layout.of(Region.ACTIVATIONS, kernel.superblocks() ? SuperblockOrder.length(k) : k);
    }

    private static Layout ofEach(DType type, int k) {
        return KERNELS.get(type).rowByRow()
                ? SUMS.and(Region.STORED_ROWS, rowsAtATime(type, k) * type.bytes(k) / Float.BYTES + 1)
                : SUMS;
    }

    /** Rows that are copied to the first-level cache at a time. */
    private static int rowsAtATime(DType type, int k) {
        return (int) Math.clamp(CACHED_BYTES / type.bytes(k) / 4 * 4, 4, 4 * ROWS_TOGETHER);
    }

    /** Computes out[r] = Σ_c x[c] · w[firstRow + r, columnFrom + c], c &lt; k, for every slice. */
    static void multiply(long x, WeightSlice[] slices, int columnFrom, int k) {
        DType type = slices[0].weight().type();
        Kernel kernel = KERNELS.get(type);
        Layout scratch = ofEach(type, k);
        float[] activations = activations(kernel, x, k, ofCaller(kernel, k).array(Region.ACTIVATIONS));
        Threads.range(WeightSlice.runs(slices, 4), (int) Math.max(1, GRAIN / 4 / type.bytes(k)),
                (from, to) -> WeightSlice.visit(slices, 4, from, to, (slice, first, n) -> {
                    switch (kernel) {
                        case F32, F16, BF16, Q8_0 -> fourByFour(kernel, activations, slice, first, n, columnFrom, k,
                                scratch);
                        case BLOCKS, SIX_BITS, Q6_K ->
                                oneByOne(kernel, activations, slice, first, n, columnFrom, k, scratch);
                    }
                }));
    }

    /** Writes activations in the order in which the kernel takes them, and returns them. */
    private static float[] activations(Kernel kernel, long x, int k, float[] ordered) {
        switch (kernel) {
            case F32, Q8_0, BLOCKS -> Memory.load(x, k, ordered, 0);
            case F16 -> FourRows.pairs(x, k, FourRows.F16_FACTOR, ordered);
            case BF16 -> FourRows.pairs(x, k, 1, ordered);
            case SIX_BITS -> SIX_BITS_ORDER.activations(x, k, ordered);
            case Q6_K -> Q6Rows.ACTIVATIONS.activations(x, k, ordered);
        }
        return ordered;
    }

    /**
     * Cuts the rows into four runs and takes some rows of each at a time: the processor prefetches further along four
     * straight streams through memory than along neighbouring rows.
     */
    private static void fourByFour(Kernel kernel, float[] x, WeightSlice slice, int first, int n, int columnFrom, int k,
            Layout scratch) {
        float[] sums = scratch.array(Region.LANES);
        float[] results = scratch.array(Region.SCORES);
        WeightRows w = slice.weight();
        int run = (n + 3) / 4, together = w.inOrder() ? ROWS_TOGETHER : 1;
        for (int r = 0; r < run; r += together) {
            // the fourth run may be shorter: it takes rows again
            int count = Math.min(together, run - r), last = n - count;
            int r0 = first + r, r1 = first + Math.min(last, r + run);
            int r2 = first + Math.min(last, r + 2 * run), r3 = first + Math.min(last, r + 3 * run);
            dots(kernel, w, x, w.address(slice.firstRow() + r0, columnFrom),
                    w.address(slice.firstRow() + r1, columnFrom),
                    w.address(slice.firstRow() + r2, columnFrom), w.address(slice.firstRow() + r3, columnFrom), count,
                    k,
                    sums);
            Dot.reduce(sums, 4 * count, results, 0);
            Memory.store(results, 0, count, slice.out() + 4L * r0);
            Memory.store(results, count, count, slice.out() + 4L * r1);
            Memory.store(results, 2 * count, count, slice.out() + 4L * r2);
            Memory.store(results, 3 * count, count, slice.out() + 4L * r3);
        }
    }

    private static void dots(Kernel kernel, WeightRows w, float[] x, long w0, long w1, long w2, long w3, int rows,
            int k,
            float[] sums) {
        switch (kernel) {
            case F32 -> FourRows.f32(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case F16 -> FourRows.f16(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case BF16 -> FourRows.bf16(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case Q8_0 -> FourRows.q8(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case BLOCKS, SIX_BITS, Q6_K -> throw new IllegalArgumentException(kernel + " multiplies row by row");
        }
    }

    /**
     * Multiplies rows one after the other. A few at a time are copied to the first-level cache: a copy reads further
     * ahead than a kernel, whose instructions on the present bytes leave the processor no room for later ones.
     */
    private static void oneByOne(Kernel kernel, float[] x, WeightSlice slice, int first, int n, int columnFrom, int k,
            Layout scratch) {
        float[] sums = scratch.array(Region.LANES);
        float[] results = scratch.array(Region.SCORES);
        WeightRows w = slice.weight();
        long bytes = w.type().bytes(k);
        int together = rowsAtATime(w.type(), k);
        long cached = scratch.address(Region.STORED_ROWS);
        RowDots dots = rowDots(kernel, w.type());
        for (int r = first; r < first + n; r += together) {
            int count = Math.min(together, first + n - r);
            w.copy(slice.firstRow() + r, count, columnFrom, bytes, cached);
            for (int i = 0; i < count; i++) dots.dot(x, cached + i * bytes, k, sums, i * LANES);
            Dot.reduce(sums, (count + 3) / 4 * 4, results, 0);
            Memory.store(results, 0, count, slice.out() + 4L * r);
        }
    }

    private static RowDots rowDots(Kernel kernel, DType type) {
        return switch (kernel) {
            case BLOCKS -> COPIES.computeIfAbsent(type, t -> Copies.of(RowDots.class, "BlockRows", t));
            case SIX_BITS -> COPIES.computeIfAbsent(type, t -> Copies.of(RowDots.class, "SixBitRows", t));
            case Q6_K -> Q6Rows::dot;
            case F32, F16, BF16, Q8_0 -> throw new IllegalArgumentException(kernel + " multiplies four runs of rows");
        };
    }
}
