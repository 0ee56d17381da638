package org.tornadolens.backend.cpu.weight;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.INT;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;

/** Extraction of the bit fields of quantised blocks, for decoders and for products that decode in registers. */
public final class BlockBits {

    /**
     * Bytes that widen to whole float vectors: as many as there are lanes, but no byte vector is shorter than eight.
     */
    public static final VectorSpecies<Byte> B =
            VectorSpecies.of(byte.class, VectorShape.forBitSize(Math.max(64, 8 * LANES)));

    /** As many ints as a float vector has lanes. */
    public static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());

    /** Bytes in a vector of species {@link #B}. */
    public static final int BYTES = B.length();

    /** Float vectors that a vector of bytes widens to. */
    public static final int PARTS = BYTES / LANES;

    /** 0, 1, 2, …: the shift that brings a bit of its own to the lowest place of each lane. */
    private static final IntVector BIT_OF_LANE = IntVector.zero(I).addIndex(1);

    private BlockBits() {}

    /** Returns bit {@code lane} as each lane's lowest bit, and bit {@code 16 + lane} as its bit 16. */
    public static IntVector fifths(int bits) {
        return IntVector.broadcast(I, bits).lanewise(VectorOperators.LSHR, BIT_OF_LANE);
    }

    /** Returns the low nibbles of bytes with their fifth bits. */
    public static IntVector low(IntVector pairs, IntVector fifths) {
        return pairs.and(15).or(fifths.lanewise(VectorOperators.LSHL, 4).and(16));
    }

    /** Returns the high nibbles of bytes with their fifth bits. */
    public static IntVector high(IntVector pairs, IntVector fifths) {
        return pairs.lanewise(VectorOperators.LSHR, 4).or(fifths.lanewise(VectorOperators.LSHR, 12).and(16));
    }

    /** Returns the eight scales of a Q4_K or Q5_K block, one byte each, from its 12 bytes of scales and minima. */
    public static long scales(long at) {
        return sixBits(ALL.get(INT, at), ALL.get(INT, at + 8));
    }

    /** Returns the eight minima of a Q4_K or Q5_K block, one byte each, from its 12 bytes of scales and minima. */
    public static long minima(long at) {
        return sixBits(ALL.get(INT, at + 4), ALL.get(INT, at + 8) >>> 4);
    }

    /**
     * Returns the six-bit numbers of eight runs. Those of runs 0 … 3 are the low six bits of the bytes of
     * {@code first}; those of runs 4 … 7 have their low four bits in {@code last} and their upper two above the former.
     */
    private static long sixBits(int first, int last) {
        int low = first & 0x3f3f3f3f, high = last & 0x0f0f0f0f | (first >>> 6 & 0x03030303) << 4;
        return (long) high << 32 | low;
    }
}
