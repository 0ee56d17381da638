package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.Embedding.EmbeddedRows;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * {@link Embedding} on devices that are CPUs: an item takes a row.
 *
 * <p>This is the kernel of f32 weights. The build makes those of other types of it, with their names in place of F32.
 */
public final class EmbeddingLanesF32 {

    private EmbeddingLanesF32() {}

    public static void rows(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int width = control.get(block + EmbeddedRows.WIDTH), n = control.get(block + EmbeddedRows.COUNT),
                table = control.get(block + EmbeddedRows.TABLE), vectors = width - width % Lanes.COUNT;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int at = StoredF32.index(table, Embedding.row(control, block, i) * width),
                    out = control.get(block + EmbeddedRows.OUT) + i * width;
            if (StoredF32.BLOCK == 1) {
                for (int c = 0; c < vectors; c += Lanes.COUNT)
                    Lanes.store(memory, out + c, StoredF32.lanes(weights, table, at + c, 1f, 0f));
            } else {
                for (int from = 0; from < vectors; from += StoredF32.BLOCK) {
                    float d = StoredF32.blockScale(weights, table, at + from),
                            e = StoredF32.blockMinimum(weights, table, at + from);
                    int to = Math.min(vectors, from + StoredF32.BLOCK);
                    for (int span = from; span < to; span += StoredF32.SPAN) {
                        float scale = StoredF32.scale(weights, table, at + span, d),
                                minimum = StoredF32.minimum(weights, table, at + span, e);
                        int until = Math.min(to, span + StoredF32.SPAN);
                        for (int c = span; c < until; c += Lanes.COUNT)
                            Lanes.store(memory, out + c, StoredF32.lanes(weights, table, at + c, scale, minimum));
                    }
                }
            }
            if (StoredF32.BLOCK == 1) {                 // rows of blocks are whole vectors
                for (int c = vectors; c < width; c++) memory.set(out + c, StoredF32.element(weights, table, at + c));
            }
        }
    }
}
