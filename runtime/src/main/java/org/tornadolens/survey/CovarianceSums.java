package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.tornadolens.linalg.Parallel;

/** Sums of columns and of products of all pairs of columns, in double precision. */
final class CovarianceSums implements Collected {

    private static final int TILE = 64;    // columns whose products one thread sums at a time

    private final int width, tiles;
    private double[] sums;
    private final double[][] products;   // [column][column up to it]
    private long tokens;

    CovarianceSums(int width) {
        this.width = width;
        this.tiles = (width + TILE - 1) / TILE;
        this.sums = new double[width];
        this.products = new double[width][];
        for (int i = 0; i < width; i++) products[i] = new double[i + 1];
    }

    static long bytes(long width) { return Double.BYTES * width * (width + 1) / 2; }

    @Override public void add(Block block) {
        tokens += block.tokens();
        Parallel.range(tiles * (tiles + 1) / 2, 1, (from, to) -> {
            for (int tile = from; tile < to; tile++) {
                int row = (int) ((Math.sqrt(8.0 * tile + 1) - 1) / 2);
                add(block, row * TILE, (tile - row * (row + 1) / 2) * TILE);
            }
        });
    }

    /** Sums the products of columns from {@code first} on with those from {@code second} on, which is not larger. */
    private void add(Block block, int first, int second) {
        int rows = Math.min(width, first + TILE) - first, columns = Math.min(width, second + TILE) - second;
        float[] x = new float[rows], y = new float[columns];
        double[] wide = new double[columns];
        double[][] tile = new double[rows][columns];
        double[] own = new double[rows];
        for (int row = 0; row < block.batch().rows(); row++) {
            for (int position : block.positions(row)) {
                block.read(row, position, first, first + rows, x);
                block.read(row, position, second, second + columns, y);
                for (int j = 0; j < columns; j++) wide[j] = y[j];
                for (int i = 0; i < rows; i++) {
                    double factor = x[i];
                    double[] sums = tile[i];
                    for (int j = 0; j < columns; j++) sums[j] += factor * wide[j];
                    own[i] += factor;
                }
            }
        }
        for (int i = 0; i < rows; i++) {
            int most = Math.min(columns, first + i - second + 1);
            for (int j = 0; j < most; j++) products[first + i][second + j] += tile[i][j];
            if (first == second) sums[first + i] += own[i];
        }
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
