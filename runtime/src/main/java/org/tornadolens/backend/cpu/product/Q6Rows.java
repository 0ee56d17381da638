package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.INT;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;
import static org.tornadolens.backend.cpu.memory.Memory.SHORT;
import static org.tornadolens.backend.cpu.product.SuperblockOrder.ELEMENTS;
import static org.tornadolens.backend.cpu.product.SuperblockOrder.ORDERED;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** The {@link RowDots} of Q6_K, whose numbers count from -32; activations are in the order of {@link #ACTIVATIONS}. */
final class Q6Rows {

    /**
     * Lanes used. One byte holds the upper two bits for nibbles that are 32 bytes apart, so that longer vectors would
     * have to be pieced together.
     */
    private static final int SHORT_LANES = Math.min(8, LANES);
    private static final VectorSpecies<Float> F8 =
            VectorSpecies.of(float.class, VectorShape.forBitSize(32 * SHORT_LANES));
    private static final VectorSpecies<Integer> INTS8 = VectorSpecies.of(int.class, F8.vectorShape());

    /** The shift of a word of four scales for each lane: every 16 bytes have the next scale. */
    private static final IntVector NEXT_OF_16 = IntVector.zero(INTS8).addIndex(1)
            .lanewise(VectorOperators.LSHR, 2).lanewise(VectorOperators.LSHL, 3);

    static final SuperblockOrder ACTIVATIONS = new SuperblockOrder(SHORT_LANES, 64);

    private Q6Rows() {}

    static void dot(float[] x, long w, int n, float[] sums, int at) {
        FloatVector from32 = FloatVector.broadcast(F8, -32);
        FloatVector sum = FloatVector.zero(F8);
        for (int i = 0, end = SuperblockOrder.length(n); i < end; i += ORDERED, w += 210) {
            FloatVector scaled = FloatVector.zero(F8);
            for (int from = 0; from < 128; from += 4 * SHORT_LANES) {
                int half = from / 64, quarter = from / 32 % 2, k = i + 2 * from, s = i + ELEMENTS + from / 2,
                        first = from % 64 / 16 * 8;
                IntVector p = IntVector.fromMemorySegment(INTS8, ALL, w + from, ORDER);
                IntVector h = IntVector.fromMemorySegment(INTS8, ALL, w + 128 + 32 * half + from % 32, ORDER)
                        .lanewise(VectorOperators.LSHR, 2 * quarter);
                FloatVector low = FloatVector.fromArray(F8, x, s).mul(from32),
                        high = FloatVector.fromArray(F8, x, s + SHORT_LANES).mul(from32);
                for (int b = 0; b < 4;
                        b++, p = p.lanewise(VectorOperators.LSHR, 8), h = h.lanewise(VectorOperators.LSHR, 8)) {
                    IntVector one = p.and(15).or(h.lanewise(VectorOperators.LSHL, 4).and(0x30)),
                            two = p.lanewise(VectorOperators.LSHR, 4).and(15).or(h.and(0x30));
                    low = ((FloatVector) one.convert(VectorOperators.I2F, 0))
                            .fma(FloatVector.fromArray(F8, x, k + b * SHORT_LANES), low);
                    high = ((FloatVector) two.convert(VectorOperators.I2F, 0))
                            .fma(FloatVector.fromArray(F8, x, k + (4 + b) * SHORT_LANES), high);
                }
                IntVector lows = IntVector.broadcast(INTS8, ALL.get(INT, w + 192 + 8 * half) >>> first)
                        .lanewise(VectorOperators.LSHR, NEXT_OF_16);
                IntVector highs = IntVector.broadcast(INTS8, ALL.get(INT, w + 196 + 8 * half) >>> first)
                        .lanewise(VectorOperators.LSHR, NEXT_OF_16);
                scaled = low.fma((FloatVector) lows.lanewise(VectorOperators.LSHL, 24)
                        .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), scaled);
                scaled = high.fma((FloatVector) highs.lanewise(VectorOperators.LSHL, 24)
                        .lanewise(VectorOperators.ASHR, 24).convert(VectorOperators.I2F, 0), scaled);
            }
            sum = scaled.fma(FloatVector.broadcast(F8, Float.float16ToFloat(ALL.get(SHORT, w + 208))), sum);
        }
        FloatVector.zero(F).intoArray(sums, at);
        sum.intoArray(sums, at);
    }
}
