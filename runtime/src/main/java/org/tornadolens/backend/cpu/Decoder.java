package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.INT;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;
import static org.tornadolens.backend.cpu.Memory.SHORT;

import java.lang.foreign.ValueLayout;
import java.util.Arrays;
import java.util.Map;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.tornadolens.tensor.DType;

/**
 * Decodes weight elements of every type to floats, with vectors where a type has such a decoder. The layouts of blocks are
 * described where their formats are ({@code tensor.format}).
 */
final class Decoder {

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** Bytes that widen to whole float vectors: as many as there are lanes, but no byte vector is shorter than eight. */
    private static final VectorSpecies<Byte> B =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));
    private static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());
    private static final VectorSpecies<Short> S = VectorSpecies.of(short.class, VectorShape.forBitSize(16 * LANES));
    private static final int SHORTS = S.length();
    private static final int BYTES = B.length();
    private static final int PARTS = BYTES / LANES;

    private Decoder() {}

    /** Decodes {@code n} elements, whole blocks, from {@code source} on, to {@code target[at …]}. */
    static void decode(DType type, long source, int n, float[] target, int at) {
        BY_TYPE[type.ordinal()].decode(source, n, target, at);
    }

    /** What {@link #decode} does for one type. */
    private interface Blocks { void decode(long source, int n, float[] target, int at); }

    /** The types that vectors decode; all others go through their formats' plain loops. */
    private static final Map<DType, Blocks> FAST = Map.of(
            DType.F32, Memory::load,
            DType.F16, Decoder::f16,
            DType.BF16, Decoder::bf16,
            DType.Q8_0, Decoder::q8,
            DType.Q4_0, Decoder::q4,
            DType.Q4_K, Decoder::q4k,
            DType.Q6_K, Decoder::q6k);

    private static final Blocks[] BY_TYPE =
            Arrays.stream(DType.values()).map(type -> FAST.getOrDefault(type, plain(type))).toArray(Blocks[]::new);

    private static Blocks plain(DType type) {
        return (source, n, target, at) -> type.format().decode(ALL, source, n, target, at);
    }

    // the compiler turns this loop into the processor's own half-to-float conversion, which the Vector API lacks;
    // it is four times as fast as the same in vector integer operations
    private static void f16(long source, int n, float[] target, int at) {
        for (int i = 0; i < n; i++) target[at + i] = Float.float16ToFloat(ALL.get(SHORT, source + 2L * i));
    }

    private static void bf16(long source, int n, float[] target, int at) {
        int i = 0;
        for (; i <= n - SHORTS; i += SHORTS) {
            ShortVector high = ShortVector.fromMemorySegment(S, ALL, source + 2L * i, ORDER);
            IntVector bits = (IntVector) high.convertShape(VectorOperators.ZERO_EXTEND_S2I, I, 0);
            bits.lanewise(VectorOperators.LSHL, 16).reinterpretAsFloats().intoArray(target, at + i);
        }
        for (; i < n; i++) target[at + i] = Float.intBitsToFloat(ALL.get(SHORT, source + 2L * i) << 16);
    }

    // f16 d, 32 int8
    private static void q8(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 32, source += 34) {
            FloatVector d = FloatVector.broadcast(F, half(source));
            for (int i = 0; i < 32; i += BYTES) {
                ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + 2 + i, ORDER);
                for (int part = 0; part < PARTS; part++) {
                    ((FloatVector) bytes.convertShape(VectorOperators.B2F, F, part)).mul(d).intoArray(target, at + i + part * LANES);
                }
            }
        }
    }

    // f16 d, 16 bytes: low nibbles are elements 0..15, high nibbles 16..31
    private static void q4(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 32, source += 18) {
            float d = half(source);
            nibbles(source + 2, 16, d, -8 * d, d, -8 * d, target, at, at + 16);
        }
    }

    // f16 d, f16 dmin, 12 bytes of 6-bit scales and minima, 128 bytes: the low nibbles of bytes 32g..32g+31 are
    // sub-block 2g, the high ones 2g+1
    private static void q4k(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 256, source += 144) {
            float d = half(source), dmin = half(source + 2);
            int both = ALL.get(INT, source + 12);
            long scales = sixBits(ALL.get(INT, source + 4), both), minima = sixBits(ALL.get(INT, source + 8), both >>> 4);
            for (int g = 0; g < 4; g++, scales >>>= 16, minima >>>= 16) {
                nibbles(source + 16 + 32 * g, 32, d * (scales & 255), -dmin * (minima & 255), d * (scales >>> 8 & 255), -dmin * (minima >>> 8 & 255),
                        target, at + 64 * g, at + 64 * g + 32);
            }
        }
    }

    /**
     * The scales or the minima of a Q4_K block, a byte each: those of sub-blocks 0..3 are the low six bits of
     * {@code first}'s bytes, those of 4..7 have their low four in {@code last} and the other two atop the first ones.
     */
    static long sixBits(int first, int last) {
        int low = first & 0x3f3f3f3f, high = last & 0x0f0f0f0f | (first >>> 6 & 0x03030303) << 4;
        return (long) high << 32 | low;
    }

    /** {@code n} bytes: low nibbles times {@code lowScale} plus {@code lowOffset} to {@code low}, high nibbles likewise. */
    private static void nibbles(long source, int n, float lowScale, float lowOffset, float highScale, float highOffset,
                                float[] target, int low, int high) {
        FloatVector ls = FloatVector.broadcast(F, lowScale), lo = FloatVector.broadcast(F, lowOffset);
        FloatVector hs = FloatVector.broadcast(F, highScale), ho = FloatVector.broadcast(F, highOffset);
        for (int i = 0; i < n; i += BYTES) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                FloatVector l = (FloatVector) pairs.and(15).convert(VectorOperators.I2F, 0);
                FloatVector h = (FloatVector) pairs.lanewise(VectorOperators.LSHR, 4).convert(VectorOperators.I2F, 0);
                l.fma(ls, lo).intoArray(target, low + i + part * LANES);
                h.fma(hs, ho).intoArray(target, high + i + part * LANES);
            }
        }
    }

    // 128 bytes of low nibbles, 64 of high bit pairs, 16 int8 scales, f16 d. Per half of 128 elements: quarters 0 and 2
    // are the low and the high nibbles of its first 32 bytes, quarters 1 and 3 those of the others; one of 32 further
    // bytes holds the bit pairs of all four quarters in turn. 16 elements share a scale.
    private static void q6k(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 256, source += 210) {
            float d = half(source + 208);
            for (int run = 0; run < 8; run++) {
                int half = run / 4, quarter = run / 2 % 2, l = run % 2 * 16;
                long scale = source + 192 + 8 * half + 2 * quarter + run % 2;
                twoQuarters(source + 64 * half + 32 * quarter + l, source + 128 + 32 * half + l, 4 - 2 * quarter,
                        d * ALL.get(BYTE, scale), d * ALL.get(BYTE, scale + 4), target, at + 128 * half + 32 * quarter + l);
            }
        }
    }

    /** 16 elements of a quarter and of the one two further on; {@code shift} brings the first one's bit pairs to bits 4 and 5. */
    private static void twoQuarters(long lows, long highs, int shift, float lowScale, float highScale, float[] target, int at) {
        FloatVector ls = FloatVector.broadcast(F, lowScale), hs = FloatVector.broadcast(F, highScale);
        for (int i = 0; i < 16; i += BYTES) {
            ByteVector nibbles = ByteVector.fromMemorySegment(B, ALL, lows + i, ORDER);
            ByteVector pairs = ByteVector.fromMemorySegment(B, ALL, highs + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector q = (IntVector) nibbles.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                IntVector h = (IntVector) pairs.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                h = h.lanewise(VectorOperators.LSHL, shift);
                IntVector low = q.and(15).or(h.and(0x30)).sub(32);
                IntVector high = q.lanewise(VectorOperators.LSHR, 4).or(h.lanewise(VectorOperators.LSHR, 4).and(0x30)).sub(32);
                int to = at + i + part * LANES;
                ((FloatVector) low.convert(VectorOperators.I2F, 0)).mul(ls).intoArray(target, to);
                ((FloatVector) high.convert(VectorOperators.I2F, 0)).mul(hs).intoArray(target, to + 64);
            }
        }
    }

    private static float half(long address) { return Float.float16ToFloat(ALL.get(SHORT, address)); }
}
