package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.math.TornadoMath;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;

/**
 * The products of {@link MatrixVectorLanes}, with the same arguments, for GPUs: a group takes a row of weights, so that
 * neighbouring items read neighbouring weights, which the memory delivers in one piece.
 *
 * <pre>
 *   item      0    1    2   ...  127     0    1   ...
 *   weight    w0   w1   w2  ...  w127   w128 w129 ...      then partial sums are halved, 128 -> 64 -> ... -> 1
 * </pre>
 *
 * A barrier before each halving, since it reads what other items wrote, and one before the next row, since that writes
 * the partial sums anew.
 */
public final class MatrixVectorGroups {

    private static final int ITEMS = 256;   // of a group at most

    private MatrixVectorGroups() {}

    public static void f32(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            FloatArray weights) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + 2), k = control.get(block + 3), gain = control.get(block + 4),
                eps = control.get(block + 5), residual = control.get(block + 6);
        int rows0 = control.get(block + 8), rows1 = control.get(block + 11),
                all = rows0 + rows1 + control.get(block + 14);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        float[] squares = context.allocateFloatLocalArray(ITEMS);
        for (int i = context.groupIdx; i < n * all; i += Block.groups(context)) {
            int line = i / all, r = i % all, x = control.get(block + 1) + line * k;
            int part = block + 7 + (r < rows0 ? 0 : r < rows0 + rows1 ? 3 : 6);
            int row = r - (r < rows0 ? 0 : r < rows0 + rows1 ? rows0 : rows0 + rows1);
            int matrix = control.get(part), rows = control.get(part + 1);
            float sum = 0f, square = 0f;
            for (int j = item; j < k; j += items) {
                float v = memory.get(x + j);
                square += v * v;
                sum += v * memory.get(gain + j) * weights.get(matrix + row * k + j);
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
                int at = line * rows + row, bias = control.get(block + 17 + (part - block - 7) / 3);
                float biased = bias < 0 ? scaled : scaled + memory.get(bias + row);
                memory.set(control.get(part + 2) + at, residual < 0 ? biased : memory.get(residual + at) + biased);
            }
            context.localBarrier();
        }
    }

    public static void f16(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            ShortArray weights) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + 2), k = control.get(block + 3), gain = control.get(block + 4),
                eps = control.get(block + 5), residual = control.get(block + 6);
        int rows0 = control.get(block + 8), rows1 = control.get(block + 11),
                all = rows0 + rows1 + control.get(block + 14);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        float[] squares = context.allocateFloatLocalArray(ITEMS);
        for (int i = context.groupIdx; i < n * all; i += Block.groups(context)) {
            int line = i / all, r = i % all, x = control.get(block + 1) + line * k;
            int part = block + 7 + (r < rows0 ? 0 : r < rows0 + rows1 ? 3 : 6);
            int row = r - (r < rows0 ? 0 : r < rows0 + rows1 ? rows0 : rows0 + rows1);
            int matrix = control.get(part), rows = control.get(part + 1);
            float sum = 0f, square = 0f;
            for (int j = item; j < k; j += items) {
                float v = memory.get(x + j);
                square += v * v;
                sum += v * memory.get(gain + j) * Decoding.f16(weights, matrix + row * k + j);
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
                int at = line * rows + row, bias = control.get(block + 17 + (part - block - 7) / 3);
                float biased = bias < 0 ? scaled : scaled + memory.get(bias + row);
                memory.set(control.get(part + 2) + at, residual < 0 ? biased : memory.get(residual + at) + biased);
            }
            context.localBarrier();
        }
    }

    public static void bf16(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            ShortArray weights) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + 2), k = control.get(block + 3), gain = control.get(block + 4),
                eps = control.get(block + 5), residual = control.get(block + 6);
        int rows0 = control.get(block + 8), rows1 = control.get(block + 11),
                all = rows0 + rows1 + control.get(block + 14);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        float[] squares = context.allocateFloatLocalArray(ITEMS);
        for (int i = context.groupIdx; i < n * all; i += Block.groups(context)) {
            int line = i / all, r = i % all, x = control.get(block + 1) + line * k;
            int part = block + 7 + (r < rows0 ? 0 : r < rows0 + rows1 ? 3 : 6);
            int row = r - (r < rows0 ? 0 : r < rows0 + rows1 ? rows0 : rows0 + rows1);
            int matrix = control.get(part), rows = control.get(part + 1);
            float sum = 0f, square = 0f;
            for (int j = item; j < k; j += items) {
                float v = memory.get(x + j);
                square += v * v;
                sum += v * memory.get(gain + j) * Decoding.bf16(weights, matrix + row * k + j);
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
                int at = line * rows + row, bias = control.get(block + 17 + (part - block - 7) / 3);
                float biased = bias < 0 ? scaled : scaled + memory.get(bias + row);
                memory.set(control.get(part + 2) + at, residual < 0 ? biased : memory.get(residual + at) + biased);
            }
            context.localBarrier();
        }
    }

    public static void q8(KernelContext context, int number, IntArray parity, IntArray control, FloatArray memory,
            ByteArray weights) {
        int block = Block.open(context, number, parity, control);
        int n = control.get(block + 2), k = control.get(block + 3), gain = control.get(block + 4),
                eps = control.get(block + 5), residual = control.get(block + 6);
        int rows0 = control.get(block + 8), rows1 = control.get(block + 11),
                all = rows0 + rows1 + control.get(block + 14);
        int item = context.localIdx, items = context.localGroupSizeX;
        float[] partial = context.allocateFloatLocalArray(ITEMS);
        float[] squares = context.allocateFloatLocalArray(ITEMS);
        for (int i = context.groupIdx; i < n * all; i += Block.groups(context)) {
            int line = i / all, r = i % all, x = control.get(block + 1) + line * k;
            int part = block + 7 + (r < rows0 ? 0 : r < rows0 + rows1 ? 3 : 6);
            int row = r - (r < rows0 ? 0 : r < rows0 + rows1 ? rows0 : rows0 + rows1);
            int matrix = control.get(part), rows = control.get(part + 1);
            float sum = 0f, square = 0f;
            for (int j = item; j < k; j += items) {
                float v = memory.get(x + j);
                square += v * v;
                sum += v * memory.get(gain + j) * Decoding.q8(weights, matrix, row * k + j);
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
                int at = line * rows + row, bias = control.get(block + 17 + (part - block - 7) / 3);
                float biased = bias < 0 ? scaled : scaled + memory.get(bias + row);
                memory.set(control.get(part + 2) + at, residual < 0 ? biased : memory.get(residual + at) + biased);
            }
            context.localBarrier();
        }
    }
}
