package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.FLOAT;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;

import jdk.incubator.vector.FloatVector;
import org.tornadolens.backend.cpu.Scratch.Use;

/**
 * Some activation rows, one in each lane of a vector, with f32 weight rows where they lie: weights that are met by one
 * vector only are not worth the copy that {@link PackedProduct} makes. A sum is taken from its first column to its last.
 */
final class InLanes {

    /** Weight rows taken at a time, far from each other: as many streams through memory. */
    private static final int ROWS = 12;

    /** Weight elements that are worth waking another thread for. */
    private static final int GRAIN = 4 * 1024;

    private InLanes() {}

    /** out[i, r] = Σ_c x[i, c] · w[rowFrom + r, columnFrom + c] of every part, c &lt; k, i &lt; m; activation rows {@code stride} floats apart. */
    static void multiply(long x, long stride, int m, Part[] parts, int columnFrom, int k) {
        int vectors = (m + LANES - 1) / LANES;
        long packed = Scratch.mine().memory(Use.PACKED_X, (long) vectors * k * LANES);   // [vector, k, LANES]
        if (m < vectors * LANES) Memory.clear(packed + 4L * (vectors - 1) * k * LANES, (long) k * LANES);
        for (int i = 0; i < m; i += LANES) Transpose.byRows(x + 4 * i * stride, 4 * stride, Math.min(LANES, m - i), k, packed + 4L * i * k, 4L * LANES);
        Threads.range(Part.runs(parts, ROWS), Math.max(1, GRAIN / ROWS / k), (from, to) ->
                Part.visit(parts, ROWS, from, to, (part, first, n) -> multiply(packed, m, part, first, n, columnFrom, k)));
    }

    private static void multiply(long packed, int m, Part part, int first, int n, int columnFrom, int k) {
        float[] sums = Scratch.mine().get(Use.RESULTS, ROWS * LANES);
        long[] rows = new long[ROWS];
        int run = (n + ROWS - 1) / ROWS;
        for (int r = first; r < first + run; r++) {
            for (int j = 0; j < ROWS; j++) rows[j] = part.w().address(part.rowFrom() + row(r, j, run, first + n), columnFrom);
            for (int i = 0; i < m; i += LANES) {
                twelve(packed + 4L * i * k, rows, k, sums);
                for (int lane = 0; lane < Math.min(LANES, m - i); lane++) {
                    long out = part.out() + 4 * (i + lane) * part.outStride();
                    for (int j = 0; j < ROWS; j++) Memory.set(out + 4L * row(r, j, run, first + n), sums[j * LANES + lane]);
                }
            }
        }
    }

    /** The row that stands beside {@code r} in run {@code j}; past the last it is taken again. */
    private static int row(int r, int j, int run, int end) { return Math.min(end - 1, r + j * run); }

    /** sums[j · LANES + lane] = Σ_k x[k, lane] · row j [k]. */
    private static void twelve(long x, long[] rows, int n, float[] sums) {
        long w0 = rows[0], w1 = rows[1], w2 = rows[2], w3 = rows[3];
        long w4 = rows[4], w5 = rows[5], w6 = rows[6], w7 = rows[7];
        long w8 = rows[8], w9 = rows[9], w10 = rows[10], w11 = rows[11];
        FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0, s4 = s0, s5 = s0;
        FloatVector s6 = s0, s7 = s0, s8 = s0, s9 = s0, s10 = s0, s11 = s0;
        for (int k = 0; k < n; k++) {
            FloatVector v = FloatVector.fromMemorySegment(F, ALL, x + 4L * LANES * k, ORDER);
            s0 = FloatVector.broadcast(F, ALL.get(FLOAT, w0 + 4L * k)).fma(v, s0);
            s1 = FloatVector.broadcast(F, ALL.get(FLOAT, w1 + 4L * k)).fma(v, s1);
            s2 = FloatVector.broadcast(F, ALL.get(FLOAT, w2 + 4L * k)).fma(v, s2);
            s3 = FloatVector.broadcast(F, ALL.get(FLOAT, w3 + 4L * k)).fma(v, s3);
            s4 = FloatVector.broadcast(F, ALL.get(FLOAT, w4 + 4L * k)).fma(v, s4);
            s5 = FloatVector.broadcast(F, ALL.get(FLOAT, w5 + 4L * k)).fma(v, s5);
            s6 = FloatVector.broadcast(F, ALL.get(FLOAT, w6 + 4L * k)).fma(v, s6);
            s7 = FloatVector.broadcast(F, ALL.get(FLOAT, w7 + 4L * k)).fma(v, s7);
            s8 = FloatVector.broadcast(F, ALL.get(FLOAT, w8 + 4L * k)).fma(v, s8);
            s9 = FloatVector.broadcast(F, ALL.get(FLOAT, w9 + 4L * k)).fma(v, s9);
            s10 = FloatVector.broadcast(F, ALL.get(FLOAT, w10 + 4L * k)).fma(v, s10);
            s11 = FloatVector.broadcast(F, ALL.get(FLOAT, w11 + 4L * k)).fma(v, s11);
        }
        s0.intoArray(sums, 0); s1.intoArray(sums, 1 * LANES); s2.intoArray(sums, 2 * LANES); s3.intoArray(sums, 3 * LANES);
        s4.intoArray(sums, 4 * LANES); s5.intoArray(sums, 5 * LANES); s6.intoArray(sums, 6 * LANES); s7.intoArray(sums, 7 * LANES);
        s8.intoArray(sums, 8 * LANES); s9.intoArray(sums, 9 * LANES); s10.intoArray(sums, 10 * LANES); s11.intoArray(sums, 11 * LANES);
    }
}
