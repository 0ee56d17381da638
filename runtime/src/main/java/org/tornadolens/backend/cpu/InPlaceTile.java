package org.tornadolens.backend.cpu;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.invoke.MethodHandles;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * {@link Tile} of f32 weights where they lie, which saves copying them. The compiler has to know how far apart their rows
 * are: with distances in registers the loop takes a tenth longer. So every distance has a hidden class of its own, all of the
 * same bytes, {@link StridedTile}'s, in which it is a constant.
 */
interface InPlaceTile {

    Map<Long, InPlaceTile> MADE = new ConcurrentHashMap<>();

    /** c = from + a · b, a the address of {@link Tile#ROWS} rows of weights, all else as in {@link Tile}. */
    void wide(long a, long b, int n, long from, long c);

    /** The same for the first LANES columns. */
    void narrow(long a, long b, int n, long from, long c);

    /** The kernel for rows so many bytes apart. */
    static InPlaceTile of(long stride) { return MADE.computeIfAbsent(stride, InPlaceTile::make); }

    private static InPlaceTile make(long stride) {
        try (InputStream bytes = InPlaceTile.class.getResourceAsStream("StridedTile.class")) {
            MethodHandles.Lookup made = MethodHandles.lookup().defineHiddenClassWithClassData(bytes.readAllBytes(), stride, true);
            return (InPlaceTile) made.lookupClass().getDeclaredConstructor().newInstance();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (ReflectiveOperationException e) {
            throw new IllegalStateException(e);
        }
    }
}
