package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.List;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.checkpoint.HuggingFaceWriter;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.intervention.LayerSelector;
import org.tornadolens.model.Model;
import org.tornadolens.model.WeightEdit;
import org.tornadolens.tensor.Tensor;

/** Behind {@code edits.js}: edits of weights, and saving models. */
public final class EditExports {

    private final Host host;

    EditExports(Host host) { this.host = host; }

    @HostAccess.Export public WeightEdit scaleOv(HeadSelector heads, double factor) {
        return new WeightEdit.ScaleOv(heads, factor);
    }

    @HostAccess.Export public WeightEdit scaleQk(HeadSelector heads, double factor) {
        return new WeightEdit.ScaleQk(heads, factor);
    }

    /** @param neurons null for all */
    @HostAccess.Export public WeightEdit scaleNeurons(LayerSelector layers, Value neurons, double factor) {
        return new WeightEdit.ScaleNeurons(layers, Arguments.optionalInts(neurons).orElse(List.of()), factor);
    }

    /** @param layer and {@code head}: -1 for none */
    @HostAccess.Export public WeightEdit set(String matrix, int layer, int head, Tensor value) {
        return new WeightEdit.Set(matrix, layer, head, value);
    }

    @HostAccess.Export public Model edit(Model model, Value edits) {
        return model.edit(Arguments.objects(edits, WeightEdit.class));
    }

    /**
     * @param dtype the type to save the matrices as; null for their own
     * @return the path after the run has succeeded
     */
    @HostAccess.Export public String save(Model model, String name, String dtype) throws IOException {
        if (!model.interventions().isEmpty()) {
            throw new UsageException("a checkpoint cannot hold interventions, and this model is seen through "
                    + model.interventions().size()
                    + "; save the model that they were put on, or change weights with model.edit(…)");
        }
        Checkpoint checkpoint = dtype == null ? model.checkpoint() : model.checkpoint().converted(Models.dtype(dtype));
        try (Progress progress = host.progress("saving the model")) {
            return host.saveFolder(name, HuggingFaceWriter.bytes(checkpoint),
                    part -> HuggingFaceWriter.write(checkpoint, part)).toString();
        }
    }
}
