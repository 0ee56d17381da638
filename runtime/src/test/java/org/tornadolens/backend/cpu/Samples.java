package org.tornadolens.backend.cpu;

import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.checkpoint.TypeGoldens;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;

/** Random activations and weights, and comparison of results with those of a scalar loop in double precision. */
public final class Samples {

    /** One element of a result in double precision, and the sum of the magnitudes of its terms. */
    public record Expected(double value, double magnitude) {}

    private Samples() {}

    public static MemorySegment memory(long floats) { return Arena.ofAuto().allocate(Math.max(4, 4 * floats), 64); }

    public static MemorySegment random(Random random, long floats) {
        MemorySegment memory = memory(floats);
        for (long i = 0; i < floats; i++) set(memory, i, (float) random.nextGaussian());
        return memory;
    }

    public static MemorySegment of(float... values) {
        MemorySegment memory = memory(values.length);
        for (int i = 0; i < values.length; i++) set(memory, i, values[i]);
        return memory;
    }

    public static float get(MemorySegment memory, long index) { return memory.get(Memory.FLOAT, 4 * index); }

    public static void set(MemorySegment memory, long index, float value) {
        memory.set(Memory.FLOAT, 4 * index, value);
    }

    /** Returns a weight of random blocks, with elements of magnitude about one, at an odd address. */
    public static Weight weight(Random random, DType type, int rows, int columns, RowOrder order) {
        Weight even = TypeGoldens.random(random, type, rows, columns);
        MemorySegment data = Arena.ofAuto().allocate(even.data().byteSize() + 1).asSlice(1).copyFrom(even.data());
        return new Weight("a " + type + " weight", type, rows, columns, data, order);
    }

    public static Weight weight(Random random, DType type, int rows, int columns) {
        return weight(random, type, rows, columns, RowOrder.IDENTITY);
    }

    /**
     * Fails unless {@code actual} is {@code expected} up to the rounding of a sum of such terms in single precision.
     */
    public static void check(String where, Expected expected, float actual) {
        double bound = 4e-6 * expected.magnitude + 1e-30;
        if (!(Math.abs(actual - expected.value) <= bound)) {
            fail(where + ": " + actual + " instead of " + expected.value + " ± " + bound);
        }
    }
}
