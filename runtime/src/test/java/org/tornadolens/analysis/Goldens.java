package org.tornadolens.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.ResourceFiles;

/** A small model, and what NumPy makes of it with every matrix multiplied out: {@code golden/analysis.py} is the definition. */
record Goldens(String shape, Model model, Safetensors arrays) {

    private static final Path FOLDER = ResourceFiles.path("golden");

    static Goldens of(String shape) {
        return new Goldens(shape, Model.open(FOLDER.resolve(shape)), Safetensors.open(FOLDER.resolve(shape).resolve("analysis.safetensors")));
    }

    Tensor get(String name) { return arrays.tensor(name); }

    /** The prompts that the values of the run were taken from. */
    Tokens tokens() {
        Tensor ids = Safetensors.open(FOLDER.resolve(shape).resolve("golden.safetensors")).tensor("tokens");
        int[] all = IntStream.range(0, (int) ids.elements()).map(i -> (int) ids.data().getAtIndex(ValueLayout.JAVA_FLOAT, i)).toArray();
        return new Tokens(all, new int[ids.shape().size(0)]);
    }

    /** Equal sizes, and elements within 1e-5 of the largest magnitude, or of 1; NaN where NaN is expected. */
    void assertMatches(String name, Tensor actual) { assertClose(shape + " " + name, get(name), actual, 1e-5); }

    static void assertClose(String what, Tensor expected, Tensor actual, double tolerance) {
        assertEquals(Arrays.toString(expected.shape().sizes()), Arrays.toString(actual.shape().sizes()), what + ": sizes of " + actual.shape());
        Tensor e = expected.contiguous() ? expected : expected.copy(), a = actual.contiguous() ? actual : actual.copy();
        double bound = tolerance;
        for (long i = 0; i < e.elements(); i++) {
            float value = e.data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
            if (Float.isFinite(value)) bound = Math.max(bound, tolerance * Math.abs(value));
        }
        for (long i = 0; i < e.elements(); i++) {
            assertEquals(e.data().getAtIndex(ValueLayout.JAVA_FLOAT, i), a.data().getAtIndex(ValueLayout.JAVA_FLOAT, i), bound, what + ", element " + i + " of " + actual.shape());
        }
    }
}
