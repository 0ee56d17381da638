package org.tornadolens.tornado.kernels;

import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;

/**
 * Projections of vectors onto the span of orthonormal directions, or onto its complement, in two steps, since a vector
 * may change only when all its coordinates are known.
 *
 * <pre>
 *   coordinates [vectors, directions] = x · basisᵀ
 *   keep:   x = Σ coordinate · direction          remove: x = x - Σ coordinate · direction
 * </pre>
 */
public final class Subspace {

    private Subspace() {}

    /** Arguments of both kernels: basis [directions, width], coordinates [vectors, directions]. */
    public interface Projection {
        int X = 1;
        /** List of where each vector begins in x, and how many there are. */
        int OFFSETS = 2, VECTORS = 3;
        int WIDTH = 4, BASIS = 5, DIRECTIONS = 6, COORDINATES = 7;
        /** One to keep the span, zero to remove it. */
        int KEEP = 8;
    }

    /** Computes the coordinates of each vector in the basis. */
    public static void coordinates(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int list = control.get(block + Projection.OFFSETS), width = control.get(block + Projection.WIDTH),
                directions = control.get(block + Projection.DIRECTIONS);
        int n = control.get(block + Projection.VECTORS) * directions;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int x = control.get(block + Projection.X) + control.get(list + i / directions),
                    direction = control.get(block + Projection.BASIS) + i % directions * width;
            float sum = 0f;
            for (int c = 0; c < width; c++) sum += memory.get(x + c) * memory.get(direction + c);
            memory.set(control.get(block + Projection.COORDINATES) + i, sum);
        }
    }

    /** Replaces each vector by its projection, or subtracts the projection from it. */
    public static void combine(KernelContext context, int number, IntArray parity, IntArray control,
            FloatArray memory) {
        int block = Block.open(context, number, parity, control);
        int list = control.get(block + Projection.OFFSETS), width = control.get(block + Projection.WIDTH),
                basis = control.get(block + Projection.BASIS),
                directions = control.get(block + Projection.DIRECTIONS);
        int coordinates = control.get(block + Projection.COORDINATES), keep = control.get(block + Projection.KEEP),
                n = control.get(block + Projection.VECTORS) * width;
        for (int i = Block.from(context, n), end = Block.to(context, n); i < end; i += Block.step(context)) {
            int vector = i / width, c = i % width,
                    at = control.get(block + Projection.X) + control.get(list + vector) + c;
            float projection = 0f;
            for (int k = 0; k < directions; k++)
                projection += memory.get(coordinates + vector * directions + k) * memory.get(basis + k * width + c);
            memory.set(at, keep == 1 ? projection : memory.get(at) - projection);
        }
    }
}
