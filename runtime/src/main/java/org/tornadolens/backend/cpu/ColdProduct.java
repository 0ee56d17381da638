package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.LANES;

import java.util.concurrent.atomic.AtomicLong;
import org.tornadolens.tensor.DType;

/**
 * The first products of a process, in plain loops. Until the compiler has come to them, vector operations are method
 * calls that allocate, a hundred times as slow as loops, which are compiled within milliseconds: without this, a short
 * script on a small model would spend half its time here. The sums are taken lane by lane as the vector kernels take
 * them, so that the numbers are the same to the last bit.
 */
final class ColdProduct {

    /** Multiply-adds of a process that are done this way: milliseconds for the loops, and all that a small model's first run takes. */
    private static final long AMOUNT = 16 << 20;
    private static final AtomicLong done = new AtomicLong();

    private static final float F16_WEIGHTS = 0x1p112f;   // what FourRows.f16 sees weights multiplied by

    private ColdProduct() {}

    /** Whether the process is young enough, and this a product that has plain loops; if so, it counts as done. */
    static boolean takes(int m, Part[] parts, int k) {
        if (done.get() >= AMOUNT) return false;
        long rows = 0;
        for (Part part : parts) {
            if (!has(part.w().type()) || part.w().type() != parts[0].w().type()) return false;
            rows += part.rows();
        }
        return done.addAndGet(m * rows * k) <= AMOUNT;
    }

    /** The types whose elements stand alone. */
    static boolean has(DType type) { return !type.quantised(); }

    /** What {@link MatrixProduct} computes for few activation rows; on this thread alone, as the others' compilers have work to do. */
    static void multiply(long x, long xStride, int m, Part[] parts, int columnFrom, int k) {
        float[] activations = new float[m * k], row = new float[k], lanes = new float[LANES];
        for (int i = 0; i < m; i++) load(x + 4 * i * xStride, DType.F32, k, activations, i * k);
        if (m > MatrixProduct.FEW) {
            columnAfterColumn(activations, m, parts, columnFrom, k);
            return;
        }
        DType type = parts[0].w().type();
        boolean paired = m == 1 && type != DType.F32, scaled = m == 1 && type == DType.F16;
        if (scaled) for (int c = 0; c < k; c++) activations[c] *= FourRows.F16_FACTOR;
        for (Part part : parts) {
            for (int r = 0; r < part.rows(); r++) {
                load(part.w().address(part.rowFrom() + r, columnFrom), part.w().type(), k, row, 0);
                for (int i = 0; i < m; i++) {
                    float product = paired ? pairedDot(activations, row, k, scaled, lanes)
                            : dot(activations, i * k, row, k, lanes);
                    Memory.set(part.out() + 4 * (i * part.outStride() + r), product);
                }
            }
        }
    }

    /** As {@link Tile} takes them. */
    private static void columnAfterColumn(float[] activations, int m, Part[] parts, int columnFrom, int k) {
        float[] upright = new float[k * m], row = new float[k], sums = new float[m];
        for (int i = 0; i < m; i++) for (int c = 0; c < k; c++) upright[c * m + i] = activations[i * k + c];
        for (Part part : parts) {
            for (int r = 0; r < part.rows(); r++) {
                load(part.w().address(part.rowFrom() + r, columnFrom), part.w().type(), k, row, 0);
                column(upright, m, row, k, sums);
                for (int i = 0; i < m; i++) Memory.set(part.out() + 4 * (i * part.outStride() + r), sums[i]);
            }
        }
    }

    private static void column(float[] x, int m, float[] w, int k, float[] sums) {
        for (int i = 0; i < m; i++) sums[i] = 0;
        for (int c = 0; c < k; c++) for (int i = 0; i < m; i++) sums[i] = Math.fma(x[c * m + i], w[c], sums[i]);
    }

    /** As {@link Dot} takes them: lanes by fused multiply-adds, what is left over to the first of them. */
    private static float dot(float[] x, int at, float[] w, int k, float[] lanes) {
        int whole = sums(x, at, w, k, lanes);
        for (int c = whole; c < k; c++) lanes[0] += x[at + c] * w[c];
        return folded(lanes);
    }

    /** As {@link FourRows#bf16} and {@link FourRows#f16} take them: even elements, then odd ones; the latter's scaled. */
    private static float pairedDot(float[] x, float[] w, int k, boolean scaled, float[] lanes) {
        if (scaled) for (int c = 0; c < k; c++) w[c] *= F16_WEIGHTS;
        for (int lane = 0; lane < LANES; lane++) lanes[lane] = 0;
        int whole = k - k % FourRows.PAIRS;
        for (int c = 0; c < whole; c += FourRows.PAIRS) {
            for (int lane = 0; lane < LANES; lane++)
                lanes[lane] = Math.fma(x[c + 2 * lane], w[c + 2 * lane], lanes[lane]);
            for (int lane = 0; lane < LANES; lane++)
                lanes[lane] = Math.fma(x[c + 2 * lane + 1], w[c + 2 * lane + 1], lanes[lane]);
        }
        if (scaled) for (int lane = 0; lane < LANES; lane++) lanes[lane] *= FourRows.F16_RESULT;
        for (int c = whole; c < k; c++)
            lanes[0] += scaled ? x[c] / FourRows.F16_FACTOR * (w[c] / F16_WEIGHTS) : x[c] * w[c];
        return folded(lanes);
    }

    private static int sums(float[] x, int at, float[] w, int k, float[] lanes) {
        for (int lane = 0; lane < LANES; lane++) lanes[lane] = 0;
        int whole = k - k % LANES;
        for (int c = 0; c < whole; c += LANES) {
            for (int lane = 0; lane < LANES; lane++) lanes[lane] = Math.fma(x[at + c + lane], w[c + lane], lanes[lane]);
        }
        return whole;
    }

    /** Halves added to halves, as in {@link Dot#reduce}. */
    private static float folded(float[] lanes) {
        for (int half = LANES / 2; half > 0; half /= 2)
            for (int lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
        return lanes[0];
    }

    private static void load(long source, DType type, int n, float[] target, int at) {
        type.format().decode(Memory.ALL, source, n, target, at);
    }
}
