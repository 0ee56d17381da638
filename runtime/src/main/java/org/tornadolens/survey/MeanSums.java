package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;

/** Sums and counts in double precision, of all tokens or by position. */
final class MeanSums implements Collected {

    private final int width;
    private final boolean byPosition;
    private double[][] sums = new double[0][];
    private long[] counts = new long[0];

    MeanSums(int width, boolean byPosition) {
        this.width = width;
        this.byPosition = byPosition;
    }

    @Override public void add(Block block) {
        Batch batch = block.batch();
        for (int row = 0; row < batch.rows(); row++)
            for (int position : block.positions(row)) counted(at(batch, row, position));
        Block.columns(width, (from, to) -> {
            float[] x = new float[to - from];
            for (int row = 0; row < batch.rows(); row++) {
                for (int position : block.positions(row)) {
                    block.read(row, position, from, to, x);
                    double[] sum = sums[at(batch, row, position)];
                    for (int i = 0; i < x.length; i++) sum[from + i] += x[i];
                }
            }
        });
    }

    private int at(Batch batch, int row, int position) { return byPosition ? position - batch.padding(row) : 0; }

    private void counted(int at) {
        grow(at + 1);
        counts[at]++;
    }

    private void grow(int length) {
        int before = sums.length;
        if (length <= before) return;
        sums = Arrays.copyOf(sums, length);
        counts = Arrays.copyOf(counts, length);
        for (int i = before; i < length; i++) sums[i] = new double[width];
    }

    @Override public void merge(Collected next) {
        MeanSums other = (MeanSums) next;
        grow(other.sums.length);
        for (int i = 0; i < other.sums.length; i++) Streams.add(sums[i], other.sums[i]);
        for (int i = 0; i < other.counts.length; i++) counts[i] += other.counts[i];
    }

    @Override public void write(DataOutput out) throws IOException {
        Streams.write(out, counts);
        for (double[] sum : sums) Streams.write(out, sum);
    }

    @Override public void read(DataInput in) throws IOException {
        counts = Streams.longs(in);
        sums = new double[counts.length][];
        for (int i = 0; i < sums.length; i++) sums[i] = Streams.doubles(in);
    }

    /** Returns the number of positions, or 1; 0 if there was no token. */
    int length() { return sums.length; }

    long count(int at) { return counts[at]; }

    float mean(int at, int column) { return (float) (sums[at][column] / counts[at]); }

    /** Returns the mean of the only column, over all positions. */
    double exact() { return sums[0][0] / counts[0]; }

    static long bytes(long width, int positions) { return Double.BYTES * width * positions; }
}
