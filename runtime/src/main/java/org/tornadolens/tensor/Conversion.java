package org.tornadolens.tensor;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;
import org.tornadolens.Interruption;
import org.tornadolens.UsageException;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.tensor.format.Encoder;

/** Converts weights to another type. The result is a copy in memory with rows in canonical order. */
public final class Conversion {

    /** The types that weights can be converted to; the others can only be read. */
    public static final List<DType> TARGETS =
            Arrays.stream(DType.values()).filter(type -> type.format() instanceof Encoder).toList();

    private Conversion() {}

    /** Converts every matrix; vectors (gains and biases) keep their type, as in quantised checkpoints. */
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
            throw new UsageException("dtype " + type + " can only be read, not written; choose one of " + TARGETS);
        }
        if (weight.columns() % type.blockElements() != 0) {
            throw new UsageException("dtype " + type + " needs rows whose length is a multiple of "
                    + type.blockElements() + ", and " + weight.name() + " has " + weight.columns());
        }
        long rowBytes = type.bytes(weight.columns());
        MemorySegment data = OffHeap.allocate(rowBytes * weight.rows(), weight.name() + " as " + type,
                "use the weights as they are stored, which needs no copy");
        Interruption caller = Interruption.ofThisThread();
        IntStream.range(0, weight.rows()).parallel().forEach(r -> {
            caller.checkOwner();
            float[] row = new float[weight.columns()];
            weight.row(r, row);
            encoder.encode(row, data, r * rowBytes);
        });
        return new Weight(weight.name(), type, weight.rows(), weight.columns(), data);
    }
}
