package org.tornadolens.tensor.format;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.tornadolens.tensor.format.Layouts.SHORT;

import java.lang.foreign.MemorySegment;

/**
 * 32 elements in 34 bytes.
 * <pre>
 *    0  f16 d
 *    2  32 int8 q          x = d · q
 * </pre>
 */
public final class Q8_0 extends QuantisedFormat implements Encoder {

    public Q8_0() { super(32, 34); }

    @Override void decodeBlock(byte[] b, int at, float[] out, int to) {
        float d = half(b, at);
        for (int j = 0; j < 32; j++) out[to + j] = d * b[at + 2 + j];
    }

    @Override public void encode(float[] row, MemorySegment out, long at) {
        for (int i = 0; i < row.length; i += 32) encodeBlock(row, i, out, at + i / 32 * 34L);
    }

    /** Encodes with d = largest magnitude / 127. */
    private static void encodeBlock(float[] row, int from, MemorySegment out, long at) {
        float max = 0;
        for (int i = from; i < from + 32; i++) max = Math.max(max, Math.abs(row[i]));
        float d = max / 127;
        out.set(SHORT, at, Float.floatToFloat16(d));
        for (int i = 0; i < 32; i++) {
            out.set(JAVA_BYTE, at + 2 + i, (byte) (d == 0 ? 0 : Math.round(row[from + i] / d)));
        }
    }
}
