package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.ALL;
import static org.tornadolens.backend.cpu.Memory.F;
import static org.tornadolens.backend.cpu.Memory.INT;
import static org.tornadolens.backend.cpu.Memory.LANES;
import static org.tornadolens.backend.cpu.Memory.ORDER;
import static org.tornadolens.backend.cpu.Memory.SHORT;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.tornadolens.tensor.DType;

/**
 * One activation row with weight rows of Q4_K and Q6_K, which are decoded in registers. A vector of ints is loaded from
 * the nibbles as they lie: a lane has eight of them, and with a shift each becomes the lane's number,
 * <pre>
 *   lane         0            1          …
 *   bytes        0 1 2 3      4 5 6 7
 *   step b       the low (or high) nibble of byte 4 · lane + b, b = 0 … 3
 * </pre>
 * so that the activations, put into the order of those steps once, need no shuffling. All nibbles of a lane have one scale
 * (each belongs to 16 or 32 neighbours), and so sums of a lane are multiplied by it once. Where weights are
 * scale · q + offset, the offset is multiplied by a sum of activations that all rows share.
 */
final class SuperblockRows {

    private static final int ELEMENTS = 256;

    /** Floats of a block's activations: each once, and the sum of each four. */
    private static final int ORDERED = ELEMENTS + ELEMENTS / 4;

    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, F.vectorShape());

    /** Q6_K's vectors: the two bits above the nibbles of neighbouring 32 bytes lie side by side in one byte, so that longer ones would be pieced together. */
    private static final int SHORT_LANES = Math.min(8, LANES);
    private static final VectorSpecies<Float> F8 = VectorSpecies.of(float.class, VectorShape.forBitSize(32 * SHORT_LANES));
    private static final VectorSpecies<Integer> INTS8 = VectorSpecies.of(int.class, F8.vectorShape());

    /** By how much a word of four scales is shifted for each lane: 32 bytes on comes the next but one; in Q6_K 16 bytes on the next. */
    private static final IntVector NEXT_OF_32 = IntVector.zero(INTS).addIndex(1).lanewise(VectorOperators.LSHR, 3).lanewise(VectorOperators.LSHL, 4);
    private static final IntVector NEXT_OF_16 = IntVector.zero(INTS8).addIndex(1).lanewise(VectorOperators.LSHR, 2).lanewise(VectorOperators.LSHL, 3);

    private SuperblockRows() {}

    /** Floats that {@link #activations} writes. */
    static int length(int n) { return n / ELEMENTS * ORDERED; }

    /**
     * Activations in the order of the steps. Of each block and load: those of the low nibbles, four vectors, and those of the
     * high ones; after all loads of each the sums of those four, low and high.
     */
    static void activations(DType type, long x, int n, float[] target) {
        int lanes = type == DType.Q4_K ? LANES : SHORT_LANES, loads = 128 / (4 * lanes);
        for (int k = 0, to = 0; k < n; k += ELEMENTS, to += ORDERED) {
            for (int load = 0; load < 2 * loads; load++) {
                for (int lane = 0; lane < lanes; lane++) {
                    float sum = 0;
                    for (int b = 0; b < 4; b++) {
                        float value = Memory.get(x + 4L * (k + element(type, 4 * (load / 2 * lanes + lane) + b, load % 2)));
                        target[to + (4 * load + b) * lanes + lane] = value;
                        sum += value;
                    }
                    target[to + ELEMENTS + load * lanes + lane] = sum;
                }
            }
        }
    }

    /** The element of a block that is the low or, if high is 1, the high nibble of a byte. */
    private static int element(DType type, int at, int high) {
        return type == DType.Q4_K ? at / 32 * 64 + high * 32 + at % 32 : at / 64 * 128 + high * 64 + at % 64;
    }

    /** Sums [row, LANES], whose vectors' elements add up to x · that row; rows {@code rowBytes} apart, n in whole blocks. */
    static void q4k(float[] x, long w, long rowBytes, int rows, int n, float[] sums) {
        for (int r = 0; r < rows; r++) {
            FloatVector sum = FloatVector.zero(F);
            long block = w + r * rowBytes;
            for (int at = 0, end = length(n); at < end; at += ORDERED, block += 144) {
                int both = ALL.get(INT, block + 12);
                long scales = Decoder.sixBits(ALL.get(INT, block + 4), both), minima = Decoder.sixBits(ALL.get(INT, block + 8), both >>> 4);
                FloatVector scaled = FloatVector.zero(F), less = scaled;
                for (int from = 0; from < 128; from += 4 * LANES) {
                    int first = from / 32 * 16, k = at + 2 * from, s = at + ELEMENTS + from / 2;   // first: bits of scales before these
                    IntVector p = IntVector.fromMemorySegment(INTS, ALL, block + 16 + from, ORDER);
                    FloatVector low = FloatVector.zero(F), high = low;
                    for (int b = 0; b < 4; b++, p = p.lanewise(VectorOperators.LSHR, 8)) {
                        IntVector one = p.and(15), two = p.lanewise(VectorOperators.LSHR, 4).and(15);
                        low = ((FloatVector) one.convert(VectorOperators.I2F, 0)).fma(FloatVector.fromArray(F, x, k + b * LANES), low);
                        high = ((FloatVector) two.convert(VectorOperators.I2F, 0)).fma(FloatVector.fromArray(F, x, k + (4 + b) * LANES), high);
                    }
                    IntVector scale = IntVector.broadcast(INTS, (int) (scales >>> first)).lanewise(VectorOperators.LSHR, NEXT_OF_32);
                    IntVector minimum = IntVector.broadcast(INTS, (int) (minima >>> first)).lanewise(VectorOperators.LSHR, NEXT_OF_32);
                    scaled = low.fma((FloatVector) scale.and(255).convert(VectorOperators.I2F, 0), scaled);
                    scaled = high.fma((FloatVector) scale.lanewise(VectorOperators.LSHR, 8).and(255).convert(VectorOperators.I2F, 0), scaled);
                    less = FloatVector.fromArray(F, x, s).fma((FloatVector) minimum.and(255).convert(VectorOperators.I2F, 0), less);
                    less = FloatVector.fromArray(F, x, s + LANES).fma((FloatVector) minimum.lanewise(VectorOperators.LSHR, 8).and(255).convert(VectorOperators.I2F, 0), less);
                }
                sum = scaled.fma(FloatVector.broadcast(F, Float.float16ToFloat(ALL.get(SHORT, block))), sum);
                sum = less.fma(FloatVector.broadcast(F, -Float.float16ToFloat(ALL.get(SHORT, block + 2))), sum);
            }
            sum.intoArray(sums, r * LANES);
        }
    }

    /** The same of Q6_K, whose numbers count from -32. */
    static void q6k(float[] x, long w, long rowBytes, int rows, int n, float[] sums) {
        FloatVector from32 = FloatVector.broadcast(F8, -32);
        for (int r = 0; r < rows; r++) {
            FloatVector sum = FloatVector.zero(F8);
            long block = w + r * rowBytes;
            for (int at = 0, end = length(n); at < end; at += ORDERED, block += 210) {
                FloatVector scaled = FloatVector.zero(F8);
                for (int from = 0; from < 128; from += 4 * SHORT_LANES) {
                    int half = from / 64, quarter = from / 32 % 2, k = at + 2 * from, s = at + ELEMENTS + from / 2, first = from % 64 / 16 * 8;
                    IntVector p = IntVector.fromMemorySegment(INTS8, ALL, block + from, ORDER);
                    IntVector h = IntVector.fromMemorySegment(INTS8, ALL, block + 128 + 32 * half + from % 32, ORDER).lanewise(VectorOperators.LSHR, 2 * quarter);
                    FloatVector low = FloatVector.fromArray(F8, x, s).mul(from32), high = FloatVector.fromArray(F8, x, s + SHORT_LANES).mul(from32);
                    for (int b = 0; b < 4; b++, p = p.lanewise(VectorOperators.LSHR, 8), h = h.lanewise(VectorOperators.LSHR, 8)) {
                        IntVector one = p.and(15).or(h.lanewise(VectorOperators.LSHL, 4).and(0x30)), two = p.lanewise(VectorOperators.LSHR, 4).and(15).or(h.and(0x30));
                        low = ((FloatVector) one.convert(VectorOperators.I2F, 0)).fma(FloatVector.fromArray(F8, x, k + b * SHORT_LANES), low);
                        high = ((FloatVector) two.convert(VectorOperators.I2F, 0)).fma(FloatVector.fromArray(F8, x, k + (4 + b) * SHORT_LANES), high);
                    }
                    IntVector lows = IntVector.broadcast(INTS8, ALL.get(INT, block + 192 + 8 * half) >>> first).lanewise(VectorOperators.LSHR, NEXT_OF_16);
                    IntVector highs = IntVector.broadcast(INTS8, ALL.get(INT, block + 196 + 8 * half) >>> first).lanewise(VectorOperators.LSHR, NEXT_OF_16);
                    scaled = low.fma((FloatVector) lows.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), scaled);
                    scaled = high.fma((FloatVector) highs.lanewise(VectorOperators.LSHL, 24).lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), scaled);
                }
                sum = scaled.fma(FloatVector.broadcast(F8, Float.float16ToFloat(ALL.get(SHORT, block + 208))), sum);
            }
            FloatVector.zero(F).intoArray(sums, r * LANES);
            sum.intoArray(sums, r * LANES);
        }
    }
}
