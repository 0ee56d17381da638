package org.tornadolens.tornado.kernels;

import static org.tornadolens.tornado.kernels.MatrixVector.other;
import static org.tornadolens.tornado.kernels.MatrixVector.within;

import org.tornadolens.tornado.kernels.MatrixVector.FewRows;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.vectors.Float16;

/**
 * The products of {@link MatrixVector} on devices that are CPUs. An item takes four rows of weights at a time, a
 * quarter of the matrix apart (in pairs half of it, of both): one load of x serves four, and four far streams keep the
 * memory busier than near ones.
 *
 * <p>This is the kernel of f32 weights. The build makes those of other types of it, with their names in place of F32.
 */
public final class MatrixVectorLanesF32 {

    private MatrixVectorLanesF32() {}

    public static void product(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int lines = control.get(block + FewRows.LINES), k = control.get(block + FewRows.K),
                gain = control.get(block + FewRows.GAIN), tiles = MatrixVector.tiles(control, block);
        float[] scales = context.allocateFloatLocalArray(MatrixVector.MOST_LINES);
        for (int line = 0; line < lines; line++)
            scales[line] = MatrixVector.scale(memory, control.get(block + FewRows.X) + line * k, k,
                    control.get(block + FewRows.EPS));
        for (int tile = Block.from(context, tiles), end = Block.to(context, tiles); tile < end;
                tile += Block.step(context)) {
            int part = MatrixVector.part(control, block, tile), row = MatrixVector.row(control, block, tile);
            int matrix = control.get(part + FewRows.MATRIX_0), other = other(control, block, part);
            int w0 = StoredF32.index(control.get(part + FewRows.MATRIX_0), within(control, block, part, row, 0) * k),
                    w1 = StoredF32.index(control.get(part + FewRows.MATRIX_0),
                            within(control, block, part, row, 1) * k);
            int w2 = StoredF32.index(other(control, block, part), within(control, block, part, row, 2) * k),
                    w3 = StoredF32.index(other(control, block, part), within(control, block, part, row, 3) * k);
            for (int line = 0; line < lines; line++) {
                int x = control.get(block + FewRows.X) + line * k;
                float scale = scales[line];
                Float16 s0 = Lanes.zero(), s1 = Lanes.zero(), s2 = Lanes.zero(), s3 = Lanes.zero();
                int vectors = k - k % Lanes.COUNT;
                if (StoredF32.BLOCK == 1) {
                    for (int i = 0; i < vectors; i += Lanes.COUNT) {
                        Float16 v = Float16.mult(Lanes.f32(memory, x + i), Lanes.f32(memory, gain + i));
                        s0 = Float16.add(s0, Float16.mult(v, StoredF32.lanes(weights, matrix, w0 + i, 1f, 0f)));
                        s1 = Float16.add(s1, Float16.mult(v, StoredF32.lanes(weights, matrix, w1 + i, 1f, 0f)));
                        s2 = Float16.add(s2, Float16.mult(v, StoredF32.lanes(weights, other, w2 + i, 1f, 0f)));
                        s3 = Float16.add(s3, Float16.mult(v, StoredF32.lanes(weights, other, w3 + i, 1f, 0f)));
                    }
                } else {
                    for (int from = 0; from < vectors; from += StoredF32.BLOCK) {
                        float d0 = StoredF32.blockScale(weights, matrix, w0 + from),
                                e0 = StoredF32.blockMinimum(weights, matrix, w0 + from);
                        float d1 = StoredF32.blockScale(weights, matrix, w1 + from),
                                e1 = StoredF32.blockMinimum(weights, matrix, w1 + from);
                        float d2 = StoredF32.blockScale(weights, other, w2 + from),
                                e2 = StoredF32.blockMinimum(weights, other, w2 + from);
                        float d3 = StoredF32.blockScale(weights, other, w3 + from),
                                e3 = StoredF32.blockMinimum(weights, other, w3 + from);
                        int to = Math.min(vectors, from + StoredF32.BLOCK);
                        for (int span = from; span < to; span += StoredF32.SPAN) {
                            float a0 = StoredF32.scale(weights, matrix, w0 + span, d0),
                                    m0 = StoredF32.minimum(weights, matrix, w0 + span, e0);
                            float a1 = StoredF32.scale(weights, matrix, w1 + span, d1),
                                    m1 = StoredF32.minimum(weights, matrix, w1 + span, e1);
                            float a2 = StoredF32.scale(weights, other, w2 + span, d2),
                                    m2 = StoredF32.minimum(weights, other, w2 + span, e2);
                            float a3 = StoredF32.scale(weights, other, w3 + span, d3),
                                    m3 = StoredF32.minimum(weights, other, w3 + span, e3);
                            int until = Math.min(to, span + StoredF32.SPAN);
                            for (int i = span; i < until; i += Lanes.COUNT) {
                                Float16 v = Float16.mult(Lanes.f32(memory, x + i), Lanes.f32(memory, gain + i));
                                s0 = Float16.add(s0, Float16.mult(v, StoredF32.lanes(weights, matrix, w0 + i, a0, m0)));
                                s1 = Float16.add(s1, Float16.mult(v, StoredF32.lanes(weights, matrix, w1 + i, a1, m1)));
                                s2 = Float16.add(s2, Float16.mult(v, StoredF32.lanes(weights, other, w2 + i, a2, m2)));
                                s3 = Float16.add(s3, Float16.mult(v, StoredF32.lanes(weights, other, w3 + i, a3, m3)));
                            }
                        }
                    }
                }
                float t0 = Lanes.sum(s0), t1 = Lanes.sum(s1), t2 = Lanes.sum(s2), t3 = Lanes.sum(s3);
                if (StoredF32.BLOCK == 1) {                           // rows of larger blocks are whole vectors
                    for (int i = vectors; i < k; i++) {
                        float v = memory.get(x + i) * memory.get(gain + i);
                        t0 += v * StoredF32.element(weights, matrix, w0 + i);
                        t1 += v * StoredF32.element(weights, matrix, w1 + i);
                        t2 += v * StoredF32.element(weights, other, w2 + i);
                        t3 += v * StoredF32.element(weights, other, w3 + i);
                    }
                }
                MatrixVector.store(control, memory, block, part, line, row, t0 * scale, t1 * scale, t2 * scale,
                        t3 * scale);
            }
        }
    }
}
