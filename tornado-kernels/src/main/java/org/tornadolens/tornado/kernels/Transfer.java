package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * What the host sends arrives in a small array that is transferred before each launch, and is moved to its place in a
 * large one that stays on the device.
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
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) target.set(at + i, staging.get(i));
    }

    public static void ints(KernelContext context, IntArray where, IntArray staging, IntArray target) {
        int at = where.get(0), n = where.get(1);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) target.set(at + i, staging.get(i));
    }

    public static void shorts(KernelContext context, IntArray where, ShortArray staging, ShortArray target) {
        int at = where.get(0), n = where.get(1);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) target.set(at + i, staging.get(i));
    }

    public static void bytes(KernelContext context, IntArray where, ByteArray staging, ByteArray target) {
        int at = where.get(0), n = where.get(1);
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) target.set(at + i, staging.get(i));
    }

    /**
     * Makes an array come into being on the device: TornadoVM allocates what a task uses. Nothing is written, since
     * {@code where} holds zeros.
     */
    public static void touchFloats(KernelContext context, IntArray where, FloatArray target) {
        if (context.globalIdx < where.get(1)) target.set(where.get(0), 0f);
    }

    public static void touchInts(KernelContext context, IntArray where, IntArray target) {
        if (context.globalIdx < where.get(1)) target.set(where.get(0), 0);
    }

    public static void touchShorts(KernelContext context, IntArray where, ShortArray target) {
        if (context.globalIdx < where.get(1)) target.set(where.get(0), (short) 0);
    }

    public static void touchBytes(KernelContext context, IntArray where, ByteArray target) {
        if (context.globalIdx < where.get(1)) target.set(where.get(0), (byte) 0);
    }
}
