package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Optional;

/** Counts of numbers in bins, of each column or of all together: exact, and the same in whatever order they come. */
final class HistogramCounts implements Collected {

    private final int width, size;
    private final boolean each;
    private final Optional<Collector.Range> range;
    private final Bins bins;        // without a range
    private final long[][] fixed;   // with one: below, the bins, above

    HistogramCounts(int width, int size, Optional<Collector.Range> range, boolean each) {
        this.width = width;
        this.size = size;
        this.each = each;
        this.range = range;
        this.bins = new Bins(range.isPresent() ? 0 : each ? width : 1, Integer.highestOneBit(size));
        this.fixed = new long[range.isEmpty() ? 0 : each ? width : 1][size + 2];
    }

    static long bytes(long columns, int size) { return Bins.bytes(columns, size); }

    @Override public void add(Block block) {
        if (each) {
            Block.columns(width, (from, to) -> count(block, from, to, bins, fixed, 0));
            return;
        }
        Object lock = new Object();
        Block.columns(width, (from, to) -> {
            Bins own = new Bins(bins.columns(), Integer.highestOneBit(size));
            long[][] counts = new long[fixed.length][size + 2];
            count(block, from, to, own, counts, -1);
            synchronized (lock) {    // sums of whole numbers: their order does not matter
                bins.merge(own);
                for (int i = 0; i < counts.length; i++) Streams.add(fixed[i], counts[i]);
            }
        });
    }

    /** @param together -1 where all columns are counted as one */
    private void count(Block block, int from, int to, Bins bins, long[][] fixed, int together) {
        float[] x = new float[to - from];
        double start = range.map(Collector.Range::from).orElse(0.0),
                scale = range.map(r -> size / (r.to() - r.from())).orElse(0.0);
        for (int row = 0; row < block.batch().rows(); row++) {
            for (int position : block.positions(row)) {
                block.read(row, position, from, to, x);
                for (int i = 0; i < x.length; i++) {
                    int column = together < 0 ? 0 : from + i;
                    if (fixed.length == 0) bins.add(column, x[i]);
                    else fixed[column][(int) Math.clamp((long) Math.floor((x[i] - start) * scale), -1, size) + 1]++;
                }
            }
        }
    }

    @Override public void merge(Collected next) {
        HistogramCounts other = (HistogramCounts) next;
        bins.merge(other.bins);
        for (int i = 0; i < fixed.length; i++) Streams.add(fixed[i], other.fixed[i]);
    }

    @Override public void write(DataOutput out) throws IOException {
        bins.write(out);
        for (long[] counts : fixed) Streams.write(out, counts);
    }

    @Override public void read(DataInput in) throws IOException {
        bins.read(in);
        for (int i = 0; i < fixed.length; i++) fixed[i] = Streams.longs(in);
    }

    /** Returns the histogram of a column, or of all together if its number is 0 and they are not counted each. */
    Survey.Histogram histogram(int column) {
        if (range.isEmpty()) return histogram(bins, column);
        long[] all = fixed[column], inside = new long[size];
        System.arraycopy(all, 1, inside, 0, size);
        Collector.Range r = range.get();
        return new Survey.Histogram(r.from(), (r.to() - r.from()) / size, inside, all[0], all[size + 1]);
    }

    static Survey.Histogram histogram(Bins bins, int column) {
        return new Survey.Histogram(bins.from(column), bins.width(column), bins.counts(column), 0, 0);
    }

    int columns() { return each ? width : 1; }
}
