package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorOperators;

/** Inner products along the common dimension, for few activation rows: nothing is packed. */
final class Dot {

    private Dot() {}

    /** x · w, w read where it lies. */
    static float inPlace(float[] x, int xAt, long w, int n) {
        FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
        int k = 0;
        for (; k <= n - 4 * LANES; k += 4 * LANES) {
            long at = w + 4L * k;
            s0 = FloatVector.fromMemorySegment(F, ALL, at, ORDER).fma(FloatVector.fromArray(F, x, xAt + k), s0);
            s1 = FloatVector.fromMemorySegment(F, ALL, at + 4 * LANES, ORDER).fma(FloatVector.fromArray(F, x, xAt + k + LANES), s1);
            s2 = FloatVector.fromMemorySegment(F, ALL, at + 8 * LANES, ORDER).fma(FloatVector.fromArray(F, x, xAt + k + 2 * LANES), s2);
            s3 = FloatVector.fromMemorySegment(F, ALL, at + 12 * LANES, ORDER).fma(FloatVector.fromArray(F, x, xAt + k + 3 * LANES), s3);
        }
        for (; k <= n - LANES; k += LANES) {
            s0 = FloatVector.fromMemorySegment(F, ALL, w + 4L * k, ORDER).fma(FloatVector.fromArray(F, x, xAt + k), s0);
        }
        float sum = s0.add(s1).add(s2.add(s3)).reduceLanes(VectorOperators.ADD);
        for (; k < n; k++) sum = Math.fma(x[xAt + k], Memory.get(w + 4L * k), sum);
        return sum;
    }

    /** x · w. */
    static float of(float[] x, int xAt, float[] w, int wAt, int n) {
        FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
        int k = 0;
        for (; k <= n - 4 * LANES; k += 4 * LANES) {
            s0 = FloatVector.fromArray(F, w, wAt + k).fma(FloatVector.fromArray(F, x, xAt + k), s0);
            s1 = FloatVector.fromArray(F, w, wAt + k + LANES).fma(FloatVector.fromArray(F, x, xAt + k + LANES), s1);
            s2 = FloatVector.fromArray(F, w, wAt + k + 2 * LANES).fma(FloatVector.fromArray(F, x, xAt + k + 2 * LANES), s2);
            s3 = FloatVector.fromArray(F, w, wAt + k + 3 * LANES).fma(FloatVector.fromArray(F, x, xAt + k + 3 * LANES), s3);
        }
        for (; k <= n - LANES; k += LANES) {
            s0 = FloatVector.fromArray(F, w, wAt + k).fma(FloatVector.fromArray(F, x, xAt + k), s0);
        }
        float sum = s0.add(s1).add(s2.add(s3)).reduceLanes(VectorOperators.ADD);
        for (; k < n; k++) sum = Math.fma(x[xAt + k], w[wAt + k], sum);
        return sum;
    }

    /**
     * Two activation rows with four weight rows, {@code xStride} and {@code wStride} floats apart:
     * out[i · outStride + r] += x row i · w row r.
     */
    static void twoByFour(float[] x, int xAt, int xStride, float[] w, int wAt, int wStride, int n, float[] out, int at, int outStride) {
        FloatVector a0 = FloatVector.zero(F), a1 = a0, a2 = a0, a3 = a0, b0 = a0, b1 = a0, b2 = a0, b3 = a0;
        int k = 0;
        for (; k <= n - LANES; k += LANES) {
            FloatVector x0 = FloatVector.fromArray(F, x, xAt + k), x1 = FloatVector.fromArray(F, x, xAt + xStride + k);
            FloatVector w0 = FloatVector.fromArray(F, w, wAt + k), w1 = FloatVector.fromArray(F, w, wAt + wStride + k);
            FloatVector w2 = FloatVector.fromArray(F, w, wAt + 2 * wStride + k), w3 = FloatVector.fromArray(F, w, wAt + 3 * wStride + k);
            a0 = x0.fma(w0, a0); a1 = x0.fma(w1, a1); a2 = x0.fma(w2, a2); a3 = x0.fma(w3, a3);
            b0 = x1.fma(w0, b0); b1 = x1.fma(w1, b1); b2 = x1.fma(w2, b2); b3 = x1.fma(w3, b3);
        }
        int bt = at + outStride;
        out[at] += a0.reduceLanes(VectorOperators.ADD);     out[at + 1] += a1.reduceLanes(VectorOperators.ADD);
        out[at + 2] += a2.reduceLanes(VectorOperators.ADD); out[at + 3] += a3.reduceLanes(VectorOperators.ADD);
        out[bt] += b0.reduceLanes(VectorOperators.ADD);     out[bt + 1] += b1.reduceLanes(VectorOperators.ADD);
        out[bt + 2] += b2.reduceLanes(VectorOperators.ADD); out[bt + 3] += b3.reduceLanes(VectorOperators.ADD);
        for (; k < n; k++) {
            for (int r = 0; r < 4; r++) {
                float weight = w[wAt + r * wStride + k];
                out[at + r] = Math.fma(x[xAt + k], weight, out[at + r]);
                out[bt + r] = Math.fma(x[xAt + xStride + k], weight, out[bt + r]);
            }
        }
    }
}
