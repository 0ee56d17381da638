package org.tornadolens.backend.reference;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.function.DoubleBinaryOperator;
import java.util.stream.IntStream;
import org.tornadolens.backend.HostFloats;
import org.tornadolens.backend.Positions;
import org.tornadolens.backend.Regions;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;

/** Selections of values, in double precision: axis by axis, and not by runs of memory as in other backends. */
final class ReferenceSelections {

    private final ReferenceFrame in;

    ReferenceSelections(ReferenceFrame in) { this.in = in; }

    /** Returns the selected elements, in row-major order. */
    double[] gather(Operation.Gather o) {
        List<int[]> selected = selected(o.x(), o.selection());
        double[] x = in.get(o.x()), out = new double[selected.size()];
        long[] strides = o.x().shape(in.frame().sizes()).strides();
        for (int i = 0; i < out.length; i++) out[i] = x[offset(selected.get(i), strides)];
        return out;
    }

    /** Returns x with {@code change} applied to each selected element and the corresponding element of the source. */
    double[] changed(Value x, Selection selection, Value source,
            DoubleBinaryOperator change) {
        double[] out = in.get(x).clone(), from = in.get(source);
        long[] strides = x.shape(in.frame().sizes()).strides();
        Set<Integer> seen = new HashSet<>();   // positions that are named twice change once
        for (int[] index : selected(x, selection)) {
            int at = offset(index, strides);
            if (seen.add(at)) out[at] = change.applyAsDouble(out[at], from[place(source, index)]);
        }
        return out;
    }

    /** Returns the index in a source that corresponds to one of a value: axes of length 1 repeat, batch rows cycle. */
    int place(Value source, int[] index) {
        Shape shape = in.frame().shape(source);
        int[] met = new int[index.length];
        for (int axis = 0; axis < index.length; axis++) met[axis] = index[axis] % shape.size(axis);
        return offset(met, shape.strides());
    }

    /** Returns x with the selected vectors projected onto the span of a basis, or out of it. */
    double[] subspace(Operation.Subspace o) {
        double[] out = in.get(o.x()).clone(), basis = in.get(o.basis());
        int d = in.width(o.x());
        long[] strides = o.x().shape(in.frame().sizes()).strides();
        for (int[] index : selected(o.x(), o.selection())) {
            if (index[index.length - 1] != 0) continue;
            int at = offset(index, strides);
            double[] kept = new double[d];
            for (int k = 0; k < basis.length / d; k++) {
                double along = 0;
                for (int c = 0; c < d; c++) along += out[at + c] * basis[k * d + c];
                for (int c = 0; c < d; c++) kept[c] += along * basis[k * d + c];
            }
            for (int c = 0; c < d; c++) out[at + c] = o.keep() ? kept[c] : out[at + c] - kept[c];
        }
        return out;
    }

    /** Returns x with the selected part passed through a host function. */
    double[] hostCall(Operation.HostCall o) {
        double[] out = in.get(o.x()).clone();
        in.frame().call(o, new HostFloats() {
            @Override public void read(Regions regions, MemorySegment to) {
                visit(regions, (i, place) -> to.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) out[place]));
            }

            @Override public void write(Regions regions, MemorySegment from) {
                visit(regions, (i, place) -> out[place] = from.getAtIndex(ValueLayout.JAVA_FLOAT, i));
            }
        });
        return out;
    }

    private interface Visitor { void at(int i, int place); }

    /** Visits the places of the regions' elements in order. */
    private static void visit(Regions regions, Visitor visitor) {
        int i = 0;
        for (long offset : regions.offsets()) {
            for (int j = 0; j < regions.length(); j++) visitor.at(i++, (int) offset + j);
        }
    }

    /** Returns the indices that a selection takes of a value, in row-major order. */
    List<int[]> selected(Value value, Selection selection) {
        Shape shape = value.shape(in.frame().sizes());
        List<int[]> all = new ArrayList<>();
        int batchAxis = value.axis("batch");
        int[] index = new int[shape.rank()];
        collect(value, selection, shape, 0, index, batchAxis, all);
        return all;
    }

    private void collect(Value value, Selection selection, Shape shape, int axis, int[] index, int batchAxis,
            List<int[]> all) {
        if (axis == shape.rank()) {
            all.add(index.clone());
            return;
        }
        List<Integer> indices = selection.along(value, axis).orElse(null);
        int row = batchAxis < 0 ? 0 : index[batchAxis];
        int[] along, first = in.frame().firstToken();
        if (indices == null) along = IntStream.range(0, shape.size(axis)).toArray();
        else if (axis == value.positionAxis()) along = Positions.indices(indices, first[row], shape.size(axis));
        else if (axis == value.axis("src")) along = Positions.indices(indices, in.frame().padding()[row], in.key());
        else along = indices.stream().mapToInt(Integer::intValue).toArray();
        for (int i : along) {
            index[axis] = i;
            collect(value, selection, shape, axis + 1, index, batchAxis, all);
        }
    }

    private static int offset(int[] index, long[] strides) {
        long at = 0;
        for (int i = 0; i < index.length; i++) at += index[i] * strides[i];
        return (int) at;
    }
}
