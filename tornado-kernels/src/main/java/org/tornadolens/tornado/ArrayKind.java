package org.tornadolens.tornado;

import java.util.function.IntFunction;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/** The kinds of arrays that weights lie in. Types of one kind share arrays. */
enum ArrayKind {
    FLOATS(Float.BYTES, FloatArray.class, SparseMemory::floats),
    SHORTS(Short.BYTES, ShortArray.class, SparseMemory::shorts),
    BYTES(Byte.BYTES, ByteArray.class, SparseMemory::bytes);

    private final int bytes;
    private final Class<? extends TornadoNativeArray> kind;
    private final IntFunction<? extends TornadoNativeArray> maker;

    ArrayKind(int bytes, Class<? extends TornadoNativeArray> kind, IntFunction<? extends TornadoNativeArray> maker) {
        this.bytes = bytes;
        this.kind = kind;
        this.maker = maker;
    }

    /** Returns the bytes of an element. */
    int bytes() { return bytes; }

    boolean holds(TornadoNativeArray array) { return kind.isInstance(array); }

    /** Returns a new array of so many elements, whose host memory is not touched. */
    TornadoNativeArray create(int n) {
        return maker.apply(n);
    }
}
