package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.F;

import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import org.tornadolens.tensor.DType;

/** Rows of one type, block after block: the loop about a {@link BlockDot}, of which each type has one of the {@link Copies}. */
final class BlockRows implements RowDots {

    private static final DType TYPE = Copies.constant(MethodHandles.lookup(), DType.class);
    private static final BlockDot DOT = BlockDots.of(TYPE);
    private static final int ELEMENTS = TYPE.blockElements(), BYTES = TYPE.blockBytes();

    BlockRows() {}

    /** Blocks are added to two sums in turn: one would wait for its own last product. */
    @Override public void dot(float[] x, long w, int n, float[] sums, int at) {
        FloatVector sum = FloatVector.zero(F), other = sum;
        for (int k = 0; k < n; k += ELEMENTS, w += BYTES) {
            FloatVector next = DOT.add(x, k, w, other);
            other = sum;
            sum = next;
        }
        sum.add(other).intoArray(sums, at);
    }
}
