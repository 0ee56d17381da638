package org.tornadolens.backend.cpu.weight;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.INT;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.LONG;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;
import static org.tornadolens.backend.cpu.memory.Memory.SHORT;
import static org.tornadolens.backend.cpu.weight.BlockBits.B;
import static org.tornadolens.backend.cpu.weight.BlockBits.BYTES;
import static org.tornadolens.backend.cpu.weight.BlockBits.I;
import static org.tornadolens.backend.cpu.weight.BlockBits.PARTS;
import static org.tornadolens.backend.cpu.weight.BlockDecoders.half;

import java.lang.foreign.ValueLayout;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;

/** Decoders of types whose blocks have 256 elements; {@code tensor.format} describes the layouts. */
final class SuperblockDecoders {

    private static final ValueLayout.OfByte BYTE = ValueLayout.JAVA_BYTE;

    private SuperblockDecoders() {}

    static void q2_k(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 256, source += 84) {
            float d = half(source + 80), dmin = half(source + 82);
            for (int first = 0; first < 64; first += 16) {
                twoBits(source + 16 + first, source + first / 32 * 8 + first % 32 / 16, d, -dmin,
                        target, at + first / 32 * 128 + first % 32);
            }
        }
    }

    /**
     * Decodes 16 bytes of bit pairs to four runs of 16 elements that are 32 apart; the byte with the scale and minimum
     * of a run lies two bytes after that of the run before.
     */
    private static void twoBits(long source, long scales, float d, float dmin, float[] target, int at) {
        for (int i = 0; i < 16; i += BYTES) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector q = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                for (int run = 0; run < 4; run++, q = q.lanewise(VectorOperators.LSHR, 2)) {
                    int both = ALL.get(BYTE, scales + 2 * run);
                    FloatVector s = FloatVector.broadcast(F, d * (both & 15));
                    FloatVector o = FloatVector.broadcast(F, dmin * (both >> 4 & 15));
                    ((FloatVector) q.and(3).convert(VectorOperators.I2F, 0)).fma(s, o)
                            .intoArray(target, at + 32 * run + i + part * LANES);
                }
            }
        }
    }

    static void q3_k(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 256, source += 110) {
            float d = half(source + 108);
            long lows = ALL.get(LONG, source + 96);
            int highs = ALL.get(INT, source + 104);
            for (int first = 0; first < 64; first += 16) {
                // of the first 16 elements; each of the others is two runs further
                int run = first / 32 * 8 + first % 32 / 16;
                threeBits(source + 32 + first, source + first % 32, first / 32 * 4, d,
                        lows >>> 8 * (run % 8) + run / 8 * 4,
                        highs >>> 8 * (run % 4) + run / 8 * 4, target, at + first / 32 * 128 + first % 32);
            }
        }
    }

    /**
     * Decodes 16 bytes of bit pairs to four runs of 16 elements that are 32 apart; the runs' third bits are bits
     * {@code third}, {@code third + 1}, … of the 16 bytes at {@code thirds}.
     *
     * @param lows  the low four bits of the first run's scale in its lowest bits, those of each further run 16 bits
     *              higher
     * @param highs the upper two bits of the first run's scale in its lowest bits, those of the further runs from bits
     *              16, 2 and 18
     */
    private static void threeBits(long source, long thirds, int third, float d, long lows, int highs, float[] target,
            int at) {
        for (int i = 0; i < 16; i += BYTES) {
            ByteVector pairs = ByteVector.fromMemorySegment(B, ALL, source + i, ORDER);
            ByteVector uppers = ByteVector.fromMemorySegment(B, ALL, thirds + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector q = (IntVector) pairs.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                IntVector t = (IntVector) uppers.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                t = t.lanewise(VectorOperators.LSHL, 4 - third);
                for (int run = 0; run < 4; run++) {
                    int scale = (int) (lows >>> 16 * run) & 15 | (highs >>> run % 2 * 16 + run / 2 * 2 & 3) << 4;
                    FloatVector s = FloatVector.broadcast(F, d * (scale - 32));
                    IntVector bits = q.and(3).or(t.lanewise(VectorOperators.LSHR, 2).and(4)).sub(4);
                    ((FloatVector) bits.convert(VectorOperators.I2F, 0)).mul(s)
                            .intoArray(target, at + 32 * run + i + part * LANES);
                    q = q.lanewise(VectorOperators.LSHR, 2);
                    t = t.lanewise(VectorOperators.LSHR, 1);
                }
            }
        }
    }

    static void q4_k(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 256, source += 144) {
            float d = half(source), dmin = half(source + 2);
            long scales = BlockBits.scales(source + 4), minima = BlockBits.minima(source + 4);
            for (int g = 0; g < 4; g++, scales >>>= 16, minima >>>= 16) {
                BlockDecoders.nibbles(source + 16 + 32 * g, 32, d * (scales & 255), -dmin * (minima & 255),
                        d * (scales >>> 8 & 255), -dmin * (minima >>> 8 & 255), target, at + 64 * g, at + 64 * g + 32);
            }
        }
    }

    static void q5_k(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 256, source += 176) {
            float d = half(source), dmin = half(source + 2);
            long scales = BlockBits.scales(source + 4), minima = BlockBits.minima(source + 4);
            for (int g = 0; g < 4; g++, scales >>>= 16, minima >>>= 16) {
                fiveBits(source + 48 + 32 * g, source + 16, 2 * g, d * (scales & 255), -dmin * (minima & 255),
                        d * (scales >>> 8 & 255), -dmin * (minima >>> 8 & 255), target, at + 64 * g);
            }
        }
    }

    /**
     * Decodes two runs of 32, low and high nibbles; their fifth bits are bits {@code bit} and {@code bit + 1} of the
     * bytes at {@code fifths}.
     */
    private static void fiveBits(long source, long fifths, int bit, float lowScale, float lowOffset,
            float highScale, float highOffset, float[] target, int at) {
        FloatVector ls = FloatVector.broadcast(F, lowScale), lo = FloatVector.broadcast(F, lowOffset);
        FloatVector hs = FloatVector.broadcast(F, highScale), ho = FloatVector.broadcast(F, highOffset);
        for (int i = 0; i < 32; i += BYTES) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + i, ORDER);
            ByteVector uppers = ByteVector.fromMemorySegment(B, ALL, fifths + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector q = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                IntVector u = (IntVector) uppers.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                u = u.lanewise(VectorOperators.LSHR, bit);
                IntVector low = q.and(15).or(u.and(1).lanewise(VectorOperators.LSHL, 4));
                IntVector high = q.lanewise(VectorOperators.LSHR, 4).or(u.and(2).lanewise(VectorOperators.LSHL, 3));
                ((FloatVector) low.convert(VectorOperators.I2F, 0)).fma(ls, lo).intoArray(target,
                        at + i + part * LANES);
                ((FloatVector) high.convert(VectorOperators.I2F, 0)).fma(hs, ho)
                        .intoArray(target, at + 32 + i + part * LANES);
            }
        }
    }

    static void q6_k(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 256, source += 210) {
            float d = half(source + 208);
            for (int run = 0; run < 8; run++) {
                int half = run / 4, quarter = run / 2 % 2, l = run % 2 * 16;
                long scale = source + 192 + 8 * half + 2 * quarter + run % 2;
                sixBits(source + 64 * half + 32 * quarter + l, source + 128 + 32 * half + l, 4 - 2 * quarter,
                        d * ALL.get(BYTE, scale), d * ALL.get(BYTE, scale + 4), target,
                        at + 128 * half + 32 * quarter + l);
            }
        }
    }

    /**
     * Decodes 16 elements of a quarter of the block and 16 of the quarter two further on; {@code shift} brings the bit
     * pairs of the first quarter to bits 4 and 5.
     */
    private static void sixBits(long lows, long highs, int shift, float lowScale, float highScale, float[] target,
            int at) {
        FloatVector ls = FloatVector.broadcast(F, lowScale), hs = FloatVector.broadcast(F, highScale);
        for (int i = 0; i < 16; i += BYTES) {
            ByteVector nibbles = ByteVector.fromMemorySegment(B, ALL, lows + i, ORDER);
            ByteVector pairs = ByteVector.fromMemorySegment(B, ALL, highs + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector q = (IntVector) nibbles.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                IntVector h = (IntVector) pairs.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                h = h.lanewise(VectorOperators.LSHL, shift);
                IntVector low = q.and(15).or(h.and(0x30)).sub(32);
                IntVector high =
                        q.lanewise(VectorOperators.LSHR, 4).or(h.lanewise(VectorOperators.LSHR, 4).and(0x30)).sub(32);
                int to = at + i + part * LANES;
                ((FloatVector) low.convert(VectorOperators.I2F, 0)).mul(ls).intoArray(target, to);
                ((FloatVector) high.convert(VectorOperators.I2F, 0)).mul(hs).intoArray(target, to + 64);
            }
        }
    }

    static void iq4_xs(long source, int n, float[] target, int at) {
        for (int end = at + n; at < end; at += 256, source += 136) {
            float d = half(source);
            int uppers = ALL.get(SHORT, source + 2), lowers = ALL.get(INT, source + 4);
            for (int run = 0; run < 8; run++) {
                int s = lowers >>> 4 * run & 15 | (uppers >>> 2 * run & 3) << 4;
                BlockDecoders.indexed(source + 8 + 16 * run, BlockDecoders.IQ4, d * (s - 32), target, at + 32 * run);
            }
        }
    }
}
