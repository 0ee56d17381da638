package org.tornadolens.analysis;

import java.lang.foreign.ValueLayout;
import java.util.stream.IntStream;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.GoldenModels;
import org.tornadolens.testing.TensorAssertions;

/** A small model, and NumPy's results with every matrix multiplied out, made by {@code golden/analysis.py}. */
record Goldens(String shape, Model model, Safetensors arrays) {

    static Goldens of(String shape) {
        return new Goldens(shape, GoldenModels.open(shape), GoldenModels.values(shape, "analysis"));
    }

    Tensor get(String name) { return arrays.tensor(name); }

    /** Returns the prompts of the run. */
    Tokens tokens() {
        Tensor ids = GoldenModels.values(shape, "golden").tensor("tokens");
        int[] all = IntStream.range(0, (int) ids.elements())
                .map(i -> (int) ids.data().getAtIndex(ValueLayout.JAVA_FLOAT, i)).toArray();
        return new Tokens(all, new int[ids.shape().size(0)]);
    }

    /** Asserts equal sizes, and elements within 1e-5 times the largest magnitude or 1; NaN where NaN is expected. */
    void assertMatches(String name, Tensor actual) {
        TensorAssertions.assertCloseWithGaps(shape + " " + name, get(name), actual, 1e-5);
    }
}
