package org.tornadolens.backend.cpu.product;

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

import java.util.Map;
import jdk.incubator.vector.ByteVector;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import org.tornadolens.backend.cpu.weight.BlockBits;
import org.tornadolens.tensor.DType;

/** The {@link BlockDot} of each type whose blocks have 32 elements; {@code tensor.format} describes the layouts. */
final class BlockDots {

    private static final Map<DType, BlockDot> OF = Map.of(
            DType.Q4_0, BlockDots::q4_0,
            DType.Q4_1, BlockDots::q4_1,
            DType.Q5_0, BlockDots::q5_0,
            DType.Q5_1, BlockDots::q5_1);

    private BlockDots() {}

    static BlockDot of(DType type) { return OF.get(type); }

    private static FloatVector q4_0(float[] x, int k, long block, FloatVector sum) {
        float d = Float.float16ToFloat(ALL.get(SHORT, block));
        return nibbles(x, k, block + 2, d, -8 * d, sum);
    }

    private static FloatVector q4_1(float[] x, int k, long block, FloatVector sum) {
        int head = ALL.get(INT, block);
        return nibbles(x, k, block + 4, half(head), half(head >> 16), sum);
    }

    private static FloatVector q5_0(float[] x, int k, long block, FloatVector sum) {
        long head = ALL.get(LONG, block);
        float d = half(head);
        return fiveBits(x, k, block + 6, (int) (head >> 16), d, -16 * d, sum);
    }

    private static FloatVector q5_1(float[] x, int k, long block, FloatVector sum) {
        long head = ALL.get(LONG, block);
        return fiveBits(x, k, block + 8, (int) (head >> 32), half(head), half(head >> 16), sum);
    }

    /**
     * Returns the lowest half-precision number of a block's head, which is read at once: every read of memory counts
     * here.
     */
    private static float half(long head) { return Float.float16ToFloat((short) head); }

    /** Adds the products of elements scale · q + offset, where q are the nibbles of 16 bytes. */
    private static FloatVector nibbles(float[] x, int k, long source, float scale, float offset, FloatVector sum) {
        FloatVector s = FloatVector.broadcast(F, scale), o = FloatVector.broadcast(F, offset);
        for (int i = 0; i < 16; i += BYTES) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                FloatVector l = (FloatVector) pairs.and(15).convert(VectorOperators.I2F, 0);
                FloatVector h = (FloatVector) pairs.lanewise(VectorOperators.LSHR, 4).convert(VectorOperators.I2F, 0);
                int at = k + i + part * LANES;
                sum = l.fma(s, o).fma(FloatVector.fromArray(F, x, at), sum);
                sum = h.fma(s, o).fma(FloatVector.fromArray(F, x, at + 16), sum);
            }
        }
        return sum;
    }

    /**
     * Adds the products of elements scale · q + offset, where q are the nibbles of 16 bytes with fifth bits in a word
     * of their own.
     */
    private static FloatVector fiveBits(float[] x, int k, long source, int fifths, float scale, float offset,
            FloatVector sum) {
        FloatVector s = FloatVector.broadcast(F, scale), o = FloatVector.broadcast(F, offset);
        for (int i = 0; i < 16; i += BYTES) {
            ByteVector bytes = ByteVector.fromMemorySegment(B, ALL, source + i, ORDER);
            for (int part = 0; part < PARTS; part++) {
                IntVector pairs = (IntVector) bytes.convertShape(VectorOperators.ZERO_EXTEND_B2I, I, part);
                IntVector bits = BlockBits.fifths(fifths >>> i + part * LANES);
                FloatVector l = (FloatVector) BlockBits.low(pairs, bits).convert(VectorOperators.I2F, 0);
                FloatVector h = (FloatVector) BlockBits.high(pairs, bits).convert(VectorOperators.I2F, 0);
                int at = k + i + part * LANES;
                sum = l.fma(s, o).fma(FloatVector.fromArray(F, x, at), sum);
                sum = h.fma(s, o).fma(FloatVector.fromArray(F, x, at + 16), sum);
            }
        }
        return sum;
    }
}
