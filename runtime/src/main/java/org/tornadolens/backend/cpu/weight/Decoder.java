package org.tornadolens.backend.cpu.weight;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;
import static org.tornadolens.backend.cpu.memory.Memory.SHORT;

import jdk.incubator.vector.IntVector;
import jdk.incubator.vector.ShortVector;
import jdk.incubator.vector.VectorOperators;
import jdk.incubator.vector.VectorShape;
import jdk.incubator.vector.VectorSpecies;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.tensor.DType;

/**
 * Decodes weight elements of every type to floats, with vectors where a type has such a decoder. {@code tensor.format}
 * describes the layouts of blocks.
 */
final class Decoder {

    /**
     * The types that have a vector decoder, by their names in {@link DType}; all others use their format's plain loop.
     */
    private enum Vectorised {
        F32, F16, BF16, Q8_0, Q4_0, Q4_1, Q5_0, Q5_1, Q2_K, Q3_K, Q4_K, Q5_K, Q6_K, IQ4_NL, IQ4_XS;

        /** By ordinal of the type; null where the type has no vector decoder. */
        static final Vectorised[] OF = new Vectorised[DType.values().length];

        static {
            for (Vectorised type : values()) OF[DType.valueOf(type.name()).ordinal()] = type;
        }
    }

    private static final VectorSpecies<Integer> I = VectorSpecies.of(int.class, F.vectorShape());
    private static final VectorSpecies<Short> S = VectorSpecies.of(short.class, VectorShape.forBitSize(16 * LANES));
    private static final int SHORTS = S.length();

    private Decoder() {}

    /** Decodes {@code n} elements, a whole number of blocks, from address {@code source} to {@code target[at …]}. */
    static void decode(DType type, long source, int n, float[] target, int at) {
        Vectorised vectorised = Vectorised.OF[type.ordinal()];
        if (vectorised == null) {
            type.format().decode(ALL, source, n, target, at);
            return;
        }
        switch (vectorised) {
            case F32 -> Memory.load(source, n, target, at);
            case F16 -> f16(source, n, target, at);
            case BF16 -> bf16(source, n, target, at);
            case Q8_0 -> BlockDecoders.q8_0(source, n, target, at);
            case Q4_0 -> BlockDecoders.q4_0(source, n, target, at);
            case Q4_1 -> BlockDecoders.q4_1(source, n, target, at);
            case Q5_0 -> BlockDecoders.q5_0(source, n, target, at);
            case Q5_1 -> BlockDecoders.q5_1(source, n, target, at);
            case Q2_K -> SuperblockDecoders.q2_k(source, n, target, at);
            case Q3_K -> SuperblockDecoders.q3_k(source, n, target, at);
            case Q4_K -> SuperblockDecoders.q4_k(source, n, target, at);
            case Q5_K -> SuperblockDecoders.q5_k(source, n, target, at);
            case Q6_K -> SuperblockDecoders.q6_k(source, n, target, at);
            case IQ4_NL -> BlockDecoders.iq4_nl(source, n, target, at);
            case IQ4_XS -> SuperblockDecoders.iq4_xs(source, n, target, at);
        }
    }

    // The compiler turns this loop into the processor's own half-to-float conversion, which the Vector API lacks. It is
    // four times as fast as the same conversion by vector integer operations.
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
}
