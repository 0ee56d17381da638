package org.tornadolens.dsl.script;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Where the numbers of a sweep belong in a tensor.
 *
 * @param places the row-major index of each number; elements without one are NaN
 */
record GridRequest(List<String> axes, List<Integer> sizes, List<Integer> places) {

    Tensor of(double[] numbers) {
        List<Axis> all = new ArrayList<>();
        for (int i = 0; i < axes.size(); i++) all.add(new Axis(axes.get(i), sizes.get(i)));
        Tensor tensor = Tensor.zeros(new Shape(all));
        tensor.fill(Float.NaN);
        for (int i = 0; i < places.size(); i++)
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, places.get(i), (float) numbers[i]);
        return tensor;
    }
}
