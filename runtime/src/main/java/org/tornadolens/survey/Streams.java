package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Arrays of numbers in a stream. */
final class Streams {

    private Streams() {}

    static void write(DataOutput out, double[] numbers) throws IOException {
        out.writeInt(numbers.length);
        for (double number : numbers) out.writeDouble(number);
    }

    static double[] doubles(DataInput in) throws IOException {
        double[] numbers = new double[in.readInt()];
        for (int i = 0; i < numbers.length; i++) numbers[i] = in.readDouble();
        return numbers;
    }

    static void write(DataOutput out, long[] numbers) throws IOException {
        out.writeInt(numbers.length);
        for (long number : numbers) out.writeLong(number);
    }

    static long[] longs(DataInput in) throws IOException {
        long[] numbers = new long[in.readInt()];
        for (int i = 0; i < numbers.length; i++) numbers[i] = in.readLong();
        return numbers;
    }

    /** Adds the second to the first. */
    static void add(double[] to, double[] from) {
        for (int i = 0; i < to.length; i++) to[i] += from[i];
    }

    static void add(long[] to, long[] from) { for (int i = 0; i < to.length; i++) to[i] += from[i]; }
}
