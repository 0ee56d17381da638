package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.tornadolens.linalg.Parallel;

/** Sums of columns and of products of all pairs of columns, in double precision. */
final class CovarianceSums implements Collected {

    // rows and columns of the matrix that are summed at a time: a tile stays in the cache, and its rows are long enough
    // for vectors
    private static final int ROWS = 32, COLUMNS = 256;

    private final int width, tiles;
    private double[] sums;
    private final double[][] products;   // [column][column up to it]
    private long tokens;

    CovarianceSums(int width) {
        this.width = width;
        this.tiles = (width + ROWS - 1) / ROWS;
        this.sums = new double[width];
        this.products = new double[width][];
        for (int i = 0; i < width; i++) products[i] = new double[i + 1];
    }

    static long bytes(long width) { return Double.BYTES * width * (width + 1) / 2; }

    @Override public void add(Block block) {
        tokens += block.tokens();
        Parallel.range(tiles, 1, (from, to) -> {
            for (int i = from; i < to; i++) {
                int first = (i % 2 == 0 ? i / 2 : tiles - 1 - i / 2) * ROWS;    // a long row of tiles after a short one
                for (int second = 0; second < Math.min(width, first + ROWS); second += COLUMNS)
                    add(block, first, second);
            }
        });
    }

    /** Sums the products of the columns from {@code first} on with those from {@code second} on. */
    private void add(Block block, int first, int second) {
        int rows = Math.min(width, first + ROWS) - first;
        int columns = Math.min(Math.min(width, first + ROWS), second + COLUMNS) - second;
        float[] x = new float[rows], y = new float[columns];
        double[] wide = new double[columns], own = new double[rows];
        double[][] tile = new double[rows][columns];
        for (int row = 0; row < block.batch().rows(); row++) {
            for (int position : block.positions(row)) {
                block.read(row, position, first, first + rows, x);
                block.read(row, position, second, second + columns, y);
                for (int j = 0; j < columns; j++) wide[j] = y[j];
                for (int i = 0; i < rows; i++) {
                    addTimes(x[i], wide, tile[i]);
                    own[i] += x[i];
                }
            }
        }
        for (int i = 0; i < rows; i++) {
            int most = Math.min(columns, first + i - second + 1);
            for (int j = 0; j < most; j++) products[first + i][second + j] += tile[i][j];
            if (second == 0) sums[first + i] += own[i];
        }
    }

    private static void addTimes(double factor, double[] x, double[] sums) {
        for (int j = 0; j < sums.length; j++) sums[j] += factor * x[j];
    }

    @Override public void merge(Collected next) {
        CovarianceSums other = (CovarianceSums) next;
        tokens += other.tokens;
        Streams.add(sums, other.sums);
        for (int i = 0; i < width; i++) Streams.add(products[i], other.products[i]);
    }

    @Override public void write(DataOutput out) throws IOException {
        out.writeLong(tokens);
        Streams.write(out, sums);
        for (double[] row : products) Streams.write(out, row);
    }

    @Override public void read(DataInput in) throws IOException {
        tokens = in.readLong();
        sums = Streams.doubles(in);
        for (int i = 0; i < width; i++) products[i] = Streams.doubles(in);
    }

    long tokens() { return tokens; }

    float covariance(int a, int b) {
        double product = products[Math.max(a, b)][Math.min(a, b)];
        return (float) ((product - sums[a] * sums[b] / tokens) / (tokens - 1));
    }

    @Override public String toString() { return Arrays.toString(sums); }
}
