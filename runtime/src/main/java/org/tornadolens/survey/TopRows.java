package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.util.Arrays;
import org.tornadolens.dataset.Row;

/**
 * The rows where each column is largest, at its largest position there, and a histogram of all its numbers. Of equal
 * numbers the earlier row and the earlier position come first, so that the order in which rows come does not matter.
 */
final class TopRows implements Collected {

    static final int BINS = 64;

    private static final int NONE = -1;     // in place of a token, before a row's first and after its last

    private final int width, k, context;
    private final float sign;               // 1, or -1 where the smallest are sought
    private final float[] values;           // [column][rank], times sign, descending
    private final long[] rows;
    private final int[] positions, filled;  // position from the row's first token; ranks of each column in use
    private final int[][] tokens;           // [column][rank, token of the context]
    private final float[][] activations;    // the column's numbers there
    private final Bins bins;

    TopRows(int width, int k, int context, boolean largest) {
        this.width = width;
        this.k = k;
        this.context = context;
        this.sign = largest ? 1 : -1;
        this.values = new float[Math.multiplyExact(width, k)];
        this.rows = new long[values.length];
        this.positions = new int[values.length];
        this.filled = new int[width];
        this.tokens = new int[width][];
        this.activations = new float[width][];
        this.bins = new Bins(width, BINS);
    }

    static long bytes(long width, int k, int context) {
        return width * (k * (16L + 8L * (2 * context + 1)) + 48) + Bins.bytes(width, BINS);
    }

    private int window() { return 2 * context + 1; }

    @Override public void add(Block block) {
        Block.columns(width, (from, to) -> {
            float[] x = new float[to - from], most = new float[to - from];
            int[] at = new int[to - from];
            for (int row = 0; row < block.batch().rows(); row++) {
                int[] own = block.positions(row);
                if (own.length == 0) continue;
                Arrays.fill(most, Float.NEGATIVE_INFINITY);
                for (int position : own) {
                    block.read(row, position, from, to, x);
                    for (int i = 0; i < x.length; i++) {
                        bins.add(from + i, x[i]);
                        float value = sign * x[i];
                        if (value > most[i]) {
                            most[i] = value;
                            at[i] = position;
                        }
                    }
                }
                for (int i = 0; i < x.length; i++) offer(block, row, from + i, at[i], most[i]);
            }
        });
    }

    private void offer(Block block, int row, int column, int position, float value) {
        Row one = block.batch().row(row);
        int rank = rank(column, value, one.index());
        if (rank == k) return;
        insert(column, rank);
        int padding = block.batch().padding(row), first = column * k + rank;
        values[first] = value;
        rows[first] = one.index();
        positions[first] = position - padding;
        for (int i = 0; i < window(); i++) {
            int token = position - padding - context + i;
            boolean inside = token >= 0 && token < one.ids().length;
            tokens[column][rank * window() + i] = inside ? one.ids()[token] : NONE;
            activations[column][rank * window() + i] = inside ? block.get(row, token + padding, column) : Float.NaN;
        }
    }

    /** Returns the rank that a number would have among those of a column; k if it is none of the first. */
    private int rank(int column, float value, long row) {
        int first = column * k, rank = filled[column];
        while (rank > 0 && (value > values[first + rank - 1]
                || value == values[first + rank - 1] && row < rows[first + rank - 1]))
            rank--;
        return rank;
    }

    /** Makes room at a rank; the last one of a full column is dropped. */
    private void insert(int column, int rank) {
        if (tokens[column] == null) {
            tokens[column] = new int[k * window()];
            activations[column] = new float[k * window()];
        }
        int after = Math.min(filled[column], k - 1) - rank, first = column * k + rank;
        System.arraycopy(values, first, values, first + 1, after);
        System.arraycopy(rows, first, rows, first + 1, after);
        System.arraycopy(positions, first, positions, first + 1, after);
        int from = rank * window();
        System.arraycopy(tokens[column], from, tokens[column], from + window(), after * window());
        System.arraycopy(activations[column], from, activations[column], from + window(), after * window());
        filled[column] = Math.min(k, filled[column] + 1);
    }

    @Override public void merge(Collected next) {
        TopRows other = (TopRows) next;
        bins.merge(other.bins);
        for (int column = 0; column < width; column++) {
            for (int theirs = 0; theirs < other.filled[column]; theirs++) {
                int from = column * k + theirs, rank = rank(column, other.values[from], other.rows[from]);
                if (rank == k) break;
                insert(column, rank);
                int to = column * k + rank;
                values[to] = other.values[from];
                rows[to] = other.rows[from];
                positions[to] = other.positions[from];
                System.arraycopy(other.tokens[column], theirs * window(), tokens[column], rank * window(), window());
                System.arraycopy(other.activations[column], theirs * window(), activations[column], rank * window(),
                        window());
            }
        }
    }

    @Override public void write(DataOutput out) throws IOException {
        bins.write(out);
        for (int column = 0; column < width; column++) {
            out.writeInt(filled[column]);
            for (int rank = 0; rank < filled[column]; rank++) {
                out.writeFloat(values[column * k + rank]);
                out.writeLong(rows[column * k + rank]);
                out.writeInt(positions[column * k + rank]);
                for (int i = rank * window(); i < (rank + 1) * window(); i++) {
                    out.writeInt(tokens[column][i]);
                    out.writeFloat(activations[column][i]);
                }
            }
        }
    }

    @Override public void read(DataInput in) throws IOException {
        bins.read(in);
        for (int column = 0; column < width; column++) {
            int count = in.readInt();
            for (int rank = 0; rank < count; rank++) {
                insert(column, rank);
                values[column * k + rank] = in.readFloat();
                rows[column * k + rank] = in.readLong();
                positions[column * k + rank] = in.readInt();
                for (int i = rank * window(); i < (rank + 1) * window(); i++) {
                    tokens[column][i] = in.readInt();
                    activations[column][i] = in.readFloat();
                }
            }
        }
    }

    int count(int column) { return filled[column]; }

    /** Returns the number of this rank in a column. */
    float value(int column, int rank) {
        return sign * values[column * k + rank];
    }

    Survey.Example example(int column, int rank) {
        int at = column * k + rank, from = rank * window(), to = from + window(), peak = from + context;
        while (tokens[column][from] == NONE) from++;
        while (tokens[column][to - 1] == NONE) to--;
        return new Survey.Example(value(column, rank), rows[at], positions[at],
                Arrays.copyOfRange(tokens[column], from, to), Arrays.copyOfRange(activations[column], from, to),
                peak - from);
    }

    Survey.Histogram histogram(int column) { return HistogramCounts.histogram(bins, column); }
}
