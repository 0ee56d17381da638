package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Kernels that move data from a small staging array, which TornadoVM transfers before each launch, to its place in a
 * large array that stays on the device.
 *
 * <pre>
 *   host -> staging [n] -> target [at ... at + n]
 * </pre>
 *
 * {@code where} holds at and n.
 */
public final class Transfer {

    private Transfer() {}

    public static void floats(KernelContext context, IntArray where, FloatArray staging, FloatArray target) {
        int at = where.get(0), n = where.get(1);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context))
            target.set(at + i, staging.get(i));
    }

    public static void ints(KernelContext context, IntArray where, IntArray staging, IntArray target) {
        int at = where.get(0), n = where.get(1);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context))
            target.set(at + i, staging.get(i));
    }

    public static void shorts(KernelContext context, IntArray where, ShortArray staging, ShortArray target) {
        int at = where.get(0), n = where.get(1);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context))
            target.set(at + i, staging.get(i));
    }

    public static void bytes(KernelContext context, IntArray where, ByteArray staging, ByteArray target) {
        int at = where.get(0), n = where.get(1);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context))
            target.set(at + i, staging.get(i));
    }

    // ---- Each of these makes TornadoVM allocate an array on the device: it allocates what a task uses, and uploads
    //      nothing that a task writes unconditionally. They write to an element that holds no data.

    /** The index of that element in every array. */
    public static final int UNUSED = 4;

    public static void touchFloats(KernelContext context, IntArray where, FloatArray target) {
        target.set(where.get(0), 0f);
    }

    /** Reads the two parities, which the host sends. */
    public static void touchControl(KernelContext context, IntArray where, IntArray even, IntArray odd,
            IntArray control) {
        control.set(where.get(0), even.get(0) + odd.get(0));
    }

    public static void touchShorts(KernelContext context, IntArray where, ShortArray target) {
        target.set(where.get(0), (short) 0);
    }

    public static void touchBytes(KernelContext context, IntArray where, ByteArray target) {
        target.set(where.get(0), (byte) 0);
    }
}
