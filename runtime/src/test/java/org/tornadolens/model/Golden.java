package org.tornadolens.model;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.GoldenModels;
import org.tornadolens.testing.TensorAssertions;

/**
 * The activations that TransformerLens computed on a checkpoint of {@code golden/}; its README describes the script.
 */
record Golden(Path checkpoint, Safetensors arrays) {

    /** Tolerance of f32 logits and activations, relative to the largest magnitude if that is above 1. */
    static final double TOLERANCE = 1e-4;

    static Golden of(String shape) {
        return new Golden(GoldenModels.folder(shape), GoldenModels.values(shape, "golden"));
    }

    Model model() { return BackendUnderTest.open(checkpoint); }

    Tensor get(String name) { return arrays.tensor(name); }

    /** Returns the names of the hooks in the file, which also holds other tensors. */
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

    /** Fails unless {@code actual} agrees with the golden value of this name, at every position that is not padding. */
    void assertMatches(String name, Tensor actual) {
        String what = checkpoint.getFileName() + " " + name;
        TensorAssertions.assertClose(what, get(name), actual, tokens().padding(), TOLERANCE);
    }

    /** Returns the layer in the name of a value, {@code blocks.N.…}, or -1. */
    static int layer(String name) {
        return name.startsWith("blocks.") ? Integer.parseInt(name.substring(7, name.indexOf('.', 7))) : -1;
    }

    private static float[] values(Tensor tensor) {
        return (tensor.contiguous() ? tensor : tensor.copy()).data().toArray(ValueLayout.JAVA_FLOAT);
    }
}
