package org.tornadolens.checkpoint;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/**
 * Assembles the tensors of a file into the weights of a model: every parameter must be present, with a known type and
 * the shape that the configuration requires, and no tensor may be left over that would change the model.
 */
final class Assembly {

    private final Path source;
    private final Naming naming;
    private final Configuration configuration;
    private final Map<String, StoredTensor> stored;

    /** @param source the file or folder that messages name for a missing tensor */
    Assembly(Path source, Naming naming, Configuration configuration, Map<String, StoredTensor> stored) {
        this.source = source;
        this.naming = naming;
        this.configuration = configuration;
        this.stored = stored;
    }

    Weights weights() {
        Map<String, Weight> weights = new LinkedHashMap<>();
        Set<String> used = new HashSet<>();
        for (Parameters.Entry entry : entries()) {
            StoredTensor tensor = find(name(entry));
            weights.put(entry.parameter().name(), weight(entry, tensor));
            used.add(tensor.name());
        }
        refuseLeftovers(used);
        return new Weights(weights);
    }

    /** Reports layers beyond what the file can hold before listing them: their number is unverified input. */
    private List<Parameters.Entry> entries() {
        Parameters parameters = new Parameters(configuration);
        if (configuration.nLayers() <= stored.size()) return parameters.entries();
        for (int layer = 0;; layer++) find(name(parameters.block(layer).getFirst()));
    }

    private String name(Parameters.Entry entry) {
        return naming.of(entry).orElseThrow(() -> new CheckpointException(source,
                "has no name for " + entry.parameter().name() + ", which the configuration asks for"));
    }

    private StoredTensor find(String name) {
        StoredTensor tensor = stored.get(name);
        if (tensor == null) {
            throw new CheckpointException(source, name, "is missing (the configuration has " + configuration.nLayers()
                    + " layers; " + stored.size() + " tensors were found)");
        }
        return tensor;
    }

    private Weight weight(Parameters.Entry entry, StoredTensor tensor) {
        Parameter parameter = entry.parameter();
        DType type = DType.named(tensor.type()).orElseThrow(() -> tensor.problem("its type " + tensor.type()
                + " is not supported; " + Arrays.toString(DType.values()) + " are"));
        List<Long> matrix = List.of((long) parameter.rows(), (long) parameter.columns());
        List<Long> vector = List.of((long) parameter.columns());
        boolean fits = tensor.shape().equals(matrix) || parameter.rows() == 1 && tensor.shape().equals(vector);
        if (!fits) {
            throw tensor.problem("its shape is " + tensor.shape() + " where the configuration asks for "
                    + (parameter.rows() == 1 ? vector : matrix));
        }
        if (parameter.columns() % type.blockElements() != 0) {
            throw tensor.problem("rows of " + parameter.columns() + " do not fill whole " + type + " blocks of "
                    + type.blockElements());
        }
        RowOrder order = naming.order(entry.spec(), configuration.dHead());
        if (entry.spec().vector() && !order.equals(RowOrder.IDENTITY)) return reordered(parameter, type, tensor, order);
        return new Weight(parameter.name(), type, parameter.rows(), parameter.columns(), tensor.data(), order);
    }

    /** Copies a vector whose elements are permuted like the rows of its matrix, in canonical order as f32. */
    private static Weight reordered(Parameter parameter, DType type, StoredTensor tensor, RowOrder order) {
        Weight stored = new Weight(parameter.name(), type, 1, parameter.columns(), tensor.data());
        float[] values = new float[parameter.columns()];
        for (int i = 0; i < values.length; i++) values[i] = stored.get(0, order.stored(i));
        return Weight.of(parameter.name(), 1, values.length, values);
    }

    private void refuseLeftovers(Set<String> used) {
        List<StoredTensor> leftovers = new ArrayList<>();
        for (StoredTensor tensor : stored.values()) {
            if (!used.contains(tensor.name()) && !naming.ignored().matcher(tensor.name()).matches())
                leftovers.add(tensor);
        }
        if (leftovers.isEmpty()) return;
        throw leftovers.getFirst()
                .problem("is not part of a Llama of this configuration (" + configuration.nLayers() + " layers, "
                        + (configuration.tied() ? "tied" : "separate") + " unembedding)"
                        + (leftovers.size() > 1 ? ", nor are " + (leftovers.size() - 1) + " more" : "")
                        + "; ignoring it would change the model");
    }
}
