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
    static long floats(int rows, long columns, boolean inPanels) {
        return (inPanels ? padded(rows) : rows) * columns;
    }

    /** Hears of rows from … from+count-1 of those asked for: side by side in one panel, the first one's column 0 at an address. */
    interface Visitor {
        void rows(long address, int from, int count);
    }

    /** Tells where rows {@code first … first+n-1} lie; from a column to the next it is {@link Tile#ROW} bytes. */
    static void visit(long panels, int columns, int first, int n, Visitor visitor) {
        for (int i = 0; i < n;) {
            int panel = (first + i) / Tile.WIDTH, lane = (first + i) % Tile.WIDTH,
                    count = Math.min(n - i, Tile.WIDTH - lane);
            visitor.rows(panels + (long) panel * columns * Tile.ROW + 4L * lane, i, count);
            i += count;
        }
    }

    /** Rows {@code stride} bytes apart as panels, on all threads. */
    static void packAll(long x, long stride, int rows, int columns, long panels) {
        Threads.range(count(rows), 1, (from, to) -> {
            for (int p = from; p < to; p++) {
                int first = p * Tile.WIDTH;
                pack(x + first * stride, stride, Math.min(Tile.WIDTH, rows - first), columns,
                        panels + p * columns * Tile.ROW);
            }
        });
    }

    /** One row of as many columns as panels have, to contiguous memory. */
    static void unpack(long panels, int columns, int row, long to) {
        visit(panels, columns, row, 1, (from, _, _) -> {
            for (int c = 0; c < columns; c++) Memory.set(to + 4L * c, Memory.get(from + c * Tile.ROW));
        });
    }

    /** One panel. Where rows are missing it is filled with zeros. */
    static void pack(long x, long stride, int rows, int columns, long panel) {
        if (rows < Tile.WIDTH) Memory.clear(panel, (long) columns * Tile.WIDTH);
        for (int c = 0; c < columns; c += Tile.DEPTH) {   // so much of a panel stays in the first-level cache
            Transpose.byRows(x + 4L * c, stride, rows, Math.min(Tile.DEPTH, columns - c), panel + c * Tile.ROW,
                    Tile.ROW);
        }
    }
}
