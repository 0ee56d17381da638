package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;
import static org.tornadolens.backend.cpu.memory.Memory.SHORT;
import static org.tornadolens.backend.cpu.product.SuperblockOrder.ELEMENTS;
import static org.tornadolens.backend.cpu.product.SuperblockOrder.ORDERED;

import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;
import org.tornadolens.backend.cpu.weight.BlockBits;
import org.tornadolens.tensor.DType;

/**
 * The {@link RowDots} of Q4_K and Q5_K, whose scales have six bits; the types differ in where the nibbles begin and in
 * the fifth bits, and each has one of the {@link Copies}. Activations are in a {@link SuperblockOrder} of all lanes and
 * runs of 32.
 */
final class SixBitRows implements RowDots {

    private static final DType TYPE = Copies.constant(MethodHandles.lookup(), DType.class);
    private static final boolean FIFTHS = TYPE == DType.Q5_K;
    private static final int BYTES = TYPE.blockBytes(), NIBBLES = BYTES - ELEMENTS / 2;
    private static final int QUANT = FIFTHS ? 255 : 15;   // the bits of a byte that are still to be masked

    private static final VectorSpecies<Integer> INTS = VectorSpecies.of(int.class, F.vectorShape());

    /** The shift of a word of four scales for each lane: every 32 bytes have the next scale but one. */
    private static final IntVector NEXT_OF_32 = IntVector.zero(INTS).addIndex(1)
            .lanewise(VectorOperators.LSHR, 3).lanewise(VectorOperators.LSHL, 4);

    /** 32 bytes hold the fifth bits of all nibbles: sixteen lanes take them twice, the second time two bits further. */
    private static final VectorShuffle<Integer> OF_32 = VectorShuffle.fromOp(INTS, lane -> lane % 8);
    private static final IntVector NEXT_BITS = IntVector.zero(INTS).addIndex(1)
            .lanewise(VectorOperators.LSHR, 3).lanewise(VectorOperators.LSHL, 1);

    SixBitRows() {}

    @Override public void dot(float[] x, long w, int n, float[] sums, int at) {
        FloatVector sum = FloatVector.zero(F);
        for (int i = 0, end = SuperblockOrder.length(n); i < end; i += ORDERED, w += BYTES) {
            long scales = BlockBits.scales(w + 4), minima = BlockBits.minima(w + 4);
            FloatVector scaled = FloatVector.zero(F), offsets = scaled;
            for (int from = 0; from < 128; from += 4 * LANES) {
                // first: offset in bits of the scales
                int first = from / 32 * 16, k = i + 2 * from, s = i + ELEMENTS + from / 2;
                IntVector p = IntVector.fromMemorySegment(INTS, ALL, w + NIBBLES + from, ORDER);
                IntVector lows = p, highs = p.lanewise(VectorOperators.LSHR, 4);
                if (FIFTHS) {
                    IntVector u = IntVector.fromMemorySegment(INTS, ALL, w + 16 + from % 32, ORDER);
                    if (LANES > 8) u = u.rearrange(OF_32).lanewise(VectorOperators.LSHR, NEXT_BITS);
                    u = u.lanewise(VectorOperators.LSHR, from / 32 * 2);
                    lows = lows.and(0x0f0f0f0f).or(u.and(0x01010101).lanewise(VectorOperators.LSHL, 4));
                    highs = highs.and(0x0f0f0f0f).or(u.and(0x02020202).lanewise(VectorOperators.LSHL, 3));
                }
                FloatVector low = FloatVector.zero(F), high = low;
                for (int b = 0; b < 4; b++) {
                    IntVector one = lows.and(QUANT), two = highs.and(QUANT);
                    low = ((FloatVector) one.convert(VectorOperators.I2F, 0))
                            .fma(FloatVector.fromArray(F, x, k + b * LANES), low);
                    high = ((FloatVector) two.convert(VectorOperators.I2F, 0))
                            .fma(FloatVector.fromArray(F, x, k + (4 + b) * LANES), high);
                    lows = lows.lanewise(VectorOperators.LSHR, 8);
                    highs = highs.lanewise(VectorOperators.LSHR, 8);
                }
                IntVector scale =
                        IntVector.broadcast(INTS, (int) (scales >>> first)).lanewise(VectorOperators.LSHR, NEXT_OF_32);
                IntVector minimum =
                        IntVector.broadcast(INTS, (int) (minima >>> first)).lanewise(VectorOperators.LSHR, NEXT_OF_32);
                scaled = low.fma((FloatVector) scale.and(255).convert(VectorOperators.I2F, 0), scaled);
                scaled = high.fma(
                        (FloatVector) scale.lanewise(VectorOperators.LSHR, 8).and(255).convert(VectorOperators.I2F, 0),
                        scaled);
                offsets = FloatVector.fromArray(F, x, s)
                        .fma((FloatVector) minimum.and(255).convert(VectorOperators.I2F, 0), offsets);
                offsets = FloatVector.fromArray(F, x, s + LANES).fma((FloatVector) minimum
                        .lanewise(VectorOperators.LSHR, 8).and(255).convert(VectorOperators.I2F, 0), offsets);
            }
            sum = scaled.fma(FloatVector.broadcast(F, Float.float16ToFloat(ALL.get(SHORT, w))), sum);
            sum = offsets.fma(FloatVector.broadcast(F, -Float.float16ToFloat(ALL.get(SHORT, w + 2))), sum);
        }
        sum.intoArray(sums, at);
    }
}
