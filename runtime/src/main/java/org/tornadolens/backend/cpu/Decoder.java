package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;
import static org.tornadolens.backend.cpu.Memory.SHORT;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.tornadolens.tensor.DType;

/** Weight elements of every type to floats: the one place that knows how a block is laid out, beside {@code Weight.get}. */
final class Decoder {

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    /** Bytes that widen to whole float vectors: as many as there are lanes, but no byte vector is shorter than eight. */
    private static final VectorSpecies<Byte> B =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));
    private static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());
    private static final int BYTES = B.length();
    private static final int PARTS = BYTES / LANES;

    private Decoder() {}

    /** Decodes {@code n} elements, whole blocks, from {@code source} on, to {@code target[at …]}. */
    static void decode(DType type, long source, int n, float[] target, int at) {
        switch (type) {
            case F32 -> Memory.load(source, n, target, at);
            case F16 -> f16(source, n, target, at);
            case BF16 -> bf16(source, n, target, at);
            case Q8_0, Q4_0, Q4_K, Q6_K -> {
                int step = type.blockElements();
                for (int i = 0; i < n; i += step, source += type.blockBytes()) block(type, source, target, at + i);
            }
        }
    }

    private static void block(DType type, long source, float[] target, int at) {
        switch (type) {
            case Q8_0 -> q8(source, target, at);
            case Q4_0 -> q4(source, target, at);
            case Q4_K -> q4k(source, target, at);
            case Q6_K -> q6k(source, target, at);
            default -> throw new IllegalArgumentException(type + " has no blocks");
        }
    }

    // the compiler turns this loop into the processor's own half-to-float conversion, which the Vector API lacks;
    // it is four times as fast as the same in vector integer operations
    private static void f16(long source, int n, float[] target, int at) {
        for (int i = 0; i < n; i++) target[at + i] = Float.float16ToFloat(ALL.get(SHORT, source + 2L * i));
    }

    private static void bf16(long source, int n, float[] target, int at) {
        for (int i = 0; i < n; i++) target[at + i] = Float.intBitsToFloat(ALL.get(SHORT, source + 2L * i) << 16);
    }

    // f16 d, 32 int8
    private static void q8(long source, float[] target, int at) {
        FloatVector d = FloatVector.broadcast(F, half(source));
        for (int i = 0; i < 32; i += BYTES) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + 2 + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                FloatVector q = (FloatVector) bytes.convertShape(VectorOperators.B2F, F, part);
                q.mul(d).intoArray(target, at + i + part * LANES);
            }
        }
    }

    // f16 d, 16 bytes: low nibbles are elements 0..15, high nibbles 16..31
    private static void q4(long source, float[] target, int at) {
        float d = half(source);
        nibbles(source + 2, 16, d, -8 * d, d, -8 * d, target, at, at + 16);
    }

    // f16 d, f16 dmin, 12 bytes of 6-bit scales and minima, 128 bytes: the low nibbles of bytes 32g..32g+31 are
    // sub-block 2g, the high ones 2g+1
    private static void q4k(long source, float[] target, int at) {
        float d = half(source), dmin = half(source + 2);
        long s = source + 4;
        for (int g = 0; g < 4; g++) {
            int scale0, scale1, min0, min1;
            if (g < 2) {
                scale0 = unsigned(s + 2 * g) & 63;
                scale1 = unsigned(s + 2 * g + 1) & 63;
                min0 = unsigned(s + 2 * g + 4) & 63;
                min1 = unsigned(s + 2 * g + 5) & 63;
            } else {
                int both0 = unsigned(s + 2 * g + 4), both1 = unsigned(s + 2 * g + 5);
                scale0 = both0 & 15 | unsigned(s + 2 * g - 4) >> 6 << 4;
                scale1 = both1 & 15 | unsigned(s + 2 * g - 3) >> 6 << 4;
                min0 = both0 >> 4 | unsigned(s + 2 * g) >> 6 << 4;
                min1 = both1 >> 4 | unsigned(s + 2 * g + 1) >> 6 << 4;
            }
            nibbles(source + 16 + 32 * g, 32, d * scale0, -dmin * min0, d * scale1, -dmin * min1,
                    target, at + 64 * g, at + 64 * g + 32);
        }
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

    // 128 bytes of low nibbles, 64 of high bit pairs, 16 int8 scales, f16 d. Per half of 128 elements: elements
    // 32·quarter + l take a nibble of byte 64·half + 32·(quarter % 2) + l and a bit pair of byte 32·half + l
    private static void q6k(long source, float[] target, int at) {
        float d = half(source + 208);
        for (int run = 0; run < 16; run++) {   // 16 elements share a scale
            int half = run / 8, quarter = run % 8 / 2, l = run % 2 * 16;
            sixBits(source + 64 * half + 32 * (quarter % 2) + l, quarter / 2 * 4,
                    source + 128 + 32 * half + l, 2 * quarter,
                    d * ALL.get(BYTE, source + 192 + run), target, at + 16 * run);
        }
    }

    private static void sixBits(long lowSource, int lowShift, long highSource, int highShift, float scale, float[] target, int at) {
        FloatVector s = FloatVector.broadcast(F, scale);
        for (int i = 0; i < 16; i += BYTES) {
            ByteVector lowBytes = ByteVector.fromMemorySegment(B, ALL, lowSource + i, ORDER);
            ByteVector highBytes = ByteVector.fromMemorySegment(B, ALL, highSource + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector low = (IntVector) lowBytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                IntVector high = (IntVector) highBytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                IntVector q = low.lanewise(VectorOperators.LSHR, lowShift).and(15)
                        .or(high.lanewise(VectorOperators.LSHR, highShift).and(3).lanewise(VectorOperators.LSHL, 4)).sub(32);
                ((FloatVector) q.convert(VectorOperators.I2F, 0)).mul(s).intoArray(target, at + i + part * LANES);
            }
        }
    }

    private static float half(long address) { return Float.float16ToFloat(ALL.get(SHORT, address)); }

    private static int unsigned(long address) { return ALL.get(BYTE, address) & 0xff; }
}
