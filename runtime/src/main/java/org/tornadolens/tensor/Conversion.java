package org.tornadolens.tensor;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/** Weights stored in another type. The result is a copy in memory; its rows are in canonical order. */
public final class Conversion {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);
    private static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

    /** The types that weights can be converted to; the others can only be read. */
    public static final List<DType> TARGETS = List.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0);

    private Conversion() {}

    /** Every matrix in {@code type}; vectors (norm gains) stay as they are, as quantised formats keep them too. */
    public static Weights convert(Weights weights, DType type) {
        Map<String, Weight> converted = new LinkedHashMap<>();
        for (String name : weights.names()) {
            Weight weight = weights.get(name);
            converted.put(name, weight.rows() == 1 || weight.type() == type ? weight : convert(weight, type));
        }
        return new Weights(converted);
    }

    public static Weight convert(Weight weight, DType type) {
        if (!TARGETS.contains(type)) {
            throw new UsageException("dtype " + type + " can be read but not made; choose one of " + TARGETS);
        }
        if (weight.columns() % type.blockElements() != 0) {
            throw new UsageException("dtype " + type + " needs rows of a multiple of " + type.blockElements() + ", and " + weight.name() + " has " + weight.columns());
        }
        long rowBytes = type.bytes(weight.columns());
        MemorySegment data = Arena.ofAuto().allocate(rowBytes * weight.rows(), 64);
        IntStream.range(0, weight.rows()).parallel().forEach(r -> {
            float[] row = new float[weight.columns()];
            weight.row(r, row);
            encode(row, type, data, r * rowBytes);
        });
        return new Weight(weight.name(), type, weight.rows(), weight.columns(), data);
    }

    private static void encode(float[] row, DType type, MemorySegment out, long offset) {
        switch (type) {
            case F32 -> MemorySegment.copy(row, 0, out, FLOAT, offset, row.length);
            case F16 -> { for (int i = 0; i < row.length; i++) out.set(SHORT, offset + 2L * i, Float.floatToFloat16(row[i])); }
            case BF16 -> { for (int i = 0; i < row.length; i++) out.set(SHORT, offset + 2L * i, bf16(row[i])); }
            case Q8_0 -> { for (int i = 0; i < row.length; i += 32) q8(row, i, out, offset + i / 32 * 34L); }
            case Q4_0, Q4_K, Q6_K -> throw new IllegalArgumentException(type.name());
        }
    }

    /** Rounded to nearest, ties to even; NaN stays NaN. */
    private static short bf16(float value) {
        int bits = Float.floatToRawIntBits(value);
        if (Float.isNaN(value)) return (short) (bits >>> 16 | 0x40);
        return (short) (bits + 0x7fff + (bits >>> 16 & 1) >>> 16);
    }

    // f16 d = max|x|/127, then 32 int8
    private static void q8(float[] row, int from, MemorySegment out, long at) {
        float max = 0;
        for (int i = from; i < from + 32; i++) max = Math.max(max, Math.abs(row[i]));
        float d = max / 127;
        out.set(SHORT, at, Float.floatToFloat16(d));
        for (int i = 0; i < 32; i++) out.set(JAVA_BYTE, at + 2 + i, (byte) (d == 0 ? 0 : Math.round(row[from + i] / d)));
    }
}
