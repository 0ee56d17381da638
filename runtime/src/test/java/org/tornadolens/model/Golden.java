package org.tornadolens.model;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ResourceFiles;

/** What TransformerLens computed on one of the checkpoints in {@code golden/}; the README beside the script says how. */
record Golden(Path checkpoint, Safetensors arrays) {

    /** Of f32 logits and activations against an independent implementation, times the largest magnitude when above 1. */
    static final double TOLERANCE = 1e-4;

    /** The folders that hold goldens, by name. */
    static List<String> shapes() { return ResourceFiles.goldenShapes(); }

    static Golden of(String shape) {
        Path folder = ResourceFiles.path("golden/" + shape);
        return new Golden(folder, Safetensors.open(folder.resolve("golden.safetensors")));
    }

    Model model() { return BackendUnderTest.open(checkpoint); }

    Tensor get(String name) { return arrays.tensor(name); }

    /** The names of the hooks, without what else the file holds. */
    Set<String> hooks() {
        Set<String> hooks = new TreeSet<>(arrays.names());
        hooks.removeAll(Set.of("tokens", "padding", "logits", "loss"));
        return hooks;
    }

    Tokens tokens() { return new Tokens(ids("tokens"), ids("padding")); }

    private int[] ids(String name) {
        float[] values = values(get(name));
        int[] ids = new int[values.length];
        for (int i = 0; i < ids.length; i++) ids[i] = (int) values[i];
        return ids;
    }

    /** Fails unless the oracle's value of this name is {@code actual}, at every position that is not padding. */
    void assertMatches(String name, Tensor actual) { assertClose(checkpoint.getFileName() + " " + name, get(name), actual, tokens().padding(), TOLERANCE); }

    /**
     * Fails unless two tensors have the same sizes and agree within {@code tolerance} · max(1, largest magnitude);
     * infinities must be equal, and there may be no NaN. Positions that are padding are passed over: they mean nothing.
     */
    static void assertClose(String what, Tensor expected, Tensor actual, int[] padding, double tolerance) {
        assertEquals(Arrays.toString(expected.shape().sizes()), Arrays.toString(actual.shape().sizes()), what + ": sizes");
        int position = Math.max(actual.shape().indexOf("pos"), actual.shape().indexOf("dest"));
        float[] expectedValues = values(expected), actualValues = values(actual);
        double bound = tolerance;
        for (float value : expectedValues) if (Float.isFinite(value)) bound = Math.max(bound, tolerance * Math.abs(value));
        for (int i = 0; i < expectedValues.length; i++) {
            float e = expectedValues[i], a = actualValues[i];
            if (Float.isInfinite(e) ? e == a : Math.abs(e - a) <= bound) continue;
            int[] index = index(expected.shape().sizes(), i);
            if (position >= 0 && index[position] < padding[index[0]]) continue;
            fail(what + Arrays.toString(index) + " " + actual.shape() + " is " + a + ", not " + e + ", off by " + Math.abs(e - a));
        }
    }

    /** The layer in the name of a program's value, {@code blocks.N.…}, or -1. */
    static int layer(String name) { return name.startsWith("blocks.") ? Integer.parseInt(name.substring(7, name.indexOf('.', 7))) : -1; }

    /** Two tensors without padding. */
    static void assertClose(String what, Tensor expected, Tensor actual) { assertClose(what, expected, actual, 1e-5); }

    static void assertClose(String what, Tensor expected, Tensor actual, double tolerance) {
        assertClose(what, expected, actual, new int[expected.shape().rank() == 0 ? 0 : expected.shape().size(0)], tolerance);
    }

    /** Fails unless two tensors hold the same bits. */
    static void assertIdentical(String what, Tensor expected, Tensor actual) {
        assertEquals(expected.shape(), actual.shape(), what);
        float[] expectedValues = values(expected), actualValues = values(actual);
        for (int i = 0; i < expectedValues.length; i++) {
            if (Float.floatToRawIntBits(expectedValues[i]) != Float.floatToRawIntBits(actualValues[i])) {
                fail(what + Arrays.toString(index(expected.shape().sizes(), i)) + " is " + actualValues[i] + ", not " + expectedValues[i] + ", bit for bit");
            }
        }
    }

    /**
     * Fails unless two runs that work alike on the same f32 values give the same bits; on a backend that computes in
     * more precision than it hands values out in, unless they differ by no more than that.
     */
    static void assertContinued(String what, Tensor expected, Tensor actual) {
        if (BackendUnderTest.BACKEND == BackendUnderTest.REFERENCE) assertClose(what, expected, actual, 1e-6);
        else assertIdentical(what, expected, actual);
    }

    private static float[] values(Tensor tensor) {
        return (tensor.contiguous() ? tensor : tensor.copy()).data().toArray(ValueLayout.JAVA_FLOAT);
    }

    /** The index of an element by its place in row-major order. */
    private static int[] index(int[] sizes, int place) {
        int[] index = new int[sizes.length];
        for (int i = sizes.length - 1, rest = place; i >= 0; rest /= sizes[i], i--) index[i] = rest % sizes[i];
        return index;
    }
}
