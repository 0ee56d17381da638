package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.LANES;

import java.util.Map;
import java.util.function.IntUnaryOperator;
import org.tornadolens.backend.cpu.Scratch.Use;
import org.tornadolens.tensor.DType;

/** Weights times one activation row, at the speed of memory: the products of generation. */
final class MatrixVector {

    /** Weight bytes that are worth waking another thread for. */
    private static final int GRAIN = 64 * 1024;

    /** Rows of a run whose sums are added up together: between them memory is waited for. */
    private static final int TOGETHER = 16;

    private MatrixVector() {}

    /** The types that have a kernel here; {@link MatrixProduct} has a general way for the others. */
    private static final Map<DType, Kernel> KERNELS = Map.of(
            DType.F32, fourByFour(Memory::load, FourRows::f32),
            DType.F16, fourByFour((x, k, target, at) -> FourRows.pairs(x, k, FourRows.F16_FACTOR, target), FourRows::f16),
            DType.BF16, fourByFour((x, k, target, at) -> FourRows.pairs(x, k, 1, target), FourRows::bf16),
            DType.Q8_0, fourByFour(Memory::load, FourRows::q8),
            DType.Q4_K, oneByOne(DType.Q4_K, SuperblockRows::q4k),
            DType.Q6_K, oneByOne(DType.Q6_K, SuperblockRows::q6k));

    /**
     * How rows of one type are multiplied by one activation row.
     *
     * @param length  floats that k prepared activations take
     * @param prepare puts activations into the order that the products want
     * @param rows    multiplies some rows of a part
     */
    private record Kernel(IntUnaryOperator length, Preparation prepare, Products rows) {}

    private interface Preparation { void activations(long x, int k, float[] target, int at); }

    private interface Products { void multiply(float[] x, Part part, int first, int n, int columnFrom, int k); }

    /** Four runs of rows, {@code rowBytes} apart, as {@link FourRows} takes them. */
    private interface Runs {
        void dots(float[] x, long w0, long w1, long w2, long w3, long rowBytes, int rows, int k, float[] sums);
    }

    /** One run of rows, as {@link SuperblockRows} takes it. */
    private interface Run { void dots(float[] x, long w, long rowBytes, int rows, int k, float[] sums); }

    private static Kernel fourByFour(Preparation prepare, Runs runs) {
        return new Kernel(k -> k, prepare,
                (x, part, first, n, columnFrom, k) -> fourByFour(runs, x, part, first, n, columnFrom, k));
    }

    private static Kernel oneByOne(DType type, Run run) {
        return new Kernel(SuperblockRows::length, (x, k, target, at) -> SuperblockRows.activations(type, x, k, target),
                (x, part, first, n, columnFrom, k) -> oneByOne(run, x, part, first, n, columnFrom, k));
    }

    /** Returns true where there is a kernel for this window of the parts, which are of one type. */
    static boolean takes(Part[] parts, int columnFrom, int k) {
        DType type = parts[0].w().type();
        return KERNELS.containsKey(type) && columnFrom % type.blockElements() == 0 && k % type.blockElements() == 0;
    }

    /** out[r] = Σ_c x[c] · w[rowFrom + r, columnFrom + c], c &lt; k, of every part. */
    static void multiply(long x, Part[] parts, int columnFrom, int k) {
        DType type = parts[0].w().type();
        Kernel kernel = KERNELS.get(type);
        float[] activations = Scratch.mine().get(Use.PACKED_X, kernel.length().applyAsInt(k));
        kernel.prepare().activations(x, k, activations, 0);
        Threads.range(Part.runs(parts, 4), (int) Math.max(1, GRAIN / 4 / type.bytes(k)), (from, to) ->
                Part.visit(parts, 4, from, to, (part, first, n) ->
                        kernel.rows().multiply(activations, part, first, n, columnFrom, k)));
    }

    /** Rows one after the other: decoding them takes longer than memory does. */
    private static void oneByOne(Run dots, float[] x, Part part, int first, int n, int columnFrom, int k) {
        float[] sums = Scratch.mine().get(Use.RESULTS, 4 * TOGETHER * LANES), results = Scratch.mine().get(Use.BLOCK, 4 * TOGETHER);
        Rows w = part.w();
        int together = w.inOrder() ? 4 * TOGETHER : 1;
        for (int r = first; r < first + n; r += together) {
            int count = Math.min(together, first + n - r);
            long at = w.address(part.rowFrom() + r, columnFrom);
            dots.dots(x, at, w.rowBytes(), count, k, sums);
            Dot.reduce(sums, (count + 3) / 4 * 4, results, 0);
            Memory.store(results, 0, count, part.out() + 4L * r);
        }
    }

    /**
     * The rows are cut into four runs, of which some rows each are taken at a time: four streams through memory that each
     * go straight on let the processor fetch further ahead than neighbouring rows do.
     */
    private static void fourByFour(Runs dots, float[] x, Part part, int first, int n, int columnFrom, int k) {
        float[] sums = Scratch.mine().get(Use.RESULTS, 4 * TOGETHER * LANES), results = Scratch.mine().get(Use.BLOCK, 4 * TOGETHER);
        Rows w = part.w();
        int run = (n + 3) / 4, together = w.inOrder() ? TOGETHER : 1;
        for (int r = 0; r < run; r += together) {
            int count = Math.min(together, run - r), last = n - count;   // the fourth run may be shorter: rows are taken again
            int r0 = first + r, r1 = first + Math.min(last, r + run), r2 = first + Math.min(last, r + 2 * run), r3 = first + Math.min(last, r + 3 * run);
            dots.dots(x, w.address(part.rowFrom() + r0, columnFrom), w.address(part.rowFrom() + r1, columnFrom),
                    w.address(part.rowFrom() + r2, columnFrom), w.address(part.rowFrom() + r3, columnFrom), w.rowBytes(), count, k, sums);
            Dot.reduce(sums, 4 * count, results, 0);
            Memory.store(results, 0, count, part.out() + 4L * r0);
            Memory.store(results, count, count, part.out() + 4L * r1);
            Memory.store(results, 2 * count, count, part.out() + 4L * r2);
            Memory.store(results, 3 * count, count, part.out() + 4L * r3);
        }
    }
}
