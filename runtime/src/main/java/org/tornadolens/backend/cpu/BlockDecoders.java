package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.INT;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;
import static org.tornadolens.backend.cpu.Memory.SHORT;

import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/**
 * Decoders of types whose blocks have 32 elements; layouts in {@code tensor.format}. Where an element is d · (q - c) it
 * is taken as d · q - c · d, which is the same number: the second product is exact, and the sum rounds once.
 */
final class BlockDecoders {

    /** Bytes that widen to whole float vectors: as many as there are lanes, but no byte vector is shorter than eight. */
    static final VectorSpecies<Byte> B =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));
    static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());
    static final int BYTES = B.length();
    static final int PARTS = BYTES / LANES;

    /** 0, 1, 2, …: by how much a word is shifted so that each lane has a bit of its own lowest. */
    static final IntVector BIT_OF_LANE = IntVector.zero(I).addIndex(1);

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
        for (int end = at + n; at < end; at += 32, source += 18) named(source + 2, IQ4, half(source), target, at);
    }

    // ---- parts of blocks, of longer ones too

    /** {@code n} bytes: low nibbles times {@code lowScale} plus {@code lowOffset} to {@code low}, high nibbles likewise. */
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

    /** 16 bytes of nibbles, whose fifth bits are those of {@code fifths} from the lowest on, to 32 elements. */
    private static void fiveBits(long source, int fifths, float scale, float offset, float[] target, int at) {
        FloatVector s = FloatVector.broadcast(F, scale), o = FloatVector.broadcast(F, offset);
        for (int i = 0; i < 16; i += BYTES) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                IntVector bits = fifths(fifths >>> i + part * LANES);
                FloatVector l = (FloatVector) low(pairs, bits).convert(VectorOperators.I2F, 0);
                FloatVector h = (FloatVector) high(pairs, bits).convert(VectorOperators.I2F, 0);
                l.fma(s, o).intoArray(target, at + i + part * LANES);
                h.fma(s, o).intoArray(target, at + 16 + i + part * LANES);
            }
        }
    }

    /** Bit {@code lane} as each lane's lowest, and bit {@code 16 + lane} as its bit 16. */
    static IntVector fifths(int bits) {
        return IntVector.broadcast(I, bits).lanewise(VectorOperators.LSHR, BIT_OF_LANE);
    }

    /** The low nibbles of bytes with their fifth bits. */
    static IntVector low(IntVector pairs, IntVector fifths) {
        return pairs.and(15).or(fifths.lanewise(VectorOperators.LSHL, 4).and(16));
    }

    /** The high nibbles of bytes with their fifth bits. */
    static IntVector high(IntVector pairs, IntVector fifths) {
        return pairs.lanewise(VectorOperators.LSHR, 4).or(fifths.lanewise(VectorOperators.LSHR, 12).and(16));
    }

    /** 16 bytes of nibbles, each the number of one of 16 values, to 32 elements. */
    static void named(long source, ByteVector values, float scale, float[] target, int at) {
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
