package org.tornadolens.tornado.kernels;

import org.tornadolens.tornado.kernels.MatrixVector.FewRows;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * The products of {@link MatrixVector} on GPUs: a group takes a row of weights, so that neighbouring items read
 * neighbouring weights, which the memory delivers in one piece.
 *
 * <pre>
 *   item      0    1    2   ...  127     0    1   ...
 *   weight    w0   w1   w2  ...  w127   w128 w129 ...      then partial sums are halved, 128 -> 64 -> ... -> 1
 * </pre>
 *
 * A barrier comes before each halving, since it reads what other items wrote, and before the next row, since that
 * writes the partial sums anew.
 *
 * <p>This is the kernel of f32 weights. The build makes those of other types of it, with their names in place of F32.
 */
public final class MatrixVectorGroupsF32 {

    private static final int ITEMS = 256;   // of a group at most

    private MatrixVectorGroupsF32() {}

    public static void product(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int lines = control.get(block + FewRows.LINES), k = control.get(block + FewRows.K),
                gain = control.get(block + FewRows.GAIN), eps = control.get(block + FewRows.EPS),
                residual = control.get(block + FewRows.RESIDUAL);
        int rows0 = control.get(block + FewRows.ROWS_0), rows1 = control.get(block + FewRows.ROWS_1),
                all = rows0 + rows1 + control.get(block + FewRows.ROWS_2);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        float[] squares = context.allocateFloatLocalArray(ITEMS);
        for (int i = context.groupIdx; i < lines * all; i += Block.groups(context)) {
            int line = i / all, r = i % all, x = control.get(block + FewRows.X) + line * k;
            int index = r < rows0 ? 0 : r < rows0 + rows1 ? 1 : 2, part = block + MatrixVector.PER_MATRIX * index;
            int row = r - (index == 0 ? 0 : index == 1 ? rows0 : rows0 + rows1);
            int matrix = control.get(part + FewRows.MATRIX_0), rows = control.get(part + FewRows.ROWS_0),
                    first = StoredF32.index(matrix, row * k);
            float sum = 0f, square = 0f;
            for (int j = item; j < k; j += items) {
                float v = memory.get(x + j);
                square += v * v;
                sum += v * memory.get(gain + j) * StoredF32.element(weights, matrix, first + j);
            }
            partial[item] = sum;
            squares[item] = square;
            for (int half = items / 2; half > 0; half /= 2) {
                context.localBarrier();
                if (item < half) {
                    partial[item] += partial[item + half];
                    squares[item] += squares[item + half];
                }
            }
            if (item == 0) {
                float scaled = eps < 0 ? partial[0] : partial[0] / TornadoMath.sqrt(squares[0] / k + memory.get(eps));
                int at = line * rows + row, bias = control.get(block + FewRows.BIAS_0 + index);
                float biased = bias < 0 ? scaled : scaled + memory.get(bias + row);
                memory.set(control.get(part + FewRows.OUT_0) + at,
                        residual < 0 ? biased : memory.get(residual + at) + biased);
            }
            context.localBarrier();
        }
    }
}
