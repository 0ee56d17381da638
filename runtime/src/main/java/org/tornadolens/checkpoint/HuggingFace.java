package org.tornadolens.checkpoint;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.FileFormat;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.tensor.Weights;

/** Opens a Hugging Face checkpoint: config.json and one safetensors file, or an index and several shards. */
final class HuggingFace {

    static final String CONFIG = "config.json";
    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";
    private static final String PREFIX = "model.";

    private static final String EMBEDDING = ParameterSpec.EMBEDDING.name(FileFormat.HUGGING_FACE, -1).orElseThrow();
    private static final String UNEMBEDDING = ParameterSpec.UNEMBEDDING.name(FileFormat.HUGGING_FACE, -1).orElseThrow();
    private static final Pattern PLAIN_NAME = Pattern.compile("[^/\\\\:\\x00]+\\.safetensors");

    private HuggingFace() {}

    static boolean hasTensors(Path folder) {
        return Files.exists(folder.resolve(SINGLE)) || Files.exists(folder.resolve(INDEX));
    }

    /** Opens a folder that holds config.json. */
    static Checkpoint openFolder(Path folder) {
        Path single = folder.resolve(SINGLE);
        if (Files.exists(single)) return open(folder, folder, single, Safetensors.open(single).tensors());
        Path index = folder.resolve(INDEX);
        if (Files.exists(index)) return open(folder, folder, index, shards(folder, index));
        boolean pytorch = Files.exists(folder.resolve("pytorch_model.bin"))
                || Files.exists(folder.resolve("pytorch_model.bin.index.json"));
        throw new CheckpointException(folder, "has a config.json but neither " + SINGLE + " nor " + INDEX + (pytorch
                ? "; convert its pytorch_model.bin to safetensors (save_pretrained in transformers does)" : ""));
    }

    /** Opens one safetensors file with config.json beside it. */
    static Checkpoint openFile(Path file) {
        Path folder = file.toAbsolutePath().getParent();
        if (!Files.exists(folder.resolve(CONFIG)))
            throw new CheckpointException(file, "has no config.json beside it, which gives the model's shape");
        return open(file, folder, file, Safetensors.open(file).tensors());
    }

    private static Checkpoint open(Path source, Path folder, Path tensorsIn, Map<String, StoredTensor> tensors) {
        Map<String, StoredTensor> needed = withPrefix(tensors);
        Configuration configuration = untieIfDifferent(HuggingFaceConfig.read(folder.resolve(CONFIG)), needed);
        if (configuration.tied()) {
            // of two names for one tensor a file may have either
            StoredTensor unembedding = needed.remove(UNEMBEDDING);
            if (unembedding != null) needed.putIfAbsent(EMBEDDING, unembedding);
        }
        Weights weights = new Assembly(tensorsIn, Naming.HUGGING_FACE, configuration, needed).weights();
        return new Checkpoint(source, "safetensors", configuration, weights, TokenizerFiles.beside(folder));
    }

    /** Returns tensors by the names of a causal language model; a model saved without its head has no prefix. */
    private static Map<String, StoredTensor> withPrefix(Map<String, StoredTensor> tensors) {
        Map<String, StoredTensor> named = new LinkedHashMap<>();
        boolean bare = tensors.containsKey(EMBEDDING.substring(PREFIX.length()));
        tensors.forEach((name, tensor) -> named.put(bare && !name.equals(UNEMBEDDING) ? PREFIX + name : name, tensor));
        return named;
    }

    private static Map<String, StoredTensor> shards(Path folder, Path index) {
        Json map = Json.read(index).object("weight_map")
                .orElseThrow(() -> new CheckpointException(index, "has no weight_map"));
        Map<String, Safetensors> shards = new TreeMap<>();
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (String name : map.values().keySet()) {
            String shard = map.text(name);
            if (!PLAIN_NAME.matcher(shard).matches()) {
                throw new CheckpointException(index, name,
                        "its shard \"" + shard + "\" is not the plain name of a safetensors file in this folder");
            }
            StoredTensor tensor =
                    shards.computeIfAbsent(shard, s -> Safetensors.open(folder.resolve(s))).tensors().get(name);
            if (tensor == null)
                throw new CheckpointException(folder.resolve(shard), name,
                        "is missing, though " + INDEX + " says it is here");
            tensors.put(name, tensor);
        }
        return tensors;
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
        return one.data().mismatch(other.data()) < 0;
    }
}
