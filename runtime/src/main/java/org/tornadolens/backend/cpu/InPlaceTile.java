package org.tornadolens.backend.cpu;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * {@link Tile} of f32 weights where they lie, which saves copying them. The compiler has to know how far apart their rows
 * are: with distances in registers the loop takes a tenth longer. So every distance has one of the
 * {@link Copies} of {@link StridedTile}, in which it is a constant.
 */
interface InPlaceTile {

    Map<Long, InPlaceTile> MADE = new ConcurrentHashMap<>();

    /** c = from + a · b, a the address of {@link Tile#ROWS} rows of weights, all else as in {@link Tile}. */
    void wide(long a, long b, int n, long from, long c);

    /** The same for the first LANES columns. */
    void narrow(long a, long b, int n, long from, long c);

    /** The kernel for rows so many bytes apart. */
    static InPlaceTile of(long stride) {
        return MADE.computeIfAbsent(stride, s -> Copies.of(InPlaceTile.class, "StridedTile", s));
    }
}
