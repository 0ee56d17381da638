package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.LANES;

import java.util.concurrent.atomic.AtomicLong;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.tensor.DType;

/**
 * The first products of a process, in plain loops. Until they are compiled, vector operations are method calls that
 * allocate, a hundred times as slow as loops, which are compiled within milliseconds: without this class a short script
 * on a small model would spend half its time here. Sums are taken lane by lane as the vector kernels take them, so that
 * the numbers are the same to the last bit.
 */
final class ColdProduct {

    /**
     * Multiply-adds of a process that are computed this way: milliseconds of loops, and a small model's whole first
     * run.
     */
    private static final long MAX_MULTIPLY_ADDS = 16 << 20;
    private static final AtomicLong taken = new AtomicLong();

    private static final float F16_WEIGHTS = 0x1p112f;   // FourRows.f16 sees weights multiplied by this

    private ColdProduct() {}

    /**
     * Whether the process is young enough and the weights have plain loops; if so, the product counts as computed by
     * them.
     */
    static boolean takes(int m, WeightSlice[] slices, int k) {
        if (taken.get() >= MAX_MULTIPLY_ADDS) return false;
        long rows = 0;
        for (WeightSlice slice : slices) {
            if (!has(slice.weight().type()) || slice.weight().type() != slices[0].weight().type()) return false;
            rows += slice.rows();
        }
        return taken.addAndGet(m * rows * k) <= MAX_MULTIPLY_ADDS;
    }

    /** Whether a type stores each element by itself. */
    static boolean has(DType type) { return !type.quantised(); }

    /** Computes the product on this thread alone, because the compiler threads need the other cores. */
    static void multiply(long x, long xStride, int m, WeightSlice[] slices, int columnFrom, int k) {
        float[] activations = new float[m * k], row = new float[k], lanes = new float[LANES];
        for (int i = 0; i < m; i++) load(x + 4 * i * xStride, DType.F32, k, activations, i * k);
        if (m > ProductKernel.MAX_ROWS_WITHOUT_PACKING) {
            columnAfterColumn(activations, m, slices, columnFrom, k);
            return;
        }
        DType type = slices[0].weight().type();
        boolean paired = m == 1 && type != DType.F32, scaled = m == 1 && type == DType.F16;
        if (scaled) for (int c = 0; c < k; c++) activations[c] *= FourRows.F16_FACTOR;
        for (WeightSlice slice : slices) {
            for (int r = 0; r < slice.rows(); r++) {
                load(slice.weight().address(slice.firstRow() + r, columnFrom), slice.weight().type(), k, row, 0);
                for (int i = 0; i < m; i++) {
                    float product = paired ? pairedDot(activations, row, k, scaled, lanes)
                            : dot(activations, i * k, row, k, lanes);
                    Memory.set(slice.out() + 4 * (i * slice.outStride() + r), product);
                }
            }
        }
    }

    /** Sums are taken in the order of {@link Tile}. */
    private static void columnAfterColumn(float[] activations, int m, WeightSlice[] slices, int columnFrom, int k) {
        float[] transposed = new float[k * m], row = new float[k], sums = new float[m];
        for (int i = 0; i < m; i++) for (int c = 0; c < k; c++) transposed[c * m + i] = activations[i * k + c];
        for (WeightSlice slice : slices) {
            for (int r = 0; r < slice.rows(); r++) {
                load(slice.weight().address(slice.firstRow() + r, columnFrom), slice.weight().type(), k, row, 0);
                column(transposed, m, row, k, sums);
                for (int i = 0; i < m; i++) Memory.set(slice.out() + 4 * (i * slice.outStride() + r), sums[i]);
            }
        }
    }

    private static void column(float[] x, int m, float[] w, int k, float[] sums) {
        for (int i = 0; i < m; i++) sums[i] = 0;
        for (int c = 0; c < k; c++) for (int i = 0; i < m; i++) sums[i] = Math.fma(x[c * m + i], w[c], sums[i]);
    }

    /** Sums are taken in the order of {@link Dot}: lanes by fused multiply-adds, the rest to the first lane. */
    private static float dot(float[] x, int at, float[] w, int k, float[] lanes) {
        int whole = sums(x, at, w, k, lanes);
        for (int c = whole; c < k; c++) lanes[0] += x[at + c] * w[c];
        return folded(lanes);
    }

    /**
     * Sums are taken in the order of {@link FourRows#bf16}, or {@link FourRows#f16} where scaled: even elements, then
     * odd ones.
     */
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

    /** Adds halves to halves, as {@link Dot#reduce} does. */
    private static float folded(float[] lanes) {
        for (int half = LANES / 2; half > 0; half /= 2)
            for (int lane = 0; lane < half; lane++) lanes[lane] += lanes[lane + half];
        return lanes[0];
    }

    private static void load(long source, DType type, int n, float[] target, int at) {
        type.format().decode(Memory.ALL, source, n, target, at);
    }
}
