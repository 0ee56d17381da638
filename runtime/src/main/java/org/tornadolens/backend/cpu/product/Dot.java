package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.util.function.IntPredicate;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorShuffle;
import org.tornadolens.backend.cpu.memory.Memory;

/** Inner products along the common dimension, for few activation rows, without packing. */
public final class Dot {

    /** Masks of the upper half of the lanes, and of every second quarter of them. */
    private static final VectorMask<Float> HALVES = lanes(lane -> (lane & LANES / 2) != 0),
            QUARTERS = lanes(lane -> (lane & LANES / 4) != 0);
    private static final VectorShuffle<Float> SWAP_HALVES = swap(LANES / 2), SWAP_QUARTERS = swap(LANES / 4);
    private static final VectorShuffle<Float> SWAP_EIGHTHS = swap(LANES / 8), SWAP_SIXTEENTHS = swap(LANES / 16);
    private static final VectorShuffle<Float> QUARTER_STARTS = VectorShuffle.fromOp(F, lane -> lane % 4 * (LANES / 4));

    private Dot() {}

    private static VectorMask<Float> lanes(IntPredicate set) {
        boolean[] bits = new boolean[LANES];
        for (int lane = 0; lane < LANES; lane++) bits[lane] = set.test(lane);
        return VectorMask.fromArray(F, bits, 0);
    }

    /** Returns the shuffle by which lane l takes lane l ^ distance. */
    private static VectorShuffle<Float> swap(int distance) {
        return VectorShuffle.fromOp(F, lane -> lane ^ distance);
    }

