package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorShuffle;
import jdk.incubator.vector.VectorSpecies;

/**
 * How kernels reach off-heap memory. They address it through one constant segment over the whole address space: the
 * compiler then sees one segment class, no liveness check and no bounds but a constant, whether the memory was mapped
 * from a file or allocated. In return every entry point checks the sizes it will touch, once, with {@link #address},
 * and keeps the segments it was given reachable until it returns.
 *
 * <p>Kernels spell out {@code FloatVector.fromMemorySegment(F, ALL, …)} rather than calling a helper of ours: in a
 * method with dozens of loads the compiler stops inlining helpers (its node budget), and then every vector is boxed.
 */
final class Memory {

    static final MemorySegment ALL = MemorySegment.NULL.reinterpret(Long.MAX_VALUE);

    static final ByteOrder ORDER = ByteOrder.LITTLE_ENDIAN;
    static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT_UNALIGNED.withOrder(ORDER);
    static final ValueLayout.OfInt INT = ValueLayout.JAVA_INT_UNALIGNED.withOrder(ORDER);
    static final ValueLayout.OfLong LONG = ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ORDER);
    static final ValueLayout.OfShort SHORT = ValueLayout.JAVA_SHORT_UNALIGNED.withOrder(ORDER);

    /** The widest float vector of this machine up to 512 bits, and how many floats it holds: 4, 8 or 16. */
    static final VectorSpecies<Float> F =
            FloatVector.SPECIES_PREFERRED.length() <= 16 ? FloatVector.SPECIES_PREFERRED : FloatVector.SPECIES_512;
    static final int LANES = F.length();

    private Memory() {}

    /** The address of an off-heap segment that holds at least {@code elements} floats. */
    static long address(MemorySegment segment, long elements, String what) {
        if (!segment.isNative())
            throw new IllegalArgumentException(what + " lies on the heap; the CPU kernels take off-heap memory");
        if (segment.byteSize() < Math.multiplyExact(elements, (long) Float.BYTES)) {
            throw new IllegalArgumentException(
                    what + " takes " + elements + " floats, but its memory holds " + segment.byteSize() / Float.BYTES);
        }
        return segment.address();
    }

    /** How many floats a matrix of {@code rows} rows reaches over, {@code stride} apart, {@code columns} used in each. */
    static long extent(long rows, long stride, long columns) {
        return rows == 0 ? 0 : Math.addExact(Math.multiplyExact(rows - 1, stride), columns);
    }

    static float get(long address) { return ALL.get(FLOAT, address); }

    static void set(long address, float value) { ALL.set(FLOAT, address, value); }

    /** Copies {@code n} floats from off-heap memory to an array. */
    static void load(long source, int n, float[] target, int at) {
        int i = 0;
        for (; i <= n - LANES; i += LANES)
            FloatVector.fromMemorySegment(F, ALL, source + 4L * i, ORDER).intoArray(target, at + i);
        for (; i < n; i++) target[at + i] = ALL.get(FLOAT, source + 4L * i);
    }

    /** Copies {@code n} floats from an array to off-heap memory. */
    static void store(float[] source, int at, int n, long target) {
        int i = 0;
        for (; i <= n - LANES; i += LANES)
            FloatVector.fromArray(F, source, at + i).intoMemorySegment(ALL, target + 4L * i, ORDER);
        for (; i < n; i++) ALL.set(FLOAT, target + 4L * i, source[at + i]);
    }

    /** Copies {@code n} floats from one place off the heap to another. */
    static void copy(long source, int n, long target) {
        int i = 0;
        for (; i <= n - LANES; i += LANES)
            FloatVector.fromMemorySegment(F, ALL, source + 4L * i, ORDER).intoMemorySegment(ALL, target + 4L * i,
                    ORDER);
        for (; i < n; i++) ALL.set(FLOAT, target + 4L * i, ALL.get(FLOAT, source + 4L * i));
    }

    /** Sets {@code n} floats to zero. */
    static void clear(long target, long n) {
        ALL.asSlice(target, 4 * n).fill((byte) 0);
    }

    private static final VectorShuffle<Float> BY_8 = VectorShuffle.iota(F, 8, 1, true),
            BY_4 = VectorShuffle.iota(F, 4, 1, true),
            BY_2 = VectorShuffle.iota(F, 2, 1, true), BY_1 = VectorShuffle.iota(F, 1, 1, true);

    /**
     * The sum of a vector's lanes, halves added to halves. The Vector API's own reduction adds in one order where it is
     * interpreted and in another where it is compiled: a run's numbers would depend on how warm the process is.
     */
    static float sum(FloatVector v) {
        if (LANES >= 16) v = v.add(v.rearrange(BY_8));
        if (LANES >= 8) v = v.add(v.rearrange(BY_4));
        if (LANES >= 4) v = v.add(v.rearrange(BY_2));
        return v.add(v.rearrange(BY_1)).lane(0);
    }
}
