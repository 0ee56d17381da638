package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.fail;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.tensor.Tensor;

/** What TransformerLens computed on one of the checkpoints in {@code golden/}; the README beside the script says how. */
record Golden(Path checkpoint, Safetensors arrays) {

    /** Of f32 logits and activations against an independent implementation, times the largest magnitude when above 1. */
    static final double TOLERANCE = 1e-4;

    /** The folders that hold goldens, by name. */
    static List<String> shapes() {
        try (var folders = Files.list(root())) {
            return folders.map(folder -> folder.getFileName().toString()).sorted().toList();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static Golden of(String shape) {
        Path folder = root().resolve(shape);
        return new Golden(folder, Safetensors.open(folder.resolve("golden.safetensors")));
    }

    private static Path root() {
        try {
            return Path.of(Golden.class.getResource("/golden").toURI());
        } catch (URISyntaxException e) {
            throw new AssertionError(e);
        }
    }

    Model model() { return Model.open(checkpoint); }

    Tensor get(String name) { return arrays.tensor(name); }

    /** The names of the hooks, without what else the file holds. */
    Set<String> hooks() {
        Set<String> hooks = new TreeSet<>(arrays.names());
        hooks.removeAll(Set.of("tokens", "padding", "logits", "loss"));
        return hooks;
    }

    Tokens tokens() { return new Tokens(ids("tokens"), ids("padding")); }

    private int[] ids(String name) {
        Tensor tensor = get(name);
        int[] ids = new int[Math.toIntExact(tensor.elements())];
        for (int i = 0; i < ids.length; i++) ids[i] = (int) tensor.data().getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i);
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
        int[] sizes = expected.shape().sizes();
        double largest = 1;
        for (int[] index : indices(sizes)) if (Float.isFinite(expected.get(index))) largest = Math.max(largest, Math.abs(expected.get(index)));
        for (int[] index : indices(sizes)) {
            if (position >= 0 && index[position] < padding[index[0]]) continue;
            float e = expected.get(index), a = actual.get(index);
            boolean same = Float.isInfinite(e) ? e == a : Math.abs(e - a) <= tolerance * largest;
            if (!same) fail(what + Arrays.toString(index) + " " + actual.shape() + " is " + a + ", not " + e + ", off by " + Math.abs(e - a));
        }
    }

    /** Two tensors of rows without padding. */
    static void assertClose(String what, Tensor expected, Tensor actual) { assertClose(what, expected, actual, new int[expected.shape().size(0)], TOLERANCE); }

    /** Every index of an array of these sizes, in row-major order. */
    private static Iterable<int[]> indices(int[] sizes) {
        int count = Arrays.stream(sizes).reduce(1, Math::multiplyExact);
        return () -> java.util.stream.IntStream.range(0, count).mapToObj(flat -> {
            int[] index = new int[sizes.length];
            for (int i = sizes.length - 1, rest = flat; i >= 0; rest /= sizes[i], i--) index[i] = rest % sizes[i];
            return index;
        }).iterator();
    }
}
