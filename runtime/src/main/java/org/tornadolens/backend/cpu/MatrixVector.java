package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.LANES;

import org.tornadolens.backend.cpu.Scratch.Use;
import org.tornadolens.tensor.DType;

/** Weights times one activation row, at the speed of memory: the products of generation. */
final class MatrixVector {

    /** Weight bytes that are worth waking another thread for. */
    private static final int GRAIN = 64 * 1024;

    /** Rows of a run whose sums are added up together: between them memory is waited for. */
    private static final int TOGETHER = 16;

    private MatrixVector() {}

    /** True where there is a kernel for this window of the parts, which are of one type; {@link MatrixProduct} has a general way for others. */
    static boolean takes(Part[] parts, int columnFrom, int k) {
        DType type = parts[0].w().type();
        return switch (type) {
            case F32, F16, BF16 -> true;
            case Q8_0, Q4_K, Q6_K -> columnFrom % type.blockElements() == 0 && k % type.blockElements() == 0;
            case Q4_0 -> false;
        };
    }

    /** out[r] = Σ_c x[c] · w[rowFrom + r, columnFrom + c], c &lt; k, of every part. */
    static void multiply(long x, Part[] parts, int columnFrom, int k) {
        DType type = parts[0].w().type();
        float[] activations = Scratch.mine().get(Use.PACKED_X, SuperblockRows.has(type) ? SuperblockRows.length(k) : k);
        switch (type) {
            case F16 -> FourRows.pairs(x, k, FourRows.F16_FACTOR, activations);
            case BF16 -> FourRows.pairs(x, k, 1, activations);
            case F32, Q8_0 -> Memory.load(x, k, activations, 0);
            case Q4_K, Q6_K -> SuperblockRows.activations(type, x, k, activations);
            case Q4_0 -> throw new IllegalArgumentException("no such kernel for " + type);
        }
        Threads.range(Part.runs(parts, 4), (int) Math.max(1, GRAIN / 4 / type.bytes(k)), (from, to) ->
                Part.visit(parts, 4, from, to, (part, first, n) -> {
                    if (SuperblockRows.has(type)) oneByOne(activations, part, first, n, columnFrom, k);
                    else fourByFour(activations, part, first, n, columnFrom, k);
                }));
    }

    /** Rows one after the other: decoding them takes longer than memory does. */
    private static void oneByOne(float[] x, Part part, int first, int n, int columnFrom, int k) {
        float[] sums = Scratch.mine().get(Use.RESULTS, 4 * TOGETHER * LANES), results = Scratch.mine().get(Use.BLOCK, 4 * TOGETHER);
        Rows w = part.w();
        int together = w.inOrder() ? 4 * TOGETHER : 1;
        for (int r = first; r < first + n; r += together) {
            int count = Math.min(together, first + n - r);
            long at = w.address(part.rowFrom() + r, columnFrom);
            if (w.type() == DType.Q4_K) SuperblockRows.q4k(x, at, w.rowBytes(), count, k, sums);
            else SuperblockRows.q6k(x, at, w.rowBytes(), count, k, sums);
            Dot.reduce(sums, (count + 3) / 4 * 4, results, 0);
            Memory.store(results, 0, count, part.out() + 4L * r);
        }
    }

    /**
     * The rows are cut into four runs, of which some rows each are taken at a time: four streams through memory that each
     * go straight on let the processor fetch further ahead than neighbouring rows do.
     */
    private static void fourByFour(float[] x, Part part, int first, int n, int columnFrom, int k) {
        float[] sums = Scratch.mine().get(Use.RESULTS, 4 * TOGETHER * LANES), results = Scratch.mine().get(Use.BLOCK, 4 * TOGETHER);
        Rows w = part.w();
        int run = (n + 3) / 4, together = w.inOrder() ? TOGETHER : 1;
        for (int r = 0; r < run; r += together) {
            int count = Math.min(together, run - r), last = n - count;   // the fourth run may be shorter: rows are taken again
            int r0 = first + r, r1 = first + Math.min(last, r + run), r2 = first + Math.min(last, r + 2 * run), r3 = first + Math.min(last, r + 3 * run);
            dots(w, x, w.address(part.rowFrom() + r0, columnFrom), w.address(part.rowFrom() + r1, columnFrom),
                    w.address(part.rowFrom() + r2, columnFrom), w.address(part.rowFrom() + r3, columnFrom), count, k, sums);
            Dot.reduce(sums, 4 * count, results, 0);
            Memory.store(results, 0, count, part.out() + 4L * r0);
            Memory.store(results, count, count, part.out() + 4L * r1);
            Memory.store(results, 2 * count, count, part.out() + 4L * r2);
            Memory.store(results, 3 * count, count, part.out() + 4L * r3);
        }
    }

    private static void dots(Rows w, float[] x, long w0, long w1, long w2, long w3, int rows, int k, float[] sums) {
        switch (w.type()) {
            case F32 -> FourRows.f32(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case F16 -> FourRows.f16(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case BF16 -> FourRows.bf16(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case Q8_0 -> FourRows.q8(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case Q4_0, Q4_K, Q6_K -> throw new IllegalArgumentException("no such kernel for " + w.type());
        }
    }
}
