package org.tornadolens.survey;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import org.tornadolens.linalg.Parallel;

/**
 * Numbers of the tokens of a batch, [row, position, column], as a run or a reading of it left them in memory. Padding,
 * rows that are left out and positions that were not asked for are no part of it.
 */
final class Block {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;

    private static final int COLUMNS = 64;

    private final Batch batch;
    private final MemorySegment data;
    private final int length, stride, width;
    private final int[] columns;
    private final int[][] positions;

    /**
     * @param length    numbers of positions of a row in memory: those of the padded row, or 1
     * @param stride    floats from one token to the next
     * @param columns   those of a token that are meant, ascending; null for the first {@code width}
     * @param positions by row, those that count, as indices of the padded row
     */
    Block(Batch batch, MemorySegment data, int length, int stride, int width, int[] columns, int[][] positions) {
        this.batch = batch;
        this.data = data;
        this.length = length;
        this.stride = stride;
        this.width = width;
        this.columns = columns;
        this.positions = positions;
    }

    /**
     * Calls {@code part} for few columns at a time, on all threads: what is summed of them stays in the cache while the
     * tokens of a batch go by.
     */
    static void columns(int width, Parallel.Part part) {
        Parallel.range((width + COLUMNS - 1) / COLUMNS, 1, (from, to) -> {
            for (int i = from; i < to; i++) part.run(i * COLUMNS, Math.min(width, (i + 1) * COLUMNS));
        });
    }

    Batch batch() { return batch; }

    int width() { return width; }

    /** Returns the positions of a row that count, ascending, as indices of the padded row. */
    int[] positions(int row) {
        return positions[row];
    }

    long tokens() {
        long tokens = 0;
        for (int[] own : positions) tokens += own.length;
        return tokens;
    }

    /** Copies the columns {@code from} to {@code to} of a token. */
    void read(int row, int position, int from, int to, float[] into) {
        long at = ((long) row * length + position) * stride;
        if (columns == null) {
            MemorySegment.copy(data, FLOAT, (at + from) * Float.BYTES, into, 0, to - from);
        } else {
            for (int column = from; column < to; column++)
                into[column - from] = data.getAtIndex(FLOAT, at + columns[column]);
        }
    }

    float get(int row, int position, int column) {
        long at = ((long) row * length + position) * stride;
        return data.getAtIndex(FLOAT, at + (columns == null ? column : columns[column]));
    }
}
