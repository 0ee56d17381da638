package org.tornadolens.backend.cpu.product;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A {@link Tile} of f32 weights where they lie, which saves copying them. The compiler has to know the distance of
 * their rows: with the distance in a register the loop takes a tenth longer. So every distance has one of the
 * {@link Copies} of {@link StridedTile}, in which it is a constant.
 */
interface InPlaceTile {

    Map<Long, InPlaceTile> MADE = new ConcurrentHashMap<>();

    /**
     * Computes c = from + a · b; a is the address of {@link Tile#ROWS} rows of weights, the rest as in {@link Tile}.
     */
    void wide(long a, long b, int n, long from, long c);

    /** Computes the first LANES columns of c. */
    void narrow(long a, long b, int n, long from, long c);

    /** Returns the kernel for rows {@code stride} bytes apart. */
    static InPlaceTile of(long stride) {
        return MADE.computeIfAbsent(stride, s -> Copies.of(InPlaceTile.class, "StridedTile", s));
    }
}
