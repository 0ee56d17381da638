package org.tornadolens.backend;

import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.LongStream;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;

/**
 * A selection of a value as runs of memory: everything inside the innermost selected axis is contiguous, so that
 * zeroing, gathering and scattering are loops over a few long runs.
 *
 * @param offsets first element of every run, in row-major order of the selection
 * @param sources first element of the corresponding run of another value; equal to {@code offsets} where there is none
 * @param length  elements of a run
 */
public record Regions(long[] offsets, long[] sources, long length) {

    /** @param padding index of each row's first real token in this run, perhaps negative */
    public static Regions of(Value value, Selection selection, Sizes sizes, int[] padding) {
        return new Walk(value, value.shape(sizes), selection, sizes, padding).regions(value.shape(sizes));
    }

    /**
     * Returns each run once, for changes that must not be applied twice: positions that are named twice, or from both
     * ends, may be the same.
     */
    public Regions once() {
        Set<Long> seen = new HashSet<>();
        int[] first = IntStream.range(0, offsets.length).filter(i -> seen.add(offsets[i])).toArray();
        if (first.length == offsets.length) return this;
        return new Regions(IntStream.of(first).mapToLong(i -> offsets[i]).toArray(),
                IntStream.of(first).mapToLong(i -> sources[i]).toArray(), length);
    }

    /**
     * Returns the selection of a value with the corresponding runs of a source, whose axes of length 1 are repeated and
     * whose batch rows are cycled.
     */
    public static Regions of(Value value, Selection selection, Sizes sizes, int[] padding, Shape source) {
        return new Walk(value, value.shape(sizes), selection, sizes, padding).regions(source);
    }

    /** Visits the selected indices of every axis down to the innermost axis that is not taken whole. */
    private static final class Walk {
        private final Value value;
        private final Shape shape;
        private final Selection selection;
        private final Sizes sizes;
        private final int[] padding;
        private final LongStream.Builder offsets = LongStream.builder(), sources = LongStream.builder();

        Walk(Value value, Shape shape, Selection selection, Sizes sizes, int[] padding) {
            this.value = value;
            this.shape = shape;
            this.selection = selection;
            this.sizes = sizes;
            this.padding = padding;
        }

        Regions regions(Shape source) {
            if (source.rank() != shape.rank()) throw new IllegalArgumentException(source + " cannot go with " + shape);
            int innermost = -1;
            for (int axis = 0; axis < shape.rank(); axis++) {
                if (selection.along(value, axis).isPresent() || source.size(axis) != shape.size(axis)) innermost = axis;
            }
            if (innermost < 0) return new Regions(new long[1], new long[1], shape.elements());
            int together = neighbours(source, innermost);
            visit(source, shape.strides(), source.strides(), 0, innermost, together > 1, 0, 0, 0);
            return new Regions(offsets.build().toArray(), sources.build().toArray(),
                    together * shape.strides()[innermost]);
        }

        /**
         * Returns the number of selected indices of an axis if they are consecutive heads or columns here and in the
         * source, else 1.
         */
        private int neighbours(Shape source, int axis) {
            Optional<List<Integer>> selected = selection.along(value, axis);
            boolean fixed = axis != value.axis("batch") && axis != value.positionAxis() && axis != value.axis("src")
                    && source.size(axis) == shape.size(axis);
            if (selected.isEmpty() || !fixed) return 1;
            List<Integer> indices = selected.get();
            for (int i = 1; i < indices.size(); i++) if (indices.get(i) != indices.get(0) + i) return 1;
            return indices.size();
        }

        private void visit(Shape source, long[] strides, long[] sourceStrides, int axis, int innermost,
                boolean together, long offset, long sourceOffset, int row) {
            if (axis > innermost) {
                offsets.accept(offset);
                sources.accept(sourceOffset);
                return;
            }
            int[] indices = indices(axis, row);
            for (int i = 0; i < (together && axis == innermost ? 1 : indices.length); i++) {
                int index = indices[i];
                visit(source, strides, sourceStrides, axis + 1, innermost, together, offset + index * strides[axis],
                        sourceOffset + index % source.size(axis) * sourceStrides[axis],
                        axis == value.axis("batch") ? index : row);
            }
        }

        private int[] indices(int axis, int row) {
            Optional<List<Integer>> selected = selection.along(value, axis);
            if (selected.isEmpty()) return IntStream.range(0, shape.size(axis)).toArray();
            if (axis == value.positionAxis()) return Positions.indices(selected.get(), padding[row], shape.size(axis));
            if (axis == value.axis("src"))
                return Positions.indices(selected.get(), padding[row] + sizes.past(), shape.size(axis));
            return selected.get().stream().mapToInt(Integer::intValue).toArray();
        }
    }
}
