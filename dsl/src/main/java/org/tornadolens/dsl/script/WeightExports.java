package org.tornadolens.dsl.script;

import java.util.stream.Stream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Tensor;

/** Behind {@code weights.js}: a model's matrices as tensors. */
public final class WeightExports {

    /** @param layer ignored where the matrix belongs to no layer */
    @HostAccess.Export public Tensor matrix(Model model, String name, int layer) {
        return matrices(model).get(spec(name), layer);
    }

    /** Returns the matrix of one query head; for keys and values that of its group. */
    @HostAccess.Export public Tensor head(Model model, String name, int layer, int head) {
        return matrices(model).head(spec(name), layer, head);
    }

    /** Returns the names of the parameters, each with "model", "layer" or "head", the finest unit that has its own. */
    @HostAccess.Export public ProxyArray names() {
        return ProxyArray.fromArray(Stream.of(ParameterSpec.values())
                .map(spec -> ProxyArray.fromArray(spec.script(),
                        !spec.ofBlock() ? "model" : spec.headAxis().isPresent() ? "head" : "layer"))
                .toArray());
    }

    private static Matrices matrices(Model model) { return new Matrices(model.configuration(), model.weights()); }

    private static ParameterSpec spec(String name) {
        return ParameterSpec.named(name).orElseThrow(() -> new IllegalStateException(name));
    }
}
