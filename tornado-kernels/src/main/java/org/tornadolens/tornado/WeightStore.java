package org.tornadolens.tornado;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.tornadolens.Interruption;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Weights on the device. Each is sent once and stays as long as it is reachable, whichever models and programs read it.
 * Weights lie in a few large arrays, which small models share, so that what is compiled for one serves the others.
 *
 * <p>Types that the device's kernels do not read are converted to f32 first ({@link StoredType}). Rows are put in
 * canonical order.
 */
final class WeightStore {

    static final int DECODED = 1 << 24;
    private static final int LEAST = 1 << 23;   // elements of a pool, so that small models share one

    /**
     * A weight on the device.
     *
     * @param type what it is stored as there
     * @param at   the element of the array where it begins
     */
    record Place(TornadoNativeArray array, StoredType type, int at) {}

    private record Pool(TornadoNativeArray array, Heap heap) {}

    private static final class Key extends WeakReference<Weight> {
        private final int hash;

        Key(Weight weight, ReferenceQueue<Weight> queue) {
            super(weight, queue);
            hash = System.identityHashCode(weight);
        }

        @Override public int hashCode() { return hash; }

        @Override public boolean equals(Object other) {
            return this == other || other instanceof Key key && get() != null && get() == key.get();
        }
    }

    private record Stored(Place place, Heap heap) {}

    private final Device device;
    private final List<Pool> pools = new ArrayList<>();
    private final Map<Key, Stored> stored = new HashMap<>();
    private final Map<Key, Integer> vectors = new HashMap<>();   // addresses in the device's memory, as f32
    private final RotaryTables rotary;
    private FloatArray decoded;
    private int ones = -1, onesLength;
    private final ReferenceQueue<Weight> gone = new ReferenceQueue<>();

    WeightStore(Device device) {
        this.device = device;
        this.rotary = new RotaryTables(device);
    }

    RotaryTables rotary() { return rotary; }

    /**
     * Sends the weights that are not on the device yet.
     *
     * @throws MemoryException if they do not fit, before anything is sent
     */
    void ensure(Collection<Weight> weights) {
        forget();
        List<Weight> missing = weights.stream().filter(w -> w.rows() > 1).distinct()
                .filter(w -> !stored.containsKey(new Key(w, null))).toList();
        if (missing.isEmpty()) return;
        Map<ArrayKind, Long> elements = new EnumMap<>(ArrayKind.class);
        for (Weight weight : missing) elements.merge(type(weight).array(), elements(weight), Long::sum);
        long needed = missing.stream().mapToLong(w -> type(w).type().bytes(w.elements())).sum();
        long free = device.available()
                + pools.stream().mapToLong(p -> p.heap().largest() * p.array().getElementSize()).sum();
        if (needed > free)
            throw new MemoryException("the model's weights on " + device.name(), needed, free,
                    "convert them to a smaller type (--dtype q8_0), or run on the CPU (--device cpu)");
        for (Weight weight : missing) {
            Interruption.check();
            put(weight, elements);
        }
    }

    Place place(Weight weight) { return stored.get(new Key(weight, null)).place(); }

    /**
     * Returns the array that part of a matrix is decoded to for the next product: {@link #DECODED} elements from
     * {@link Device#FIRST} on.
     */
    FloatArray decoded() {
        if (decoded == null) decoded = device.adopt(SparseMemory.floats(Device.FIRST + DECODED));
        return decoded;
    }

    /** Returns the address of a vector, such as a norm's gain. */
    int vector(Weight weight) {
        Integer known = vectors.get(new Key(weight, null));
        if (known != null) return known;
        int address = device.take(weight.elements(), weight.name(), "end other runs");
        device.write(address, Conversion.convert(weight, DType.F32).data());
        vectors.put(new Key(weight, gone), address);
        return address;
    }

    /** Returns the address of so many ones: the gain of a product that reads no norm. */
    int ones(int length) {
        if (length > onesLength) {
            if (ones >= 0) device.retire(ones);
            float[] values = new float[length];
            Arrays.fill(values, 1);
            ones = device.take(length, "a vector of ones", "end other runs");
            onesLength = length;
            device.write(ones, MemorySegment.ofArray(values));
        }
        return ones;
    }

    private void put(Weight weight, Map<ArrayKind, Long> remaining) {
        StoredType type = type(weight);
        ArrayKind kind = type.array();
        long size = elements(weight);
        Pool pool = null;
        OptionalInt at = OptionalInt.empty();
        for (Pool candidate : pools) {
            if (!kind.holds(candidate.array())) continue;
            at = candidate.heap().take(size);
            pool = candidate;
            if (at.isPresent()) break;
        }
        if (at.isEmpty()) {
            pool = newPool(kind, Math.max(size, remaining.get(kind)));
            at = pool.heap().take(size);
        }
        if (at.isEmpty() || weight.elements() > Integer.MAX_VALUE)   // kernels count a matrix's elements in integers
            throw new MemoryException(weight.name() + " on " + device.name(), size * kind.bytes(),
                    device.largestArray(), "run on the CPU (--device cpu)");
        remaining.merge(kind, -size, Long::sum);
        send(weight, type, pool.array(), at.getAsInt());
        stored.put(new Key(weight, gone), new Stored(new Place(pool.array(), type, at.getAsInt()), pool.heap()));
    }

    private Pool newPool(ArrayKind kind, long wanted) {
        long most = Math.min(Integer.MAX_VALUE - 128, device.largestArray() / kind.bytes());
        int n = (int) Math.min(most, Math.max(LEAST, wanted + wanted / 64 + 4096));
        Pool pool = new Pool(device.adopt(kind.create(n)), new Heap(Device.first(kind.bytes()), n));
        pools.add(pool);
        return pool;
    }

    private void send(Weight weight, StoredType type, TornadoNativeArray array, int at) {
        Weight source = type.type() == weight.type() ? weight : Conversion.convert(weight, type.type());
        MemorySegment rows = source.order().equals(RowOrder.IDENTITY) ? source.data() : canonical(source);
        switch (array) {
            case FloatArray floats -> device.write(floats, at, rows);
            case ShortArray shorts -> device.write(shorts, at, rows);
            case ByteArray bytes -> device.write(bytes, at, rows);
            default -> throw new IllegalArgumentException(array.getClass().getName());
        }
    }

    private static MemorySegment canonical(Weight weight) {
        MemorySegment rows = Arena.ofAuto().allocate(weight.data().byteSize(), 64);
        long bytes = weight.rowBytes();
        for (int row = 0; row < weight.rows(); row++)
            MemorySegment.copy(weight.data(), weight.rowOffset(row), rows, row * bytes, bytes);
        return rows;
    }

    /** Frees the places of weights that are no longer reachable. */
    private void forget() {
        for (var key = gone.poll(); key != null; key = gone.poll()) {
            Stored unused = stored.remove(key);
            if (unused != null) unused.heap().give(unused.place().at());
            Integer vector = vectors.remove(key);
            if (vector != null) device.retire(vector);
        }
    }

    private StoredType type(Weight weight) { return StoredType.of(weight.type(), device.tuning()); }

    /** Returns the array elements that a weight takes. */
    private long elements(Weight weight) {
        return type(weight).arrayElements(weight.elements());
    }
}
