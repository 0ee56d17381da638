package org.tornadolens.backend.cpu;

import java.util.List;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.tornadolens.backend.Positions;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;

/**
 * A selection of a value as runs of memory: everything inside the innermost selected axis is contiguous, so that zeroing,
 * gathering and scattering are loops over a few long runs.
 *
 * @param offsets first element of every run, in row-major order of the selection
 * @param length  elements of a run
 */
record Regions(long[] offsets, long length) {

    /** @param padding where each row's first real token is in this run, perhaps negative */
    static Regions of(Value value, Selection selection, Sizes sizes, int[] padding) {
        Shape shape = value.shape(sizes);
        long[] strides = shape.strides();
        int headAxis = selection.heads().isPresent() ? value.headAxis() : -1;
        int positionAxis = selection.positions().isPresent() ? value.positionAxis() : -1;
        int innermost = Math.max(headAxis, positionAxis);
        if (innermost < 0) return new Regions(new long[] {0}, shape.elements());

        var offsets = java.util.stream.LongStream.builder();
        int batchAxis = value.axis("batch");
        visit(shape, strides, 0, innermost, 0, 0, batchAxis, (axis, row) -> {
            if (axis == headAxis) return ints(selection.heads().get());
            if (axis == positionAxis) return Positions.indices(selection.positions().get(), padding[row], shape.size(axis));
            return IntStream.range(0, shape.size(axis)).toArray();
        }, offsets::add);
        return new Regions(offsets.build().toArray(), strides[innermost]);
    }

    /** The indices taken along an axis in a batch row. */
    private interface Along { int[] indices(int axis, int row); }

    private static void visit(Shape shape, long[] strides, int axis, int innermost, long offset, int row, int batchAxis, Along along, LongConsumer out) {
        if (axis > innermost) {
            out.accept(offset);
            return;
        }
        for (int index : along.indices(axis, row)) {
            visit(shape, strides, axis + 1, innermost, offset + index * strides[axis], axis == batchAxis ? index : row, batchAxis, along, out);
        }
    }

    private static int[] ints(List<Integer> list) { return list.stream().mapToInt(Integer::intValue).toArray(); }
}
