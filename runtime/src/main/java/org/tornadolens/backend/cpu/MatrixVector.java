package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.LANES;

import org.tornadolens.backend.cpu.Scratch.Use;

/** A weight times one activation row, at the speed of memory: the products of generation. */
final class MatrixVector {

    /** Weight bytes that are worth waking another thread for. */
    private static final int GRAIN = 64 * 1024;

    private MatrixVector() {}

    /** True where there is a kernel for this type and window; {@link MatrixProduct} has a general way for others. */
    static boolean takes(Rows w, int columnFrom, int k) {
        return switch (w.type()) {
            case F32, F16, BF16 -> true;
            case Q8_0 -> columnFrom % w.type().blockElements() == 0 && k % w.type().blockElements() == 0;
            case Q4_0, Q4_K, Q6_K -> false;
        };
    }

    /**
     * out[r] = Σ_c x[c] · w[rowFrom + r, columnFrom + c], r &lt; n, c &lt; k. A thread's share of the rows is cut into four
     * runs, of which it takes a row each at a time: four streams through memory that each go straight on let the
     * processor fetch further ahead than neighbouring rows do.
     */
    static void multiply(long x, Rows w, int rowFrom, int n, int columnFrom, int k, long out) {
        float[] activations = activations(x, w, k);
        int grain = (int) Math.max(1, GRAIN / 4 / w.type().bytes(k));
        Threads.range((n + 3) / 4, grain, (from, to) -> {
            float[] sums = Scratch.mine().get(Use.RESULTS, 4 * LANES), results = Scratch.mine().get(Use.BLOCK, 4);
            int first = 4 * from, last = Math.min(4 * to, n) - 1, run = (last - first + 4) / 4;
            for (int r = first; r < first + run; r++) {
                // past the last row it is taken again
                int r1 = Math.min(last, r + run), r2 = Math.min(last, r + 2 * run), r3 = Math.min(last, r + 3 * run);
                dots(w, activations, w.address(rowFrom + r, columnFrom), w.address(rowFrom + r1, columnFrom),
                        w.address(rowFrom + r2, columnFrom), w.address(rowFrom + r3, columnFrom), k, sums);
                Dot.reduce(sums, 4, results, 0);
                Memory.set(out + 4L * r, results[0]);
                Memory.set(out + 4L * r1, results[1]);
                Memory.set(out + 4L * r2, results[2]);
                Memory.set(out + 4L * r3, results[3]);
            }
        });
    }

    private static float[] activations(long x, Rows w, int k) {
        float[] copy = Scratch.mine().get(Use.PACKED_X, k);
        Memory.load(x, k, copy, 0);
        if (w.type() == org.tornadolens.tensor.DType.F16) for (int c = 0; c < k; c++) copy[c] *= FourRows.F16_FACTOR;
        return copy;
    }

    private static void dots(Rows w, float[] x, long w0, long w1, long w2, long w3, int k, float[] sums) {
        switch (w.type()) {
            case F32 -> FourRows.f32(x, w0, w1, w2, w3, k, sums);
            case F16 -> FourRows.f16(x, w0, w1, w2, w3, k, sums);
            case BF16 -> FourRows.bf16(x, w0, w1, w2, w3, k, sums);
            case Q8_0 -> FourRows.q8(x, w0, w1, w2, w3, k, sums);
            case Q4_0, Q4_K, Q6_K -> throw new IllegalArgumentException("no such kernel for " + w.type());
        }
    }
}
