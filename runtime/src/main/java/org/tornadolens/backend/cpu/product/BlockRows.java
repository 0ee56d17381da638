package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.F;

import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;
import org.tornadolens.tensor.DType;

/** Multiplies rows of one type block after block by its {@link BlockDot}; each type has one of the {@link Copies}. */
final class BlockRows implements RowDots {

    private static final DType TYPE = Copies.constant(MethodHandles.lookup(), DType.class);
    private static final BlockDot DOT = BlockDots.of(TYPE);
    private static final int ELEMENTS = TYPE.blockElements(), BYTES = TYPE.blockBytes();

    BlockRows() {}

    /** Adds blocks to two sums in turn, because a single sum would wait for its own last product. */
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
