package org.tornadolens.linalg;

import java.lang.foreign.MemorySegment;
import org.tornadolens.backend.cpu.MatrixProduct;
import org.tornadolens.tensor.Weight;

/**
 * Products of f32 rows with the transpose of a weight, which is read in place and in its stored type:
 * {@code out[i, r] = Σ_c x[i, c] · w[r, c]}.
 */
public final class Products {

    private Products() {}

    /**
     * Multiplies rows with the whole weight.
     *
     * @param x   [m, w.columns]
     * @param out [m, w.rows]; must not overlap {@code x}
     */
    public static void multiply(MemorySegment x, int m, Weight w, MemorySegment out) {
        MatrixProduct.multiply(x, m, w, out);
    }

    /**
     * Multiplies rows with consecutive rows of the weight: {@code out[i, r]} belongs to its row {@code first + r}.
     *
     * @param x         [m, w.columns]
     * @param first     the first row of the weight, from 0
     * @param count     number of rows of the weight
     * @param out       [m, count]; must not overlap {@code x}
     * @param outStride floats from one row of {@code out} to the next, at least {@code count}
     * @throws IllegalArgumentException if the weight has no such rows, or {@code x} or {@code out} is too small
     */
    public static void multiply(MemorySegment x, int m, Weight w, int first, int count, MemorySegment out,
            long outStride) {
        MatrixProduct.multiply(x, w.columns(), m, w, first, count, 0, w.columns(), out, outStride);
    }
}
