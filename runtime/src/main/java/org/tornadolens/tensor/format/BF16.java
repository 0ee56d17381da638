package org.tornadolens.tensor.format;

/** bfloat16: the upper half of a single-precision number. */
public final class BF16 extends HalfFormat {

    @Override void decode(short[] halves, float[] target, int at) {
        for (int i = 0; i < halves.length; i++) target[at + i] = Float.intBitsToFloat(halves[i] << 16);
    }

    @Override void encode(float[] row, short[] halves) {
        for (int i = 0; i < row.length; i++) halves[i] = rounded(row[i]);
    }

    /** Rounds to nearest, ties to even; NaN stays NaN. */
    private static short rounded(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) return (short) (bits >>> 16 | 0x40);
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }
}
