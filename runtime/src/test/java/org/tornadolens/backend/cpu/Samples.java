package org.tornadolens.backend.cpu;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.Random;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;

/** Random activations and weights, and how results are compared with what a scalar loop in double precision gives. */
final class Samples {

    /** A result, one element, in double precision, and the sum of the magnitudes it was added up from. */
    record Expected(double value, double magnitude) {}

    private Samples() {}

    static MemorySegment memory(long floats) { return Arena.ofAuto().allocate(Math.max(4, 4 * floats), 64); }

    static MemorySegment random(Random random, long floats) {
        MemorySegment memory = memory(floats);
        for (long i = 0; i < floats; i++) set(memory, i, (float) random.nextGaussian());
        return memory;
    }

    static MemorySegment of(float... values) {
        MemorySegment memory = memory(values.length);
        for (int i = 0; i < values.length; i++) set(memory, i, values[i]);
        return memory;
    }

    static float get(MemorySegment memory, long index) { return memory.get(Memory.FLOAT, 4 * index); }

    static void set(MemorySegment memory, long index, float value) { memory.set(Memory.FLOAT, 4 * index, value); }

    /** A weight of random blocks, elements of magnitude about one, at an odd address. */
    static Weight weight(Random random, DType type, int rows, int columns, RowOrder order) {
        long rowBytes = type.bytes(columns);
        MemorySegment data = Arena.ofAuto().allocate(rows * rowBytes + 1).asSlice(1);
        byte[] noise = new byte[(int) (rows * rowBytes)];
        random.nextBytes(noise);
        MemorySegment.copy(noise, 0, data, JAVA_BYTE, 0, noise.length);
        long blocks = rows * rowBytes / type.blockBytes();
        for (long b = 0; b < blocks; b++) {
            long at = b * type.blockBytes();
            float value = (float) random.nextGaussian();
            switch (type) {
                case F32 -> data.set(Memory.FLOAT, at, value);
                case F16 -> half(data, at, value);
                case BF16 -> data.set(Memory.SHORT, at, (short) (Float.floatToRawIntBits(value) >>> 16));
                case Q8_0 -> half(data, at, value / 64);
                case Q4_0 -> half(data, at, value / 4);
                case Q4_K -> {
                    half(data, at, value / 256);
                    half(data, at + 2, value / 64);
                }
                case Q6_K -> half(data, at + 208, value / 2048);
            }
        }
        return new Weight("a " + type + " weight", type, rows, columns, data, order);
    }

    static Weight weight(Random random, DType type, int rows, int columns) {
        return weight(random, type, rows, columns, RowOrder.IDENTITY);
    }

    private static void half(MemorySegment data, long at, float value) { data.set(Memory.SHORT, at, Float.floatToFloat16(value)); }

    /** Fails unless {@code actual} is {@code expected} up to the rounding of a sum of such terms in single precision. */
    static void check(String where, Expected expected, float actual) {
        double bound = 4e-6 * expected.magnitude + 1e-30;
        if (!(Math.abs(actual - expected.value) <= bound)) {
            fail(where + ": " + actual + " instead of " + expected.value + " ± " + bound);
        }
    }
}
