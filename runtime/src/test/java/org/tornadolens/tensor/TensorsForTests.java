package org.tornadolens.tensor;

import java.util.Random;

final class TensorsForTests {

    private TensorsForTests() {}

    static Tensor random(long seed, Object... namesAndSizes) {
        Tensor tensor = Tensor.zeros(Shape.of(namesAndSizes));
        Random random = new Random(seed);
        for (long i = 0; i < tensor.elements(); i++) {
            tensor.data().setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i, (float) random.nextGaussian());
        }
        return tensor;
    }
}
