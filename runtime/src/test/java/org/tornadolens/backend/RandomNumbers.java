package org.tornadolens.backend;

import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/** Normally distributed inputs and weights for programs under test. */
final class RandomNumbers {

    private RandomNumbers() {}

    static Tensor tensor(Value value, Sizes sizes, Random random) {
        Tensor tensor = Tensor.zeros(value.shape(sizes));
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return tensor;
    }

    /** Returns random weights for all parameters of a program. */
    static Weights weights(Program program, Random random) {
        Map<String, Weight> byName = new LinkedHashMap<>();
        for (Parameter p : program.parameters()) {
            float[] numbers = new float[p.rows() * p.columns()];
            for (int i = 0; i < numbers.length; i++) numbers[i] = (float) random.nextGaussian();
            byName.put(p.name(), Weight.of(p.name(), p.rows(), p.columns(), numbers));
        }
        return new Weights(byName);
    }
}