    /**
     * Multiplies an activation row by four weight rows, all in memory: the lanes sums[r · LANES …] += x · w row r. Four
     * rows at a time keep more reads of memory in flight than one after the other, and share the activations.
     */
    public static void oneByFour(long x, long w0, long w1, long w2, long w3, int n, float[] sums) {
        FloatVector s0 = FloatVector.fromArray(F, sums, 0), s1 = FloatVector.fromArray(F, sums, LANES);
        FloatVector s2 = FloatVector.fromArray(F, sums, 2 * LANES), s3 = FloatVector.fromArray(F, sums, 3 * LANES);
        int k = 0;
        for (; k <= n - LANES; k += LANES) {
            long step = 4L * k;
            FloatVector v = FloatVector.fromMemorySegment(F, ALL, x + step, ORDER);
            s0 = v.fma(FloatVector.fromMemorySegment(F, ALL, w0 + step, ORDER), s0);
            s1 = v.fma(FloatVector.fromMemorySegment(F, ALL, w1 + step, ORDER), s1);
            s2 = v.fma(FloatVector.fromMemorySegment(F, ALL, w2 + step, ORDER), s2);
            s3 = v.fma(FloatVector.fromMemorySegment(F, ALL, w3 + step, ORDER), s3);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(s0).intoArray(sums, 0);
        one.mul(s1).intoArray(sums, LANES);
        one.mul(s2).intoArray(sums, 2 * LANES);
        one.mul(s3).intoArray(sums, 3 * LANES);
        for (; k < n; k++) {
            long step = 4L * k;
            float v = Memory.get(x + step);
            sums[0] += v * Memory.get(w0 + step);
            sums[LANES] += v * Memory.get(w1 + step);
            sums[2 * LANES] += v * Memory.get(w2 + step);
            sums[3 * LANES] += v * Memory.get(w3 + step);
        }
    }

    /** Multiplies an activation row by four decoded weight rows, {@code stride} floats apart. */
    static void oneByFour(long x, float[] w, int at, int stride, int n, float[] sums) {
        FloatVector s0 = FloatVector.fromArray(F, sums, 0), s1 = FloatVector.fromArray(F, sums, LANES);
        FloatVector s2 = FloatVector.fromArray(F, sums, 2 * LANES), s3 = FloatVector.fromArray(F, sums, 3 * LANES);
        int k = 0;
        for (; k <= n - LANES; k += LANES) {
            FloatVector v = FloatVector.fromMemorySegment(F, ALL, x + 4L * k, ORDER);
            s0 = v.fma(FloatVector.fromArray(F, w, at + k), s0);
            s1 = v.fma(FloatVector.fromArray(F, w, at + stride + k), s1);
            s2 = v.fma(FloatVector.fromArray(F, w, at + 2 * stride + k), s2);
            s3 = v.fma(FloatVector.fromArray(F, w, at + 3 * stride + k), s3);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(s0).intoArray(sums, 0);
        one.mul(s1).intoArray(sums, LANES);
        one.mul(s2).intoArray(sums, 2 * LANES);
        one.mul(s3).intoArray(sums, 3 * LANES);
        for (; k < n; k++) {
            float v = Memory.get(x + 4L * k);
            for (int r = 0; r < 4; r++) sums[r * LANES] += v * w[at + r * stride + k];
        }
    }

    /**
     * Multiplies four activation rows in memory by four decoded weight rows, {@code stride} floats apart: the lanes
     * sums[to + (4i + r) · LANES …] += x row i · w row r, which {@link #reduce} adds up.
     */
    static void fourByFour(long x0, long x1, long x2, long x3, float[] w, int at, int stride, int n, float[] sums,
            int to) {
        FloatVector s00 = FloatVector.fromArray(F, sums, to), s01 = FloatVector.fromArray(F, sums, to + 1 * LANES);
        FloatVector s02 = FloatVector.fromArray(F, sums, to + 2 * LANES),
                s03 = FloatVector.fromArray(F, sums, to + 3 * LANES);
        FloatVector s10 = FloatVector.fromArray(F, sums, to + 4 * LANES),
                s11 = FloatVector.fromArray(F, sums, to + 5 * LANES);
        FloatVector s12 = FloatVector.fromArray(F, sums, to + 6 * LANES),
                s13 = FloatVector.fromArray(F, sums, to + 7 * LANES);
        FloatVector s20 = FloatVector.fromArray(F, sums, to + 8 * LANES),
                s21 = FloatVector.fromArray(F, sums, to + 9 * LANES);
        FloatVector s22 = FloatVector.fromArray(F, sums, to + 10 * LANES),
                s23 = FloatVector.fromArray(F, sums, to + 11 * LANES);
        FloatVector s30 = FloatVector.fromArray(F, sums, to + 12 * LANES),
                s31 = FloatVector.fromArray(F, sums, to + 13 * LANES);
        FloatVector s32 = FloatVector.fromArray(F, sums, to + 14 * LANES),
                s33 = FloatVector.fromArray(F, sums, to + 15 * LANES);
        int k = 0;
        for (; k <= n - LANES; k += LANES) {
            long step = 4L * k;
            FloatVector v0 = FloatVector.fromMemorySegment(F, ALL, x0 + step, ORDER);
            FloatVector v1 = FloatVector.fromMemorySegment(F, ALL, x1 + step, ORDER);
            FloatVector v2 = FloatVector.fromMemorySegment(F, ALL, x2 + step, ORDER);
            FloatVector v3 = FloatVector.fromMemorySegment(F, ALL, x3 + step, ORDER);
            FloatVector w0 = FloatVector.fromArray(F, w, at + k);
            s00 = v0.fma(w0, s00);
            s10 = v1.fma(w0, s10);
            s20 = v2.fma(w0, s20);
            s30 = v3.fma(w0, s30);
            FloatVector w1 = FloatVector.fromArray(F, w, at + stride + k);
            s01 = v0.fma(w1, s01);
            s11 = v1.fma(w1, s11);
            s21 = v2.fma(w1, s21);
            s31 = v3.fma(w1, s31);
            FloatVector w2 = FloatVector.fromArray(F, w, at + 2 * stride + k);
            s02 = v0.fma(w2, s02);
            s12 = v1.fma(w2, s12);
            s22 = v2.fma(w2, s22);
            s32 = v3.fma(w2, s32);
            FloatVector w3 = FloatVector.fromArray(F, w, at + 3 * stride + k);
            s03 = v0.fma(w3, s03);
            s13 = v1.fma(w3, s13);
            s23 = v2.fma(w3, s23);
            s33 = v3.fma(w3, s33);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(s00).intoArray(sums, to);
        one.mul(s01).intoArray(sums, to + 1 * LANES);
        one.mul(s02).intoArray(sums, to + 2 * LANES);
        one.mul(s03).intoArray(sums, to + 3 * LANES);
        one.mul(s10).intoArray(sums, to + 4 * LANES);
        one.mul(s11).intoArray(sums, to + 5 * LANES);
        one.mul(s12).intoArray(sums, to + 6 * LANES);
        one.mul(s13).intoArray(sums, to + 7 * LANES);
        one.mul(s20).intoArray(sums, to + 8 * LANES);
        one.mul(s21).intoArray(sums, to + 9 * LANES);
        one.mul(s22).intoArray(sums, to + 10 * LANES);
        one.mul(s23).intoArray(sums, to + 11 * LANES);
        one.mul(s30).intoArray(sums, to + 12 * LANES);
        one.mul(s31).intoArray(sums, to + 13 * LANES);
        one.mul(s32).intoArray(sums, to + 14 * LANES);
        one.mul(s33).intoArray(sums, to + 15 * LANES);
        for (; k < n; k++) {
            long step = 4L * k;
            for (int r = 0; r < 4; r++) {
                rest(Memory.get(x0 + step), Memory.get(x1 + step), Memory.get(x2 + step), Memory.get(x3 + step),
                        w[at + r * stride + k], sums, to + r * LANES);
            }
        }
    }

    /** Multiplies four activation rows by four f32 weight rows where they lie. */
    static void fourByFour(long x0, long x1, long x2, long x3, long r0, long r1, long r2, long r3, int n, float[] sums,
            int to) {
        FloatVector s00 = FloatVector.fromArray(F, sums, to), s01 = FloatVector.fromArray(F, sums, to + 1 * LANES);
        FloatVector s02 = FloatVector.fromArray(F, sums, to + 2 * LANES),
                s03 = FloatVector.fromArray(F, sums, to + 3 * LANES);
        FloatVector s10 = FloatVector.fromArray(F, sums, to + 4 * LANES),
                s11 = FloatVector.fromArray(F, sums, to + 5 * LANES);
        FloatVector s12 = FloatVector.fromArray(F, sums, to + 6 * LANES),
                s13 = FloatVector.fromArray(F, sums, to + 7 * LANES);
        FloatVector s20 = FloatVector.fromArray(F, sums, to + 8 * LANES),
                s21 = FloatVector.fromArray(F, sums, to + 9 * LANES);
        FloatVector s22 = FloatVector.fromArray(F, sums, to + 10 * LANES),
                s23 = FloatVector.fromArray(F, sums, to + 11 * LANES);
        FloatVector s30 = FloatVector.fromArray(F, sums, to + 12 * LANES),
                s31 = FloatVector.fromArray(F, sums, to + 13 * LANES);
        FloatVector s32 = FloatVector.fromArray(F, sums, to + 14 * LANES),
                s33 = FloatVector.fromArray(F, sums, to + 15 * LANES);
        int k = 0;
        for (; k <= n - LANES; k += LANES) {
            long step = 4L * k;
            FloatVector v0 = FloatVector.fromMemorySegment(F, ALL, x0 + step, ORDER);
            FloatVector v1 = FloatVector.fromMemorySegment(F, ALL, x1 + step, ORDER);
            FloatVector v2 = FloatVector.fromMemorySegment(F, ALL, x2 + step, ORDER);
            FloatVector v3 = FloatVector.fromMemorySegment(F, ALL, x3 + step, ORDER);
            FloatVector w0 = FloatVector.fromMemorySegment(F, ALL, r0 + step, ORDER);
            s00 = v0.fma(w0, s00);
            s10 = v1.fma(w0, s10);
            s20 = v2.fma(w0, s20);
            s30 = v3.fma(w0, s30);
            FloatVector w1 = FloatVector.fromMemorySegment(F, ALL, r1 + step, ORDER);
            s01 = v0.fma(w1, s01);
            s11 = v1.fma(w1, s11);
            s21 = v2.fma(w1, s21);
            s31 = v3.fma(w1, s31);
            FloatVector w2 = FloatVector.fromMemorySegment(F, ALL, r2 + step, ORDER);
            s02 = v0.fma(w2, s02);
            s12 = v1.fma(w2, s12);
            s22 = v2.fma(w2, s22);
            s32 = v3.fma(w2, s32);
            FloatVector w3 = FloatVector.fromMemorySegment(F, ALL, r3 + step, ORDER);
            s03 = v0.fma(w3, s03);
            s13 = v1.fma(w3, s13);
            s23 = v2.fma(w3, s23);
            s33 = v3.fma(w3, s33);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(s00).intoArray(sums, to);
        one.mul(s01).intoArray(sums, to + 1 * LANES);
        one.mul(s02).intoArray(sums, to + 2 * LANES);
        one.mul(s03).intoArray(sums, to + 3 * LANES);
        one.mul(s10).intoArray(sums, to + 4 * LANES);
        one.mul(s11).intoArray(sums, to + 5 * LANES);
        one.mul(s12).intoArray(sums, to + 6 * LANES);
        one.mul(s13).intoArray(sums, to + 7 * LANES);
        one.mul(s20).intoArray(sums, to + 8 * LANES);
        one.mul(s21).intoArray(sums, to + 9 * LANES);
        one.mul(s22).intoArray(sums, to + 10 * LANES);
        one.mul(s23).intoArray(sums, to + 11 * LANES);
        one.mul(s30).intoArray(sums, to + 12 * LANES);
        one.mul(s31).intoArray(sums, to + 13 * LANES);
        one.mul(s32).intoArray(sums, to + 14 * LANES);
        one.mul(s33).intoArray(sums, to + 15 * LANES);
        for (; k < n; k++) {
            long step = 4L * k;
            rest(Memory.get(x0 + step), Memory.get(x1 + step), Memory.get(x2 + step), Memory.get(x3 + step),
                    Memory.get(r0 + step), sums, to);
            rest(Memory.get(x0 + step), Memory.get(x1 + step), Memory.get(x2 + step), Memory.get(x3 + step),
                    Memory.get(r1 + step), sums, to + LANES);
            rest(Memory.get(x0 + step), Memory.get(x1 + step), Memory.get(x2 + step), Memory.get(x3 + step),
                    Memory.get(r2 + step), sums, to + 2 * LANES);
            rest(Memory.get(x0 + step), Memory.get(x1 + step), Memory.get(x2 + step), Memory.get(x3 + step),
                    Memory.get(r3 + step), sums, to + 3 * LANES);
        }
    }

    private static void rest(float x0, float x1, float x2, float x3, float w, float[] sums, int to) {
        sums[to] += x0 * w;
        sums[to + 4 * LANES] += x1 * w;
        sums[to + 8 * LANES] += x2 * w;
        sums[to + 12 * LANES] += x3 * w;
    }

    /** Computes out[to + i], the sum of the lanes sums[i · LANES …], for i &lt; n, a multiple of four. */
    public static void reduce(float[] sums, int n, float[] out, int to) {
        for (int i = 0; i < n; i += 4) {
            int at = i * LANES;
            FloatVector v0 = FloatVector.fromArray(F, sums, at), v1 = FloatVector.fromArray(F, sums, at + LANES);
            FloatVector v2 = FloatVector.fromArray(F, sums, at + 2 * LANES),
                    v3 = FloatVector.fromArray(F, sums, at + 3 * LANES);
            // folding halves, then quarters, of four vectors together takes a third of the work of one vector after the
            // other
            FloatVector v02 = v0.blend(v2, HALVES).add(v2.blend(v0, HALVES).rearrange(SWAP_HALVES));
            FloatVector v13 = v1.blend(v3, HALVES).add(v3.blend(v1, HALVES).rearrange(SWAP_HALVES));
            FloatVector all = v02.blend(v13, QUARTERS).add(v13.blend(v02, QUARTERS).rearrange(SWAP_QUARTERS));
            if (LANES >= 8) all = all.add(all.rearrange(SWAP_EIGHTHS));
            if (LANES >= 16) all = all.add(all.rearrange(SWAP_SIXTEENTHS));
            ((FloatVector) all.rearrange(QUARTER_STARTS).reinterpretShape(FloatVector.SPECIES_128, 0)).intoArray(out,
                    to + i);
        }
    }
}
