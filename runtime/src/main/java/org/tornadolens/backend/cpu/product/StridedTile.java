package org.tornadolens.backend.cpu.product;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.FLOAT;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import java.lang.invoke.MethodHandles;
import jdk.incubator.vector.FloatVector;

/**
 * The template of {@link InPlaceTile}: {@link Tile#wide} and {@link Tile#narrow} for weight rows in memory, as many
 * bytes apart as the class data says.
 */
final class StridedTile implements InPlaceTile {

    private static final long STRIDE = Copies.constant(MethodHandles.lookup(), Long.class);

    StridedTile() {}

    @Override public void wide(long a, long b, int n, long from, long c) {
        FloatVector c0x = FloatVector.fromMemorySegment(F, ALL, from, ORDER),
                c0y = FloatVector.fromMemorySegment(F, ALL, from + 4 * LANES, ORDER);
        FloatVector c1x = FloatVector.fromMemorySegment(F, ALL, from + 1 * Tile.ROW, ORDER),
                c1y = FloatVector.fromMemorySegment(F, ALL, from + 1 * Tile.ROW + 4 * LANES, ORDER);
        FloatVector c2x = FloatVector.fromMemorySegment(F, ALL, from + 2 * Tile.ROW, ORDER),
                c2y = FloatVector.fromMemorySegment(F, ALL, from + 2 * Tile.ROW + 4 * LANES, ORDER);
        FloatVector c3x = FloatVector.fromMemorySegment(F, ALL, from + 3 * Tile.ROW, ORDER),
                c3y = FloatVector.fromMemorySegment(F, ALL, from + 3 * Tile.ROW + 4 * LANES, ORDER);
        FloatVector c4x = FloatVector.fromMemorySegment(F, ALL, from + 4 * Tile.ROW, ORDER),
                c4y = FloatVector.fromMemorySegment(F, ALL, from + 4 * Tile.ROW + 4 * LANES, ORDER);
        FloatVector c5x = FloatVector.fromMemorySegment(F, ALL, from + 5 * Tile.ROW, ORDER),
                c5y = FloatVector.fromMemorySegment(F, ALL, from + 5 * Tile.ROW + 4 * LANES, ORDER);
        FloatVector c6x = FloatVector.fromMemorySegment(F, ALL, from + 6 * Tile.ROW, ORDER),
                c6y = FloatVector.fromMemorySegment(F, ALL, from + 6 * Tile.ROW + 4 * LANES, ORDER);
        FloatVector c7x = FloatVector.fromMemorySegment(F, ALL, from + 7 * Tile.ROW, ORDER),
                c7y = FloatVector.fromMemorySegment(F, ALL, from + 7 * Tile.ROW + 4 * LANES, ORDER);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, b + k * Tile.ROW, ORDER);
            FloatVector y = FloatVector.fromMemorySegment(F, ALL, b + k * Tile.ROW + 4 * LANES, ORDER);
            FloatVector w0 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k));
            c0x = w0.fma(x, c0x);
            c0y = w0.fma(y, c0y);
            FloatVector w1 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 1 * STRIDE));
            c1x = w1.fma(x, c1x);
            c1y = w1.fma(y, c1y);
            FloatVector w2 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 2 * STRIDE));
            c2x = w2.fma(x, c2x);
            c2y = w2.fma(y, c2y);
            FloatVector w3 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 3 * STRIDE));
            c3x = w3.fma(x, c3x);
            c3y = w3.fma(y, c3y);
            FloatVector w4 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 4 * STRIDE));
            c4x = w4.fma(x, c4x);
            c4y = w4.fma(y, c4y);
            FloatVector w5 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 5 * STRIDE));
            c5x = w5.fma(x, c5x);
            c5y = w5.fma(y, c5y);
            FloatVector w6 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 6 * STRIDE));
            c6x = w6.fma(x, c6x);
            c6y = w6.fma(y, c6y);
            FloatVector w7 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 7 * STRIDE));
            c7x = w7.fma(x, c7x);
            c7y = w7.fma(y, c7y);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(c0x).intoMemorySegment(ALL, c, ORDER);
        one.mul(c0y).intoMemorySegment(ALL, c + 4 * LANES, ORDER);
        one.mul(c1x).intoMemorySegment(ALL, c + 1 * Tile.ROW, ORDER);
        one.mul(c1y).intoMemorySegment(ALL, c + 1 * Tile.ROW + 4 * LANES, ORDER);
        one.mul(c2x).intoMemorySegment(ALL, c + 2 * Tile.ROW, ORDER);
        one.mul(c2y).intoMemorySegment(ALL, c + 2 * Tile.ROW + 4 * LANES, ORDER);
        one.mul(c3x).intoMemorySegment(ALL, c + 3 * Tile.ROW, ORDER);
        one.mul(c3y).intoMemorySegment(ALL, c + 3 * Tile.ROW + 4 * LANES, ORDER);
        one.mul(c4x).intoMemorySegment(ALL, c + 4 * Tile.ROW, ORDER);
        one.mul(c4y).intoMemorySegment(ALL, c + 4 * Tile.ROW + 4 * LANES, ORDER);
        one.mul(c5x).intoMemorySegment(ALL, c + 5 * Tile.ROW, ORDER);
        one.mul(c5y).intoMemorySegment(ALL, c + 5 * Tile.ROW + 4 * LANES, ORDER);
        one.mul(c6x).intoMemorySegment(ALL, c + 6 * Tile.ROW, ORDER);
        one.mul(c6y).intoMemorySegment(ALL, c + 6 * Tile.ROW + 4 * LANES, ORDER);
        one.mul(c7x).intoMemorySegment(ALL, c + 7 * Tile.ROW, ORDER);
        one.mul(c7y).intoMemorySegment(ALL, c + 7 * Tile.ROW + 4 * LANES, ORDER);
    }

    @Override public void narrow(long a, long b, int n, long from, long c) {
        FloatVector c0x = FloatVector.fromMemorySegment(F, ALL, from, ORDER);
        FloatVector c1x = FloatVector.fromMemorySegment(F, ALL, from + 1 * Tile.ROW, ORDER);
        FloatVector c2x = FloatVector.fromMemorySegment(F, ALL, from + 2 * Tile.ROW, ORDER);
        FloatVector c3x = FloatVector.fromMemorySegment(F, ALL, from + 3 * Tile.ROW, ORDER);
        FloatVector c4x = FloatVector.fromMemorySegment(F, ALL, from + 4 * Tile.ROW, ORDER);
        FloatVector c5x = FloatVector.fromMemorySegment(F, ALL, from + 5 * Tile.ROW, ORDER);
        FloatVector c6x = FloatVector.fromMemorySegment(F, ALL, from + 6 * Tile.ROW, ORDER);
        FloatVector c7x = FloatVector.fromMemorySegment(F, ALL, from + 7 * Tile.ROW, ORDER);
        for (int k = 0; k < n; k++) {
            FloatVector x = FloatVector.fromMemorySegment(F, ALL, b + k * Tile.ROW, ORDER);
            FloatVector w0 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k));
            c0x = w0.fma(x, c0x);
            FloatVector w1 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 1 * STRIDE));
            c1x = w1.fma(x, c1x);
            FloatVector w2 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 2 * STRIDE));
            c2x = w2.fma(x, c2x);
            FloatVector w3 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 3 * STRIDE));
            c3x = w3.fma(x, c3x);
            FloatVector w4 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 4 * STRIDE));
            c4x = w4.fma(x, c4x);
            FloatVector w5 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 5 * STRIDE));
            c5x = w5.fma(x, c5x);
            FloatVector w6 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 6 * STRIDE));
            c6x = w6.fma(x, c6x);
            FloatVector w7 = FloatVector.broadcast(F, ALL.get(FLOAT, a + 4L * k + 7 * STRIDE));
            c7x = w7.fma(x, c7x);
        }
        FloatVector one = FloatVector.broadcast(F, 1f);
        one.mul(c0x).intoMemorySegment(ALL, c, ORDER);
        one.mul(c1x).intoMemorySegment(ALL, c + 1 * Tile.ROW, ORDER);
        one.mul(c2x).intoMemorySegment(ALL, c + 2 * Tile.ROW, ORDER);
        one.mul(c3x).intoMemorySegment(ALL, c + 3 * Tile.ROW, ORDER);
        one.mul(c4x).intoMemorySegment(ALL, c + 4 * Tile.ROW, ORDER);
        one.mul(c5x).intoMemorySegment(ALL, c + 5 * Tile.ROW, ORDER);
        one.mul(c6x).intoMemorySegment(ALL, c + 6 * Tile.ROW, ORDER);
        one.mul(c7x).intoMemorySegment(ALL, c + 7 * Tile.ROW, ORDER);
    }
}
