package org.tornadolens.checkpoint;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * A tensor as stored in a file.
 *
 * @param name  its name in the file
 * @param type  the file's name of the element type, which need not be one that weights can have
 * @param shape outermost dimension first, row-major
 * @param data  exactly the bytes of the tensor, mapped
 */
record StoredTensor(Path file, String name, String type, List<Long> shape, MemorySegment data) {

    CheckpointException problem(String text) { return new CheckpointException(file, name, text); }

    /** Returns an f32 copy with these names of axes. */
    Tensor toTensor(List<String> names) {
        ElementType element =
                ElementType.named(type).orElseThrow(() -> problem("its type " + type + " has no values in f32"));
        List<Axis> axes = new ArrayList<>();
        for (int i = 0; i < shape.size(); i++) {
            if (shape.get(i) > Integer.MAX_VALUE) throw problem("its shape " + shape + " is too large for a tensor");
            axes.add(new Axis(names.get(i), shape.get(i).intValue()));
        }
        Tensor tensor = Tensor.zeros(new Shape(axes));
        MemorySegment out = tensor.data();
        for (long i = 0; i < tensor.elements(); i++)
            out.setAtIndex(ValueLayout.JAVA_FLOAT, i, element.get(data, i * element.bytes));
        return tensor;
    }

    /** Returns default names for axes: axis0, axis1, … */
    static List<String> plainAxes(int rank) {
        List<String> names = new ArrayList<>();
        for (int i = 0; i < rank; i++) names.add("axis" + i);
        return names;
    }
}
