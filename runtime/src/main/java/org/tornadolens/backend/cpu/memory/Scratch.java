package org.tornadolens.backend.cpu.memory;

import java.lang.foreign.MemorySegment;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.memory.OffHeap;

/**
 * The working memory of one thread's kernels: regions that grow to the largest size asked for and are kept. A kernel
 * describes the regions it works in by a {@link Layout}, and can obtain memory only through that description, from
 * which the plan of a run counts the same bytes.
 *
 * <p>Vectors are read from regions off the heap, where they begin at cache lines; decoders write to arrays, because the
 * compiler knows that an array does not overlap the decoder's source.
 */
public final class Scratch {

    /** A part of the working memory. Regions that are in use at the same time are different. */
    public enum Region {
        /** Activations in the order in which a matrix-vector kernel takes them. */
        ACTIVATIONS(Place.HEAP),
        /** Decoded weight rows, or rows of attention's operands, {@code Tile.STRIDE} floats apart. */
        TILE_ROWS(Place.HEAP),
        /** Decoded rows that lie one after the other. */
        ROWS(Place.HEAP),
        /** One block of a quantised type, decoded. */
        BLOCK(Place.HEAP),
        /** Vectors whose lanes are still to be added up. */
        LANES(Place.HEAP),
        /** Scores or other results of few rows. */
        SCORES(Place.HEAP),
        /** Attention's outputs of few queries. */
        OUTPUTS(Place.HEAP),
        /** State that is updated while blocks go by. */
        RUNNING(Place.HEAP),
        /** Blocks of attention's gradient. */
        GRADIENT_BLOCKS(Place.HEAP),
        /** An operand in panels that all threads read; it belongs to the calling thread. */
        PACKED(Place.NATIVE),
        /** Tiles of results before they are copied to the output, and panels on their way. */
        RESULTS(Place.NATIVE),
        /** Weight rows as they are stored, copied to be read from the first-level cache. */
        STORED_ROWS(Place.NATIVE),
        /** Attention's queries, or a block of its keys or values, in panels. */
        OPERANDS(Place.NATIVE),
        /** Attention's scores in tiles. */
        SCORE_TILES(Place.NATIVE),
        /** Attention's outputs in panels. */
        OUTPUT_PANELS(Place.NATIVE),
        /** Panels of attention's gradient. */
        GRADIENT_PANELS(Place.NATIVE);

        private final Place place;

        Region(Place place) { this.place = place; }

        private long bytes(long floats) {
            return place == Place.NATIVE ? Math.max(CACHE_LINE, Float.BYTES * floats) : Float.BYTES * floats;
        }
    }

    private enum Place { HEAP, NATIVE }

    private static final long CACHE_LINE = 64;   // bytes; also those of the widest vector
    private static final Region[] REGIONS = Region.values();
    private static final ThreadLocal<Scratch> MINE = ThreadLocal.withInitial(Scratch::new);

    private final float[][] arrays = new float[REGIONS.length][];
    private final MemorySegment[] segments = new MemorySegment[REGIONS.length];

    private Scratch() {}

    /** The regions that a kernel works in on one thread, with their sizes in floats. */
    public static final class Layout {

        /** No memory. */
        public static final Layout NONE = new Layout(new long[REGIONS.length]);

        private final long[] floats;   // by ordinal of the region

        private Layout(long[] floats) { this.floats = floats; }

        /** Describes one region. */
        public static Layout of(Region region, long floats) {
            long[] one = new long[REGIONS.length];
            one[region.ordinal()] = floats;
            return new Layout(one);
        }

        /** Returns this layout with a region of at least this size. */
        public Layout and(Region region, long atLeast) {
            long[] more = floats.clone();
            more[region.ordinal()] = Math.max(atLeast, more[region.ordinal()]);
            return new Layout(more);
        }

        /** Returns a layout that serves both, of kernels that run one after the other or work in different regions. */
        public Layout and(Layout other) {
            if (other == NONE) return this;
            long[] both = floats.clone();
            for (int i = 0; i < both.length; i++) both[i] = Math.max(both[i], other.floats[i]);
            return new Layout(both);
        }

        /** The number of floats of a region, 0 where the layout lacks it. */
        public long floats(Region region) {
            return floats[region.ordinal()];
        }

        /** The bytes that a thread allocates for all regions. */
        public long bytes() {
            long bytes = 0;
            for (Region region : REGIONS) if (floats(region) > 0) bytes += region.bytes(floats(region));
            return bytes;
        }

        /**
         * Returns the calling thread's array for a region, which is at least as long as described; its contents are
         * undefined.
         */
        public float[] array(Region region) { return MINE.get().array(region, described(region, Place.HEAP)); }

        /**
         * Returns the address of the calling thread's memory for a region, which is at least as large as described; its
         * contents are undefined. The address is valid until the thread asks for more of the same region.
         */
        public long address(Region region) { return MINE.get().address(region, described(region, Place.NATIVE)); }

        private long described(Region region, Place place) {
            long described = floats[region.ordinal()];
            if (described <= 0 || region.place != place)
                throw new IllegalStateException("the kernel's layout describes no " + place + " region " + region);
            return described;
        }
    }

    /**
     * The regions that a kernel works in when its loops run on all threads.
     *
     * @param caller regions of the thread that calls the kernel
     * @param each   regions of every thread, the caller among them
     */
    public record Need(Layout caller, Layout each) {

        /** No memory. */
        public static final Need NONE = new Need(Layout.NONE, Layout.NONE);

        /** Describes memory that every thread takes. */
        public static Need ofEach(Layout layout) {
            return new Need(Layout.NONE, layout);
        }

        /** Describes memory that only the calling thread takes. */
        public static Need ofCaller(Layout layout) {
            return new Need(layout, Layout.NONE);
        }

        /** Returns a need that serves both kernels, which run one after the other. */
        public Need and(Need other) {
            return new Need(caller.and(other.caller), each.and(other.each));
        }

        /** The regions that the calling thread takes in all. */
        public Layout onCaller() { return caller.and(each); }

        /** Bytes of all threads together. */
        public long bytes() {
            return onCaller().bytes() + (Threads.count() - 1) * each.bytes();
        }
    }

    private float[] array(Region region, long floats) {
        float[] array = arrays[region.ordinal()];
        if (array == null || array.length < floats)
            arrays[region.ordinal()] = array = new float[Math.toIntExact(floats)];
        return array;
    }

    private long address(Region region, long floats) {
        MemorySegment segment = segments[region.ordinal()];
        if (segment == null || segment.byteSize() < region.bytes(floats)) {
            segments[region.ordinal()] = segment = OffHeap.allocate(region.bytes(floats), "the kernels' working memory",
                    "run fewer rows or tokens at once");
        }
        return segment.address();
    }

    /** The regions that the calling thread holds now, for tests of what kernels describe. */
    static Layout held() {
        Scratch mine = MINE.get();
        Layout held = new Layout(new long[REGIONS.length]);
        for (Region region : REGIONS) {
            float[] array = mine.arrays[region.ordinal()];
            MemorySegment segment = mine.segments[region.ordinal()];
            if (array != null) held.floats[region.ordinal()] = array.length;
            if (segment != null) held.floats[region.ordinal()] = segment.byteSize() / Float.BYTES;
        }
        return held;
    }
}
