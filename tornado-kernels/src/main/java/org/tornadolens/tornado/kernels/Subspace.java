package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Vectors projected onto the span of orthonormal directions, or out of it, in two steps, since a vector is changed only
 * when all its coordinates are known.
 *
 * <pre>
 *   coordinates [vectors, directions] = x · basisᵀ
 *   keep:   x = Σ coordinate · direction          remove: x = x - Σ coordinate · direction
 * </pre>
 *
 * Arguments: 1 value, 2 list of the vectors' offsets, 3 how many, 4 width, 5 basis [directions, width], 6 directions,
 * 7 coordinates, 8 one to keep the span, else zero.
 */
public final class Subspace {

    private Subspace() {}

    public static void coordinates(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int list = control.get(block + 2), width = control.get(block + 4), directions = control.get(block + 6);
        int n = control.get(block + 3) * directions;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int x = control.get(block + 1) + control.get(list + i / directions),
                    direction = control.get(block + 5) + i % directions * width;
            float sum = 0f;
            for (int c = 0; c < width; c++) sum += memory.get(x + c) * memory.get(direction + c);
            memory.set(control.get(block + 7) + i, sum);
        }
    }

    public static void combine(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int list = control.get(block + 2), width = control.get(block + 4), basis = control.get(block + 5),
                directions = control.get(block + 6);
        int coordinates = control.get(block + 7), keep = control.get(block + 8), n = control.get(block + 3) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int vector = i / width, c = i % width, at = control.get(block + 1) + control.get(list + vector) + c;
            float projection = 0f;
            for (int k = 0; k < directions; k++)
                projection += memory.get(coordinates + vector * directions + k) * memory.get(basis + k * width + c);
            memory.set(at, keep == 1 ? projection : memory.get(at) - projection);
        }
    }
}
