package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;
import static org.tornadolens.backend.cpu.memory.Memory.SHORT;

import java.util.Objects;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.tornadolens.backend.cpu.memory.Memory;

/**
 * One activation row times four runs of weight rows, which are decoded in registers where they lie: the fewer
 * instructions there are between two reads of memory, the more reads are in flight. The runs begin at w0 … w3 and have
 * {@code rows} rows each, {@code rowBytes} apart. Every method writes sums [run, row, LANES], the lanes of which add up
 * to the product of x and the row.
 *
 * <p>The methods for f32, bf16 and f16 are longer than what the compiler inlines (325 bytes, {@code FreqInlineSize}):
 * an inlined copy of f32's, made before the method was compiled by itself, kept its vectors as objects permanently and
 * took three times as long.
 */
final class FourRows {

    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, F.vectorShape());

    /**
     * Bytes that widen to whole float vectors: as many as there are lanes, but no byte vector is shorter than eight.
     */
    private static final VectorSpecies<Byte> BYTES =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));
    private static final int PARTS = BYTES.length() / LANES;

    /**
     * Halves in two vectors: one load brings the even ones in the lower halves of its lanes and the odd ones in the
     * upper.
     */
    static final int PAIRS = 2 * LANES;

    /** The factor of activations for {@link #f16}: numbers from 1e-21 on stay exact, and so do sums up to 1e21. */
    static final float F16_FACTOR = 0x1p-56f;

    // The 5 bits of a half's exponent become the low bits of a float's exponent, whose other three bits are set. The
    // float is 2^112 times the half, and infinities and NaN are kept. Zeros and subnormals h get a leading one that
    // they do not have: the float is 2^97 + h where 2h is meant, which is 2 (2^97 + h) - 2^98. For all larger numbers
    // that expression is above the float, so that the smaller of the two is right; and positive floats are ordered as
    // their bits are. Floats never become subnormal on the way, which would take processors a hundred times as long.
    private static final int SIGN = 0x80000000, NUMBER = 0x0fffe000, UPPER_EXPONENT = 0x70000000;
    private static final float SUBNORMAL_OFFSET = -0x1p98f;
    static final float F16_RESULT = 0x1p-112f / F16_FACTOR;

    /** Mask of the upper of two halves side by side. */
    private static final int UPPER_HALF = 0xffff0000;

    private FourRows() {}

    /**
     * Writes activations in pairs, as {@link #bf16} and {@link #f16} require: of every {@link #PAIRS} the even ones,
     * then the odd ones; the remainder follows in its own order.
     */
    static void pairs(long x, int n, float factor, float[] target) {
        int whole = n - n % PAIRS;
        for (int k = 0; k < whole; k += PAIRS) {
            for (int lane = 0; lane < LANES; lane++) {
                target[k + lane] = factor * Memory.get(x + 4L * (k + 2 * lane));
                target[k + LANES + lane] = factor * Memory.get(x + 4L * (k + 2 * lane + 1));
            }
        }
        for (int k = whole; k < n; k++) target[k] = factor * Memory.get(x + 4L * k);
    }

    /** Multiplies f32 rows. */
    static void f32(float[] x, long w0, long w1, long w2, long w3, long rowBytes, int rows, int n, float[] sums) {
        Objects.checkFromIndexSize(0, n, x.length);
        Objects.checkFromIndexSize(0, 4 * rows * LANES, sums.length);
        for (int r = 0; r < rows; r++) {
            FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
            int k = 0;
            for (; k <= n - LANES; k += LANES) {
                long step = r * rowBytes + 4L * k;
                FloatVector v = FloatVector.fromArray(F, x, k);
                s0 = v.fma(FloatVector.fromMemorySegment(F, ALL, w0 + step, ORDER), s0);
                s1 = v.fma(FloatVector.fromMemorySegment(F, ALL, w1 + step, ORDER), s1);
                s2 = v.fma(FloatVector.fromMemorySegment(F, ALL, w2 + step, ORDER), s2);
                s3 = v.fma(FloatVector.fromMemorySegment(F, ALL, w3 + step, ORDER), s3);
            }
            FloatVector one = FloatVector.broadcast(F, 1f);
            one.mul(s0).intoArray(sums, r * LANES);
            one.mul(s1).intoArray(sums, (rows + r) * LANES);
            one.mul(s2).intoArray(sums, (2 * rows + r) * LANES);
            one.mul(s3).intoArray(sums, (3 * rows + r) * LANES);
            for (; k < n; k++) {
                long step = r * rowBytes + 4L * k;
                sums[r * LANES] += x[k] * Memory.get(w0 + step);
                sums[(rows + r) * LANES] += x[k] * Memory.get(w1 + step);
                sums[(2 * rows + r) * LANES] += x[k] * Memory.get(w2 + step);
                sums[(3 * rows + r) * LANES] += x[k] * Memory.get(w3 + step);
            }
        }
    }

    /** Multiplies bf16 rows; {@code x} is in {@link #pairs}. */
    static void bf16(float[] x, long w0, long w1, long w2, long w3, long rowBytes, int rows, int n, float[] sums) {
        for (int r = 0; r < rows; r++) {
            FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
            int k = 0;
            for (; k <= n - PAIRS; k += PAIRS) {
                long step = r * rowBytes + 2L * k;
                FloatVector even = FloatVector.fromArray(F, x, k), odd = FloatVector.fromArray(F, x, k + LANES);
                IntVector p0 = IntVector.fromMemorySegment(INTS, ALL, w0 + step, ORDER);
                s0 = even.fma(p0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), s0);
                s0 = odd.fma(p0.and(UPPER_HALF).reinterpretAsFloats(), s0);
                IntVector p1 = IntVector.fromMemorySegment(INTS, ALL, w1 + step, ORDER);
                s1 = even.fma(p1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), s1);
                s1 = odd.fma(p1.and(UPPER_HALF).reinterpretAsFloats(), s1);
                IntVector p2 = IntVector.fromMemorySegment(INTS, ALL, w2 + step, ORDER);
                s2 = even.fma(p2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), s2);
                s2 = odd.fma(p2.and(UPPER_HALF).reinterpretAsFloats(), s2);
                IntVector p3 = IntVector.fromMemorySegment(INTS, ALL, w3 + step, ORDER);
                s3 = even.fma(p3.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), s3);
                s3 = odd.fma(p3.and(UPPER_HALF).reinterpretAsFloats(), s3);
            }
            FloatVector one = FloatVector.broadcast(F, 1f);
            one.mul(s0).intoArray(sums, r * LANES);
            one.mul(s1).intoArray(sums, (rows + r) * LANES);
            one.mul(s2).intoArray(sums, (2 * rows + r) * LANES);
            one.mul(s3).intoArray(sums, (3 * rows + r) * LANES);
            for (; k < n; k++) {
                long step = r * rowBytes + 2L * k;
                sums[r * LANES] += x[k] * Float.intBitsToFloat(ALL.get(SHORT, w0 + step) << 16);
                sums[(rows + r) * LANES] += x[k] * Float.intBitsToFloat(ALL.get(SHORT, w1 + step) << 16);
                sums[(2 * rows + r) * LANES] += x[k] * Float.intBitsToFloat(ALL.get(SHORT, w2 + step) << 16);
                sums[(3 * rows + r) * LANES] += x[k] * Float.intBitsToFloat(ALL.get(SHORT, w3 + step) << 16);
            }
        }
    }

    /** Multiplies f16 rows; {@code x} is in {@link #pairs}, multiplied by {@link #F16_FACTOR}. */
    static void f16(float[] x, long w0, long w1, long w2, long w3, long rowBytes, int rows, int n, float[] sums) {
        FloatVector two = FloatVector.broadcast(F, 2), offset = FloatVector.broadcast(F, SUBNORMAL_OFFSET);
        FloatVector factor = FloatVector.broadcast(F, F16_RESULT);
        for (int r = 0; r < rows; r++) {
            FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
            int k = 0;
            for (; k <= n - PAIRS; k += PAIRS) {
                long step = r * rowBytes + 2L * k;
                FloatVector even = FloatVector.fromArray(F, x, k), odd = FloatVector.fromArray(F, x, k + LANES);
                IntVector p0 = IntVector.fromMemorySegment(INTS, ALL, w0 + step, ORDER);
                IntVector a0 = p0.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3),
                        b0 = p0.lanewise(VectorOperators.ASHR, 3);
                IntVector c0 = a0.and(NUMBER).or(UPPER_EXPONENT), d0 = b0.and(NUMBER).or(UPPER_EXPONENT);
                c0 = c0.min(c0.reinterpretAsFloats().fma(two, offset).reinterpretAsInts());
                d0 = d0.min(d0.reinterpretAsFloats().fma(two, offset).reinterpretAsInts());
                s0 = even.fma(c0.or(a0.and(SIGN)).reinterpretAsFloats(), s0);
                s0 = odd.fma(d0.or(b0.and(SIGN)).reinterpretAsFloats(), s0);
                IntVector p1 = IntVector.fromMemorySegment(INTS, ALL, w1 + step, ORDER);
                IntVector a1 = p1.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3),
                        b1 = p1.lanewise(VectorOperators.ASHR, 3);
                IntVector c1 = a1.and(NUMBER).or(UPPER_EXPONENT), d1 = b1.and(NUMBER).or(UPPER_EXPONENT);
                c1 = c1.min(c1.reinterpretAsFloats().fma(two, offset).reinterpretAsInts());
                d1 = d1.min(d1.reinterpretAsFloats().fma(two, offset).reinterpretAsInts());
                s1 = even.fma(c1.or(a1.and(SIGN)).reinterpretAsFloats(), s1);
                s1 = odd.fma(d1.or(b1.and(SIGN)).reinterpretAsFloats(), s1);
                IntVector p2 = IntVector.fromMemorySegment(INTS, ALL, w2 + step, ORDER);
                IntVector a2 = p2.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3),
                        b2 = p2.lanewise(VectorOperators.ASHR, 3);
                IntVector c2 = a2.and(NUMBER).or(UPPER_EXPONENT), d2 = b2.and(NUMBER).or(UPPER_EXPONENT);
                c2 = c2.min(c2.reinterpretAsFloats().fma(two, offset).reinterpretAsInts());
                d2 = d2.min(d2.reinterpretAsFloats().fma(two, offset).reinterpretAsInts());
                s2 = even.fma(c2.or(a2.and(SIGN)).reinterpretAsFloats(), s2);
                s2 = odd.fma(d2.or(b2.and(SIGN)).reinterpretAsFloats(), s2);
                IntVector p3 = IntVector.fromMemorySegment(INTS, ALL, w3 + step, ORDER);
                IntVector a3 = p3.lanewise(VectorOperators.LSHL, 16).lanewise(VectorOperators.ASHR, 3),
                        b3 = p3.lanewise(VectorOperators.ASHR, 3);
                IntVector c3 = a3.and(NUMBER).or(UPPER_EXPONENT), d3 = b3.and(NUMBER).or(UPPER_EXPONENT);
                c3 = c3.min(c3.reinterpretAsFloats().fma(two, offset).reinterpretAsInts());
                d3 = d3.min(d3.reinterpretAsFloats().fma(two, offset).reinterpretAsInts());
                s3 = even.fma(c3.or(a3.and(SIGN)).reinterpretAsFloats(), s3);
                s3 = odd.fma(d3.or(b3.and(SIGN)).reinterpretAsFloats(), s3);
            }
            factor.mul(s0).intoArray(sums, r * LANES);
            factor.mul(s1).intoArray(sums, (rows + r) * LANES);
            factor.mul(s2).intoArray(sums, (2 * rows + r) * LANES);
            factor.mul(s3).intoArray(sums, (3 * rows + r) * LANES);
            for (; k < n; k++) {
                long step = r * rowBytes + 2L * k;
                float v = x[k] / F16_FACTOR;
                sums[r * LANES] += v * Float.float16ToFloat(ALL.get(SHORT, w0 + step));
                sums[(rows + r) * LANES] += v * Float.float16ToFloat(ALL.get(SHORT, w1 + step));
                sums[(2 * rows + r) * LANES] += v * Float.float16ToFloat(ALL.get(SHORT, w2 + step));
                sums[(3 * rows + r) * LANES] += v * Float.float16ToFloat(ALL.get(SHORT, w3 + step));
            }
        }
    }

    /** Multiplies Q8_0 rows: blocks of an f16 factor and 32 signed bytes; n is a whole number of blocks. */
    static void q8(float[] x, long w0, long w1, long w2, long w3, long rowBytes, int rows, int n, float[] sums) {
        for (int r = 0; r < rows; r++) {
            FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
            long at = r * rowBytes;
            for (int k = 0; k < n; k += 32, at += 34) {
                s0 = q8(x, k, w0 + at, s0);
                s1 = q8(x, k, w1 + at, s1);
                s2 = q8(x, k, w2 + at, s2);
                s3 = q8(x, k, w3 + at, s3);
            }
            FloatVector one = FloatVector.broadcast(F, 1f);
            one.mul(s0).intoArray(sums, r * LANES);
            one.mul(s1).intoArray(sums, (rows + r) * LANES);
            one.mul(s2).intoArray(sums, (2 * rows + r) * LANES);
            one.mul(s3).intoArray(sums, (3 * rows + r) * LANES);
        }
    }

    /** Returns {@code sum} plus the products of a block's elements and the activations from {@code k} on. */
    private static FloatVector q8(float[] x, int k, long block, FloatVector sum) {
        FloatVector products = FloatVector.zero(F);
        for (int i = 0; i < 32; i += BYTES.length()) {
            ByteVector bytes = ByteVector.fromMemorySegment(BYTES, ALL, block + 2 + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                FloatVector w = (FloatVector) bytes.convertShape(VectorOperators.B2F, F, part);
                products = w.fma(FloatVector.fromArray(F, x, k + i + part * LANES), products);
            }
        }
        return products.fma(FloatVector.broadcast(F, half(ALL.get(SHORT, block))), sum);
    }

    /**
     * Converts a half to a float; nearly all block factors are normal numbers, which integer operations convert
     * fastest.
     */
    private static float half(short h) {
        int exponent = h >> 10 & 31;
        if (exponent == 0 || exponent == 31) return Float.float16ToFloat(h);
        return Float.intBitsToFloat((h << 13 & (SIGN | NUMBER)) + (127 - 15 << 23));
    }
}
