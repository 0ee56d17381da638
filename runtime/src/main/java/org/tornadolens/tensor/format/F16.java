package org.tornadolens.tensor.format;

/** IEEE half precision. */
public final class F16 extends HalfFormat {

    @Override void decode(short[] halves, float[] target, int at) {
        for (int i = 0; i < halves.length; i++) target[at + i] = Float.float16ToFloat(halves[i]);
    }

    @Override void encode(float[] row, short[] halves) {
        for (int i = 0; i < row.length; i++) halves[i] = Float.floatToFloat16(row[i]);
    }
}
