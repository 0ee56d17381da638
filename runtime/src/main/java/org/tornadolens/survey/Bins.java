package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * An exact histogram of each of some columns that finds its range itself. The width of a column's bins is a power of
 * two, the smallest with which {@code size} bins reach from the smallest number to the largest, so that it depends on
 * these two alone and not on the order of the numbers. Numbers in bin i lie from i · width (inclusive) to (i + 1) ·
 * width.
 */
final class Bins {

    /** The least width: numbers closer than this lie in one bin. */
    private static final double FINEST = 0x1.0p-30;
    private static final double SCALE = 1 / FINEST;
    private static final double MOST = 0x1.0p62;    // of a number divided by the width

    private final int size, mask;
    private final long[] counts;       // [column][bin & mask]: which bin that is follows from the least
    private final long[] least, most;  // of the bins in use; least > most for a column without numbers
    private final byte[] shift;        // the width is FINEST times two to this
    private final double[] scale;      // 1 / width

    /** @param size a power of two */
    Bins(int columns, int size) {
        this.size = size;
        this.mask = size - 1;
        this.counts = new long[Math.multiplyExact(columns, size)];
        this.least = new long[columns];
        this.most = new long[columns];
        this.shift = new byte[columns];
        this.scale = new double[columns];
        for (int column = 0; column < columns; column++) {
            least[column] = 1;
            scale[column] = SCALE;
        }
    }

    static long bytes(long columns, int size) { return columns * (Long.BYTES * size + 25L); }

    int columns() { return least.length; }

    void add(int column, float number) {
        long bin = (long) Math.floor(number * scale[column]);
        if (bin < least[column] || bin > most[column]) bin = widened(column, number);
        counts[column * size + (int) (bin & mask)]++;
    }

    /** Makes room for a number outside the bins in use, and returns its bin. */
    private long widened(int column, float number) {
        while (Math.abs(number * scale[column]) > MOST) coarsen(column, 1);
        long bin = (long) Math.floor(number * scale[column]);
        if (empty(column)) {
            least[column] = most[column] = bin;
            return bin;
        }
        return reach(column, Math.min(bin, least[column]), Math.max(bin, most[column]), bin);
    }

    private boolean empty(int column) { return least[column] > most[column]; }

    /** Lets a column reach from one bin to another, with wider bins where these are too far apart. */
    private long reach(int column, long from, long to, long bin) {
        int wider = 0;
        while ((to >> wider) - (from >> wider) >= size) wider++;
        if (wider > 0) coarsen(column, wider);
        least[column] = from >> wider;
        most[column] = to >> wider;
        return bin >> wider;
    }

    private void coarsen(int column, int wider) {
        if (!empty(column)) {
            long[] own = new long[size];
            for (long bin = least[column]; bin <= most[column]; bin++)
                own[(int) (bin >> wider & mask)] += counts[column * size + (int) (bin & mask)];
            System.arraycopy(own, 0, counts, column * size, size);
            least[column] >>= wider;
            most[column] >>= wider;
        }
        shift[column] += (byte) wider;
        scale[column] = Math.scalb(SCALE, -shift[column]);
    }

    void merge(Bins other) { for (int column = 0; column < columns(); column++) merge(other, column); }

    private void merge(Bins other, int column) {
        if (other.empty(column)) return;
        if (other.shift[column] > shift[column]) coarsen(column, other.shift[column] - shift[column]);
        int finer = shift[column] - other.shift[column];
        long from = other.least[column] >> finer, to = other.most[column] >> finer;
        if (empty(column)) {
            least[column] = from;
            most[column] = to;
        } else {
            reach(column, Math.min(from, least[column]), Math.max(to, most[column]), from);
            finer = shift[column] - other.shift[column];
        }
        for (long bin = other.least[column]; bin <= other.most[column]; bin++)
            counts[column * size + (int) (bin >> finer & mask)] += other.counts[column * size + (int) (bin & mask)];
    }

    void write(DataOutput out) throws IOException {
        Streams.write(out, counts);
        Streams.write(out, least);
        Streams.write(out, most);
        out.write(shift);
    }

    void read(DataInput in) throws IOException {
        System.arraycopy(Streams.longs(in), 0, counts, 0, counts.length);
        System.arraycopy(Streams.longs(in), 0, least, 0, least.length);
        System.arraycopy(Streams.longs(in), 0, most, 0, most.length);
        in.readFully(shift);
        for (int column = 0; column < scale.length; column++) scale[column] = Math.scalb(SCALE, -shift[column]);
    }

    /** Returns the counts of a column's bins in use, in order. */
    long[] counts(int column) {
        long[] own = new long[(int) Math.max(0, most[column] - least[column] + 1)];
        for (int i = 0; i < own.length; i++) own[i] = counts[column * size + (int) (least[column] + i & mask)];
        return own;
    }

    /** Returns the first edge of the bins in use. */
    double from(int column) { return least[column] / scale[column]; }

    double width(int column) { return 1 / scale[column]; }
}
