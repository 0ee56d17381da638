package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.Embedding.EmbeddedRows;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * {@link Embedding} on GPUs: a group takes a row.
 *
 * <p>This is the kernel of f32 weights. The build makes those of other types of it, with their names in place of F32.
 */
public final class EmbeddingGroupsF32 {

    private EmbeddingGroupsF32() {}

    public static void rows(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int width = control.get(block + EmbeddedRows.WIDTH), n = control.get(block + EmbeddedRows.COUNT),
                table = control.get(block + EmbeddedRows.TABLE), out = control.get(block + EmbeddedRows.OUT);
        for (int i = context.groupIdx; i < n; i += Block.groups(context)) {
            int at = StoredF32.index(table, Embedding.row(control, block, i) * width);
            for (int c = context.localIdx; c < width; c += context.localGroupSizeX)
                memory.set(out + i * width + c, StoredF32.element(weights, table, at + c));
        }
    }
}
