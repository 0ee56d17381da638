package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * Rows of a stored matrix as floats: a model's embedding of its tokens, and whole matrices decoded for a product of many
 * rows.
 *
 * <pre>
 *   control[list + i] -> row of the table -> memory[out + i * width ...]
 * </pre>
 *
 * A group takes a row. Arguments: 1 list of rows, or -1 for the rows from 6 on; 2 how many; 3 width; 4 table; 5 out; 6 first row.
 */
public final class Embedding {

    private Embedding() {}

    private static int row(IntArray control, int block, int i) {
        int list = control.get(block + 1);
        return list < 0 ? control.get(block + 6) + i : control.get(list + i);
    }

    public static void f32(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray table) {
        int block = Block.open(context, number, parity, control);
        int width = control.get(block + 3), n = control.get(block + 2), from = control.get(block + 4),
                out = control.get(block + 5);
        for (int i = context.groupIdx; i < n; i += Block.groups(context)) {
            int at = row(control, block, i) * width;
            for (int c = context.localIdx; c < width; c += context.localGroupSizeX)
                memory.set(out + i * width + c, table.get(from + at + c));
        }
    }

    public static void f16(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            ShortArray table) {
        int block = Block.open(context, number, parity, control);
        int width = control.get(block + 3), n = control.get(block + 2), from = control.get(block + 4),
                out = control.get(block + 5);
        for (int i = context.groupIdx; i < n; i += Block.groups(context)) {
            int at = row(control, block, i) * width;
            for (int c = context.localIdx; c < width; c += context.localGroupSizeX)
                memory.set(out + i * width + c, Decoding.f16(table, from + at + c));
        }
    }

    public static void bf16(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            ShortArray table) {
        int block = Block.open(context, number, parity, control);
        int width = control.get(block + 3), n = control.get(block + 2), from = control.get(block + 4),
                out = control.get(block + 5);
        for (int i = context.groupIdx; i < n; i += Block.groups(context)) {
            int at = row(control, block, i) * width;
            for (int c = context.localIdx; c < width; c += context.localGroupSizeX)
                memory.set(out + i * width + c, Decoding.bf16(table, from + at + c));
        }
    }

    public static void q8(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            ByteArray table) {
        int block = Block.open(context, number, parity, control);
        int width = control.get(block + 3), n = control.get(block + 2), from = control.get(block + 4),
                out = control.get(block + 5);
        for (int i = context.groupIdx; i < n; i += Block.groups(context)) {
            int at = row(control, block, i) * width;
            for (int c = context.localIdx; c < width; c += context.localGroupSizeX)
                memory.set(out + i * width + c, Decoding.q8(table, from, at + c));
        }
    }
}
