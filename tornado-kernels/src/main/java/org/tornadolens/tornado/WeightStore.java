package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.lang.ref.ReferenceQueue;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.tornadolens.backend.MemoryException;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * Weights on the device: each is sent once and stays as long as somebody has it, whichever models and programs read it.
 * They lie in a few large arrays, which small models share, so that what is compiled for one serves the others.
 *
 * <p>Types that the device's kernels do not read are converted to f32 on the way ({@link Tuning#stored}). Rows go to
 * canonical order.
 */
final class WeightStore {

    static final int DECODED = 1 << 24;
    private static final int LEAST = 1 << 23;   // elements of a pool: small models share one

    /**
     * A weight on the device.
     *
     * @param type as it is stored there
     * @param at   its first element, or byte for Q8_0
     */
    record Place(TornadoNativeArray array, DType type, int at) {}

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

    /** Sends what is not there yet; refuses what does not fit before anything is sent. */
    void ensure(Collection<Weight> weights) {
        forget();
        List<Weight> missing = weights.stream().filter(w -> w.rows() > 1).distinct()
                .filter(w -> !stored.containsKey(new Key(w, null))).toList();
        if (missing.isEmpty()) return;
        Map<DType, Long> elements = new HashMap<>();
        for (Weight weight : missing) elements.merge(container(weight.type()), elements(weight), Long::sum);
        long needed = missing.stream().mapToLong(w -> elements(w) * bytes(container(w.type()))).sum();
        long free = device.available()
                + pools.stream().mapToLong(p -> p.heap().largest() * p.array().getElementSize()).sum();
        if (needed > free)
            throw new MemoryException("the model's weights on " + device.name(), needed, free,
                    "convert them to a smaller type (--dtype q8_0), or run on the CPU (--device cpu)");
        for (Weight weight : missing) put(weight, elements);
    }

    Place place(Weight weight) { return stored.get(new Key(weight, null)).place(); }

    /** Where a part of a matrix lies decoded, until the next product: {@link #DECODED} elements from {@link Device#FIRST} on. */
    FloatArray decoded() {
        if (decoded == null) decoded = device.adopt(SparseMemory.floats(Device.FIRST + DECODED));
        return decoded;
    }

    /** The address of a vector, such as a norm's gain. */
    int vector(Weight weight) {
        Integer known = vectors.get(new Key(weight, null));
        if (known != null) return known;
        int address = device.take(weight.elements(), weight.name(), "end other runs");
        device.write(address, Conversion.convert(weight, DType.F32).data());
        vectors.put(new Key(weight, gone), address);
        return address;
    }

    /** The address of so many ones: the gain of a product that reads no norm. */
    int ones(int length) {
        if (length > onesLength) {
            if (ones >= 0) device.retire(ones);
            float[] values = new float[length];
            java.util.Arrays.fill(values, 1);
            ones = device.take(length, "a vector of ones", "end other runs");
            onesLength = length;
            device.write(ones, MemorySegment.ofArray(values));
        }
        return ones;
    }

    private void put(Weight weight, Map<DType, Long> remaining) {
        DType container = container(weight.type());
        long size = elements(weight);
        Pool pool = null;
        OptionalInt at = OptionalInt.empty();
        for (Pool candidate : pools) {
            if (!holds(candidate.array(), container)) continue;
            at = candidate.heap().take(size);
            pool = candidate;
            if (at.isPresent()) break;
        }
        if (at.isEmpty()) {
            pool = newPool(container, Math.max(size, remaining.get(container)));
            at = pool.heap().take(size);
        }
        if (at.isEmpty())
            throw new MemoryException(weight.name() + " on " + device.name(), size * bytes(container),
                    device.largestArray(), "run on the CPU (--device cpu)");
        remaining.merge(container, -size, Long::sum);
        send(weight, pool.array(), at.getAsInt());
        stored.put(new Key(weight, gone),
                new Stored(new Place(pool.array(), onDevice(weight.type()), at.getAsInt()), pool.heap()));
    }

    private Pool newPool(DType container, long wanted) {
        long most = Math.min(Integer.MAX_VALUE - 128, device.largestArray() / bytes(container));
        int n = (int) Math.min(most, Math.max(LEAST, wanted + wanted / 64 + 4096));
        TornadoNativeArray array = device.adopt(switch (container) {
            case F32 -> SparseMemory.floats(n);
            case F16 -> SparseMemory.shorts(n);
            default -> SparseMemory.bytes(n);
        });
        Pool pool = new Pool(array, new Heap(Device.first(bytes(container)), n));
        pools.add(pool);
        return pool;
    }

    private void send(Weight weight, TornadoNativeArray array, int at) {
        Weight source = onDevice(weight.type()) == weight.type() ? weight : Conversion.convert(weight, DType.F32);
        MemorySegment rows = source.order().equals(RowOrder.IDENTITY) ? source.data() : canonical(source);
        switch (array) {
            case FloatArray floats -> device.write(floats, at, rows);
            case ShortArray shorts -> device.write(shorts, at, rows);
            case ByteArray bytes -> device.write(bytes, at, rows);
            default -> throw new IllegalArgumentException(array.getClass().getName());
        }
    }

    private static MemorySegment canonical(Weight weight) {
        MemorySegment rows = java.lang.foreign.Arena.ofAuto().allocate(weight.data().byteSize(), 64);
        long bytes = weight.rowBytes();
        for (int row = 0; row < weight.rows(); row++)
            MemorySegment.copy(weight.data(), weight.rowOffset(row), rows, row * bytes, bytes);
        return rows;
    }

    /** Frees the places of weights that nobody has any more. */
    private void forget() {
        for (var key = gone.poll(); key != null; key = gone.poll()) {
            Stored unused = stored.remove(key);
            if (unused != null) unused.heap().give(unused.place().at());
            Integer vector = vectors.remove(key);
            if (vector != null) device.retire(vector);
        }
    }

    private DType onDevice(DType type) { return device.tuning().stored(type); }

    /** The types that share a kind of array: f32; f16 for both half precisions; Q8_0 for bytes. */
    private DType container(DType type) {
        return onDevice(type) == DType.BF16 ? DType.F16 : onDevice(type);
    }

    private static boolean holds(TornadoNativeArray array, DType container) {
        return switch (container) {
            case F32 -> array instanceof FloatArray;
            case F16 -> array instanceof ShortArray;
            default -> array instanceof ByteArray;
        };
    }

    /** Elements of the array that a weight takes. */
    private static long elements(Weight weight) {
        return weight.type() == DType.Q8_0 ? weight.data().byteSize() : weight.elements();
    }

    /** Bytes of one element of the array. */
    private static int bytes(DType container) {
        return switch (container) {
            case F32 -> 4;
            case F16 -> 2;
            default -> 1;
        };
    }
}
