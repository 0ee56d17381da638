package org.tornadolens.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.FileFormat;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.tensor.Weights;

/** Opens a Hugging Face checkpoint: config.json beside safetensors or torch files. */
final class HuggingFace {

    static final String CONFIG = "config.json";
    static final String SINGLE = HuggingFaceTensors.SINGLE;
    private static final String PREFIX = "model.";

    private static final String EMBEDDING = ParameterSpec.EMBEDDING.name(FileFormat.HUGGING_FACE, -1).orElseThrow();
    private static final String UNEMBEDDING = ParameterSpec.UNEMBEDDING.name(FileFormat.HUGGING_FACE, -1).orElseThrow();

    private HuggingFace() {}

    /** Opens a folder that holds config.json. */
    static Checkpoint openFolder(Path folder) {
        Foreign.refuseAdapter(folder);
        // first, since a model of another kind has other files, too
        Configuration configuration = HuggingFaceConfig.read(folder.resolve(CONFIG));
        return open(folder, folder, configuration, HuggingFaceTensors.find(folder));
    }

    /** Opens one file of tensors with config.json beside it. */
    static Checkpoint openFile(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        Foreign.refuseAdapter(folder);
        if (!Files.exists(folder.resolve(CONFIG)))
            throw new CheckpointException(file, "has no config.json beside it, which gives the model's shape");
        return open(file, folder, HuggingFaceConfig.read(folder.resolve(CONFIG)), HuggingFaceTensors.of(file));
    }

    private static Checkpoint open(Path source, Path folder, Configuration written, HuggingFaceTensors tensors) {
        Map<String, StoredTensor> needed = tensors.withPrefix(PREFIX, EMBEDDING, UNEMBEDDING);
        Configuration configuration = untieIfDifferent(written, needed);
        if (configuration.tied()) {
            // of two names for one tensor a file may have either
            StoredTensor unembedding = needed.remove(UNEMBEDDING);
            if (unembedding != null) needed.putIfAbsent(EMBEDDING, unembedding);
        }
        Weights weights = new Assembly(tensors.source(), Naming.HUGGING_FACE, configuration, needed).weights();
        return new Checkpoint(source, tensors.format(), configuration, weights, TokenizerFiles.beside(folder));
    }

    /**
     * A configuration may say that embeddings are tied although the file holds an unembedding. As in transformers since
     * version 5, the two are tied only if they are equal.
     */
    private static Configuration untieIfDifferent(Configuration configuration, Map<String, StoredTensor> tensors) {
        if (!configuration.tied()) return configuration;
        StoredTensor embedding = tensors.get(EMBEDDING);
        StoredTensor unembedding = tensors.get(UNEMBEDDING);
        if (embedding == null || unembedding == null || agree(embedding, unembedding)) return configuration;
        return configuration.untied();
    }

    private static boolean agree(StoredTensor one, StoredTensor other) {
        if (!one.type().equals(other.type()) || !one.shape().equals(other.shape())) return false;
        return one.data().equals(other.data()) || one.data().mismatch(other.data()) < 0;   // torch files share storages
    }
}
