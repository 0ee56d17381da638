package org.tornadolens.tensor;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.format.Encoder;

/** Weights stored in another type. The result is a copy in memory; its rows are in canonical order. */
public final class Conversion {

    /** The types that weights can be converted to; the others can only be read. */
    public static final List<DType> TARGETS =
            Arrays.stream(DType.values()).filter(type -> type.format() instanceof Encoder).toList();

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
        if (!(type.format() instanceof Encoder encoder)) {
            throw new UsageException("dtype " + type + " can be read but not made; choose one of " + TARGETS);
        }
        if (weight.columns() % type.blockElements() != 0) {
            throw new UsageException("dtype " + type + " needs rows of a multiple of " + type.blockElements() + ", and "
                    + weight.name() + " has " + weight.columns());
        }
        long rowBytes = type.bytes(weight.columns());
        MemorySegment data = Arena.ofAuto().allocate(rowBytes * weight.rows(), 64);
        IntStream.range(0, weight.rows()).parallel().forEach(r -> {
            float[] row = new float[weight.columns()];
            weight.row(r, row);
            encoder.encode(row, data, r * rowBytes);
        });
        return new Weight(weight.name(), type, weight.rows(), weight.columns(), data);
    }
}
