package org.tornadolens.backend.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;

import java.util.Random;
import jdk.incubator.vector.FloatVector;
import org.junit.jupiter.api.Test;

class MemoryTest {

    /** The sum is first taken by the interpreter and, long before the last time, by compiled code. */
    @Test void aSumOfLanesIsTheSameInterpretedAndCompiled() {
        Random random = new Random(0);
        float[] lanes = new float[64 * LANES];
        for (int i = 0; i < lanes.length; i++) lanes[i] = (float) random.nextGaussian();
        float[] first = sums(lanes);
        for (int i = 0; i < 20_000; i++) {
            float[] later = sums(lanes);
            for (int v = 0; v < later.length; v++)
                assertEquals(Float.floatToRawIntBits(first[v]), Float.floatToRawIntBits(later[v]),
                        "vector " + v + ", time " + i);
        }
    }

    private static float[] sums(float[] lanes) {
        float[] sums = new float[lanes.length / LANES];
        for (int v = 0; v < sums.length; v++) sums[v] = Memory.sum(FloatVector.fromArray(F, lanes, v * LANES));
        return sums;
    }
}
