package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;
import static org.tornadolens.backend.cpu.Memory.SHORT;

import java.util.Objects;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * One activation row with four runs of weight rows, which are decoded in registers where they lie: the fewer
 * instructions stand between two reads of memory, the more reads are on their way at once. A run begins at w0 … w3 and
 * goes on for {@code rows} rows, {@code rowBytes} apart. Every method leaves sums [run, row, LANES], whose vectors'
 * elements add up to x · that row.
 *
 * <p>Those for f32, bf16 and f16 are longer than what the compiler copies into their callers (325 bytes,
 * {@code FreqInlineSize}): such a copy of f32's, made before the method was compiled on its own, kept its vectors as
 * objects for good and took three times as long.
 */
final class FourRows {

    private static final VectorSpecies<Short> SHORTS = VectorSpecies.of(short.class, VectorShape.forBitSize(16 * LANES));
    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, F.vectorShape());

    /** Bytes that widen to whole float vectors: as many as there are lanes, but no byte vector is shorter than eight. */
    private static final VectorSpecies<Byte> BYTES = VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));
    private static final int PARTS = BYTES.length() / LANES;

    /** What {@link #f16} wants the activations multiplied by: they stay exact from 1e-21 on, and so do sums up to 1e21. */
    static final float F16_FACTOR = 0x1p-56f;

    // The 5 bits of a half's exponent become the low ones of a float's, whose other three are set. That is 2^112 times
    // the number, and keeps infinities and NaN. Zeros and subnormals get a leading one that they do not have: they read
    // as g = ±(2^97 + h) where ±2h is meant, so that g ∓ 2^98 is missing. Floats never become subnormal on the way, which
    // takes processors a hundred times as long.
    private static final int SIGN = 0x80000000, SIGN_AND_NUMBER = 0x8fffe000, EXPONENT = 0x0f800000;
    private static final int UPPER_EXPONENT = 0x70000000, TWO_TO_98 = 0x70800000;
    static final float F16_RESULT = 0x1p-112f / F16_FACTOR;

    private FourRows() {}

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
            s0.intoArray(sums, r * LANES);
            s1.intoArray(sums, (rows + r) * LANES);
            s2.intoArray(sums, (2 * rows + r) * LANES);
            s3.intoArray(sums, (3 * rows + r) * LANES);
            for (; k < n; k++) {
                long step = r * rowBytes + 4L * k;
                sums[r * LANES] += x[k] * Memory.get(w0 + step);
                sums[(rows + r) * LANES] += x[k] * Memory.get(w1 + step);
                sums[(2 * rows + r) * LANES] += x[k] * Memory.get(w2 + step);
                sums[(3 * rows + r) * LANES] += x[k] * Memory.get(w3 + step);
            }
        }
    }

    static void bf16(float[] x, long w0, long w1, long w2, long w3, long rowBytes, int rows, int n, float[] sums) {
        for (int r = 0; r < rows; r++) {
            FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
            int k = 0;
            for (; k <= n - LANES; k += LANES) {
                long step = r * rowBytes + 2L * k;
                FloatVector v = FloatVector.fromArray(F, x, k);
                IntVector b0 = (IntVector) ShortVector.fromMemorySegment(SHORTS, ALL, w0 + step, ORDER).convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
                s0 = v.fma(b0.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), s0);
                IntVector b1 = (IntVector) ShortVector.fromMemorySegment(SHORTS, ALL, w1 + step, ORDER).convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
                s1 = v.fma(b1.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), s1);
                IntVector b2 = (IntVector) ShortVector.fromMemorySegment(SHORTS, ALL, w2 + step, ORDER).convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
                s2 = v.fma(b2.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), s2);
                IntVector b3 = (IntVector) ShortVector.fromMemorySegment(SHORTS, ALL, w3 + step, ORDER).convertShape(VectorOperators.ZERO_EXTEND_S2I, INTS, 0);
                s3 = v.fma(b3.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats(), s3);
            }
            s0.intoArray(sums, r * LANES);
            s1.intoArray(sums, (rows + r) * LANES);
            s2.intoArray(sums, (2 * rows + r) * LANES);
            s3.intoArray(sums, (3 * rows + r) * LANES);
            for (; k < n; k++) {
                long step = r * rowBytes + 2L * k;
                sums[r * LANES] += x[k] * Float.intBitsToFloat(ALL.get(SHORT, w0 + step) << 16);
                sums[(rows + r) * LANES] += x[k] * Float.intBitsToFloat(ALL.get(SHORT, w1 + step) << 16);
                sums[(2 * rows + r) * LANES] += x[k] * Float.intBitsToFloat(ALL.get(SHORT, w2 + step) << 16);
                sums[(3 * rows + r) * LANES] += x[k] * Float.intBitsToFloat(ALL.get(SHORT, w3 + step) << 16);
            }
        }
    }

    /** Activations multiplied by {@link #F16_FACTOR}. */
    static void f16(float[] x, long w0, long w1, long w2, long w3, long rowBytes, int rows, int n, float[] sums) {
        for (int r = 0; r < rows; r++) {
            FloatVector s0 = FloatVector.zero(F), s1 = s0, s2 = s0, s3 = s0;
            int k = 0;
            for (; k <= n - LANES; k += LANES) {
                long step = r * rowBytes + 2L * k;
                FloatVector v = FloatVector.fromArray(F, x, k);
                IntVector b0 = (IntVector) ShortVector.fromMemorySegment(SHORTS, ALL, w0 + step, ORDER).convertShape(VectorOperators.S2I, INTS, 0);
                b0 = b0.lanewise(VectorOperators.LSHL, 13);
                FloatVector g0 = b0.and(SIGN_AND_NUMBER).or(UPPER_EXPONENT).reinterpretAsFloats();
                g0 = g0.add(g0.sub(b0.and(SIGN).or(TWO_TO_98).reinterpretAsFloats()), b0.and(EXPONENT).compare(VectorOperators.EQ, 0).cast(F));
                s0 = v.fma(g0, s0);
                IntVector b1 = (IntVector) ShortVector.fromMemorySegment(SHORTS, ALL, w1 + step, ORDER).convertShape(VectorOperators.S2I, INTS, 0);
                b1 = b1.lanewise(VectorOperators.LSHL, 13);
                FloatVector g1 = b1.and(SIGN_AND_NUMBER).or(UPPER_EXPONENT).reinterpretAsFloats();
                g1 = g1.add(g1.sub(b1.and(SIGN).or(TWO_TO_98).reinterpretAsFloats()), b1.and(EXPONENT).compare(VectorOperators.EQ, 0).cast(F));
                s1 = v.fma(g1, s1);
                IntVector b2 = (IntVector) ShortVector.fromMemorySegment(SHORTS, ALL, w2 + step, ORDER).convertShape(VectorOperators.S2I, INTS, 0);
                b2 = b2.lanewise(VectorOperators.LSHL, 13);
                FloatVector g2 = b2.and(SIGN_AND_NUMBER).or(UPPER_EXPONENT).reinterpretAsFloats();
                g2 = g2.add(g2.sub(b2.and(SIGN).or(TWO_TO_98).reinterpretAsFloats()), b2.and(EXPONENT).compare(VectorOperators.EQ, 0).cast(F));
                s2 = v.fma(g2, s2);
                IntVector b3 = (IntVector) ShortVector.fromMemorySegment(SHORTS, ALL, w3 + step, ORDER).convertShape(VectorOperators.S2I, INTS, 0);
                b3 = b3.lanewise(VectorOperators.LSHL, 13);
                FloatVector g3 = b3.and(SIGN_AND_NUMBER).or(UPPER_EXPONENT).reinterpretAsFloats();
                g3 = g3.add(g3.sub(b3.and(SIGN).or(TWO_TO_98).reinterpretAsFloats()), b3.and(EXPONENT).compare(VectorOperators.EQ, 0).cast(F));
                s3 = v.fma(g3, s3);
            }
            s0.mul(F16_RESULT).intoArray(sums, r * LANES);
            s1.mul(F16_RESULT).intoArray(sums, (rows + r) * LANES);
            s2.mul(F16_RESULT).intoArray(sums, (2 * rows + r) * LANES);
            s3.mul(F16_RESULT).intoArray(sums, (3 * rows + r) * LANES);
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

    /** Blocks of 32, an f16 factor and 32 signed bytes; n in whole blocks. */
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
            s0.intoArray(sums, r * LANES);
            s1.intoArray(sums, (rows + r) * LANES);
            s2.intoArray(sums, (2 * rows + r) * LANES);
            s3.intoArray(sums, (3 * rows + r) * LANES);
        }
    }

    /** sum + a block's elements times the activations from {@code k} on. */
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

    /** A half as a float; block factors are normal numbers but for rare ones, and for those integers do it fastest. */
    private static float half(short h) {
        int exponent = h >> 10 & 31;
        if (exponent == 0 || exponent == 31) return Float.float16ToFloat(h);
        return Float.intBitsToFloat((h << 13 & SIGN_AND_NUMBER) + (127 - 15 << 23));
    }
}
