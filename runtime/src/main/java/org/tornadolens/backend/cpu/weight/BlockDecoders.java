package org.tornadolens.backend.cpu.weight;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.INT;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;
import static org.tornadolens.backend.cpu.memory.Memory.SHORT;
import static org.tornadolens.backend.cpu.weight.BlockBits.B;
import static org.tornadolens.backend.cpu.weight.BlockBits.BYTES;
import static org.tornadolens.backend.cpu.weight.BlockBits.I;
import static org.tornadolens.backend.cpu.weight.BlockBits.PARTS;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/**
 * Decoders of types whose blocks have 32 elements; {@code tensor.format} describes the layouts. An element d · (q - c)
 * is computed as d · q - c · d, which is the same number: the second product is exact, and the sum rounds once.
 */
final class BlockDecoders {

    /** The values of IQ4_NL and IQ4_XS, by nibble. */
    static final ByteVector IQ4 = ByteVector.fromArray(ByteVector.SPECIES_128,
            new byte[]{-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113}, 0);

    private BlockDecoders() {}

    static void q8_0(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 32, source += 34) {
            FloatVector d = FloatVector.broadcast(F, half(source));
            for (int i = 0; i < 32; i += BYTES) {
                ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + 2 + i, ORDER);
                for (int part = 0; part < PARTS; part++) {
                    FloatVector q = (FloatVector) bytes.convertShape(VectorOperators.B2F, F, part);
                    q.mul(d).intoArray(target, at + i + part * LANES);
                }
            }
        }
    }

    static void q4_0(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 32, source += 18) {
            float d = half(source);
            nibbles(source + 2, 16, d, -8 * d, d, -8 * d, target, at, at + 16);
        }
    }

    static void q4_1(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 32, source += 20) {
            float d = half(source), m = half(source + 2);
            nibbles(source + 4, 16, d, m, d, m, target, at, at + 16);
        }
    }

    static void q5_0(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 32, source += 22) {
            float d = half(source);
            fiveBits(source + 6, ALL.get(INT, source + 2), d, -16 * d, target, at);
        }
    }

    static void q5_1(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 32, source += 24) {
            fiveBits(source + 8, ALL.get(INT, source + 4), half(source), half(source + 2), target, at);
        }
    }

    static void iq4_nl(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 32, source += 18) indexed(source + 2, IQ4, half(source), target, at);
    }

    // ---- parts of blocks, also of blocks of 256 elements

    /**
     * Decodes {@code n} bytes: low nibbles times {@code lowScale} plus {@code lowOffset} to {@code target[low …]}, high
     * nibbles likewise.
     */
    static void nibbles(long source, int n, float lowScale, float lowOffset, float highScale, float highOffset,
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

    /** Decodes 16 bytes of nibbles to 32 elements; their fifth bits are those of {@code fifths}, from the lowest on. */
    private static void fiveBits(long source, int fifths, float scale, float offset, float[] target, int at) {
        FloatVector s = FloatVector.broadcast(F, scale), o = FloatVector.broadcast(F, offset);
        for (int i = 0; i < 16; i += BYTES) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                IntVector bits = BlockBits.fifths(fifths >>> i + part * LANES);
                FloatVector l = (FloatVector) BlockBits.low(pairs, bits).convert(VectorOperators.I2F, 0);
                FloatVector h = (FloatVector) BlockBits.high(pairs, bits).convert(VectorOperators.I2F, 0);
                l.fma(s, o).intoArray(target, at + i + part * LANES);
                h.fma(s, o).intoArray(target, at + 16 + i + part * LANES);
            }
        }
    }

    /** Decodes 16 bytes of nibbles, each an index into 16 values, to 32 elements. */
    static void indexed(long source, ByteVector values, float scale, float[] target, int at) {
        FloatVector s = FloatVector.broadcast(F, scale);
        ByteVector bytes = ByteVector.fromMemorySegment(ByteVector.SPECIES_128, ALL, source, ORDER);
        ByteVector low = bytes.and((byte) 15).selectFrom(values);
        ByteVector high = bytes.lanewise(VectorOperators.LSHR, 4).and((byte) 15).selectFrom(values);
        for (int part = 0; part < 16 / LANES; part++) {
            ((FloatVector) low.convertShape(VectorOperators.B2F, F, part)).mul(s).intoArray(target, at + part * LANES);
            ((FloatVector) high.convertShape(VectorOperators.B2F, F, part)).mul(s)
                    .intoArray(target, at + 16 + part * LANES);
        }
    }

    static float half(long address) { return Float.float16ToFloat(ALL.get(SHORT, address)); }
}
