package org.tornadolens.tensor.format;

import static org.tornadolens.tensor.format.Layouts.FLOAT;

import java.lang.foreign.MemorySegment;

/** IEEE single precision. */
public final class F32 implements BlockFormat, Encoder {

    @Override public int elements() { return 1; }

    @Override public int bytes() { return Float.BYTES; }

    @Override public void decode(MemorySegment source, long from, int n, float[] target, int at) {
        MemorySegment.copy(source, FLOAT, from, target, at, n);
    }

    @Override public void encode(float[] row, MemorySegment out, long at) {
        MemorySegment.copy(row, 0, out, FLOAT, at, row.length);
    }
}
