package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.tornadolens.metric.Metric;

/** One number for each row, by its index; NaN for a row that is left out. */
final class RowNumbers implements Collected {

    private final Metric metric;
    private long first = -1;                    // index of the first row
    private double[] numbers = new double[0];
    private int count;

    RowNumbers(Metric metric) { this.metric = metric; }

    @Override public void add(Block block) {
        Batch batch = block.batch();
        for (int row = 0; row < batch.rows(); row++)
            put(batch.row(row).index(), batch.counts(row) ? metric.read(block.get(row, 0, 0)) : Double.NaN);
    }

    /** Rows of a unit come in the order of their lengths. */
    private void put(long row, double number) {
        if (first < 0) first = row;
        if (row < first) {
            int shift = (int) (first - row);
            double[] later = new double[count + shift];
            Arrays.fill(later, 0, shift, Double.NaN);
            System.arraycopy(numbers, 0, later, shift, count);
            numbers = later;
            count += shift;
            first = row;
        }
        int at = (int) (row - first);
        if (at >= numbers.length) numbers = Arrays.copyOf(numbers, Math.max(at + 1, 2 * numbers.length));
        for (int i = count; i < at; i++) numbers[i] = Double.NaN;
        numbers[at] = number;
        count = Math.max(count, at + 1);
    }

    @Override public void merge(Collected next) {
        RowNumbers other = (RowNumbers) next;
        for (int i = 0; i < other.count; i++) put(other.first + i, other.numbers[i]);
    }

    @Override public void write(DataOutput out) throws IOException {
        out.writeLong(first);
        Streams.write(out, numbers());
    }

    @Override public void read(DataInput in) throws IOException {
        first = in.readLong();
        numbers = Streams.doubles(in);
        count = numbers.length;
    }

    double[] numbers() { return Arrays.copyOf(numbers, count); }
}
