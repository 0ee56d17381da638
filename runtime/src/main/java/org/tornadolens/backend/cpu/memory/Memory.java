package org.tornadolens.backend.cpu.memory;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * Access to off-heap memory. Kernels address it through one constant segment over the whole address space: the compiler
 * then sees one segment class, no liveness check and only a constant bound, whether the memory was mapped from a file
 * or allocated. In return every entry point checks once, with {@link #address}, the sizes that it will touch, and keeps
 * the segments that it was given reachable until it returns.
 *
 * <p>Kernels spell out {@code FloatVector.fromMemorySegment(F, ALL, …)} instead of calling a helper: in a method with
 * dozens of loads the compiler exceeds its node budget, stops inlining helpers, and then boxes every vector.
 */
public final class Memory {

    /** The whole address space. */
    public static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    public static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    public static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    public static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    public static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);
    public static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

    /** The species of this machine's widest float vector, up to 512 bits. */
    public static final VectorSpecies<Float> F =
            FloatVector.SPECIES_PREFERRED.length() <= 16 ? FloatVector.SPECIES_PREFERRED : FloatVector.SPECIES_512;

    /** Floats in a vector of species {@link #F}: 4, 8 or 16. */
    public static final int LANES = F.length();

    private Memory() {}

    /**
     * Returns the address of an off-heap segment after checking that it holds at least {@code elements} floats.
     *
     * @param what names the segment in the error
     * @throws IllegalArgumentException where the segment lies on the heap or is smaller
     */
    public static long address(MemorySegment segment, long elements, String what) {
        if (!segment.isNative())
            throw new IllegalArgumentException(what + " lies on the heap; the CPU kernels take off-heap memory");
        if (segment.byteSize() < Math.multiplyExact(elements, (long) Float.BYTES)) {
            throw new IllegalArgumentException(
                    what + " takes " + elements + " floats, but its memory holds " + segment.byteSize() / Float.BYTES);
        }
        return segment.address();
    }

    /** The floats from the first to the last element of a matrix whose rows are {@code stride} floats apart. */
    public static long extent(long rows, long stride, long columns) {
        return rows == 0 ? 0 : Math.addExact(Math.multiplyExact(rows - 1, stride), columns);
    }

    public static float get(long address) { return ALL.get(FLOAT, address); }

    public static void set(long address, float value) { ALL.set(FLOAT, address, value); }

    /** Copies {@code n} floats from off-heap memory to an array. */
    public static void load(long source, int n, float[] target, int at) {
        int i = 0;
        for (; i <= n - LANES; i += LANES)
            FloatVector.fromMemorySegment(F, ALL, source + 4L * i, ORDER).intoArray(target, at + i);
        for (; i < n; i++) target[at + i] = ALL.get(FLOAT, source + 4L * i);
    }

    /** Copies {@code n} floats from an array to off-heap memory. */
    public static void store(float[] source, int at, int n, long target) {
        int i = 0;
        for (; i <= n - LANES; i += LANES)
            FloatVector.fromArray(F, source, at + i).intoMemorySegment(ALL, target + 4L * i, ORDER);
        for (; i < n; i++) ALL.set(FLOAT, target + 4L * i, source[at + i]);
    }

    /** Copies {@code n} floats within off-heap memory. */
    public static void copy(long source, int n, long target) {
        int i = 0;
        for (; i <= n - LANES; i += LANES)
            FloatVector.fromMemorySegment(F, ALL, source + 4L * i, ORDER).intoMemorySegment(ALL, target + 4L * i,
                    ORDER);
        for (; i < n; i++) ALL.set(FLOAT, target + 4L * i, ALL.get(FLOAT, source + 4L * i));
    }

    /** Sets {@code n} floats to zero. */
    public static void clear(long target, long n) {
        ALL.asSlice(target, 4 * n).fill((byte) 0);
    }

    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(F, 8, 1, true),
            BY_4 = VectorShuffle.iota(F, 4, 1, true),
            BY_2 = VectorShuffle.iota(F, 2, 1, true), BY_1 = VectorShuffle.iota(F, 1, 1, true);

    /**
     * Returns the sum of a vector's lanes, adding halves to halves. The Vector API's own reduction adds in one order
     * when interpreted and in another when compiled, so that a run's numbers would depend on how warm the process is.
     */
    public static float sum(FloatVector v) {
        if (LANES >= 16) v = v.add(v.rearrange(BY_8));
        if (LANES >= 8) v = v.add(v.rearrange(BY_4));
        if (LANES >= 4) v = v.add(v.rearrange(BY_2));
        return v.add(v.rearrange(BY_1)).lane(0);
    }
}
