package org.tornadolens.backend.cpu;

/**
 * Activations as {@link Tile} reads them, {@link Tile#WIDTH} neighbouring rows side by side: [panel, column, WIDTH]. Rows
 * past the last are of no meaning.
 */
final class Panels {

    private Panels() {}

    static int count(int rows) { return (rows + Tile.WIDTH - 1) / Tile.WIDTH; }

    /** Rows with those that fill the last panel. */
    static int padded(int rows) { return count(rows) * Tile.WIDTH; }

    /** Floats of a matrix of activations, in rows or in panels. */
    static long floats(int rows, long columns, boolean inPanels) { return (inPanels ? padded(rows) : rows) * columns; }

    /** Rows {@code stride} bytes apart as panels, on all threads. */
    static void packAll(long x, long stride, int rows, int columns, long panels) {
        Threads.range(count(rows), 1, (from, to) -> {
            for (int p = from; p < to; p++) {
                int first = p * Tile.WIDTH;
                pack(x + first * stride, stride, Math.min(Tile.WIDTH, rows - first), columns, panels + p * columns * Tile.ROW);
            }
        });
    }

    /** One panel. Where rows are missing it is filled with zeros. */
    static void pack(long x, long stride, int rows, int columns, long panel) {
        if (rows < Tile.WIDTH) Memory.clear(panel, (long) columns * Tile.WIDTH);
        for (int c = 0; c < columns; c += Tile.DEPTH) {   // so much of a panel stays in the first-level cache
            Transpose.byRows(x + 4L * c, stride, rows, Math.min(Tile.DEPTH, columns - c), panel + c * Tile.ROW, Tile.ROW);
        }
    }
}
