package org.tornadolens.checkpoint;

import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * The tensors of a Hugging Face folder by their names in the files.
 *
 * @param source the file, or the index of several, that messages name
 * @param format its name for display
 */
record HuggingFaceTensors(Path source, String format, Map<String, StoredTensor> tensors) {

    static final String SINGLE = "model.safetensors";
    static final String INDEX = "model.safetensors.index.json";
    private static final String BIN = "pytorch_model.bin", BIN_INDEX = "pytorch_model.bin.index.json";

    /** In the order in which transformers looks for them. */
    private static final List<String> FILES = List.of(SINGLE, INDEX, BIN, BIN_INDEX);

    private static final Pattern PLAIN_NAME = Pattern.compile("[^/\\\\:\\x00]+\\.(safetensors|bin)");
    private static final Pattern PART = Pattern.compile(".+-\\d+-of-\\d+\\.(safetensors|bin)");

    /** Names of what GPTQ, AWQ and bitsandbytes store beside or instead of a matrix. */
    private static final Pattern QUANTISED =
            Pattern.compile(".*\\.(qweight|qzeros|g_idx|weight_scale|absmax|SCB|quant_map)|.*\\.quant_state\\..*");
    private static final Pattern ADAPTER =
            Pattern.compile("base_model\\.model\\..*|.*\\.lora_[AB]\\..*|.*\\.lora_[AB]");

    /** Whether a folder holds weights. */
    static boolean isIn(Path folder) {
        return FILES.stream().anyMatch(name -> present(folder.resolve(name)));
    }

    /** Finds the weights of a folder that holds config.json. */
    static HuggingFaceTensors find(Path folder) {
        for (String name : FILES) {
            Path file = folder.resolve(name);
            if (!present(file)) continue;
            return name.endsWith(".json") ? shards(folder, file) : of(file);
        }
        throw new CheckpointException(folder, "has a config.json but none of " + String.join(", ", FILES)
                + Foreign.found(folder).map(found -> "; it " + found).orElse(""));
    }

    /** A link into Hugging Face's cache may lead to a file that is not there; opening it says so. */
    private static boolean present(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }

    static HuggingFaceTensors of(Path file) {
        if (PART.matcher(file.getFileName().toString()).matches() && isIn(file.toAbsolutePath().getParent())) {
            throw new CheckpointException(file,
                    "is one of several parts; name its folder, " + file.toAbsolutePath().getParent());
        }
        return new HuggingFaceTensors(file, format(file.toString()), checked(read(file)));
    }

    private static Map<String, StoredTensor> read(Path file) {
        return file.toString().endsWith(".bin") ? TorchFile.open(file) : Safetensors.open(file).tensors();
    }

    private static String format(String name) { return name.contains(".bin") ? "PyTorch .bin" : "safetensors"; }

    private static HuggingFaceTensors shards(Path folder, Path index) {
        Json map = Json.read(index).object("weight_map")
                .orElseThrow(() -> new CheckpointException(index, "has no weight_map"));
        Map<String, Map<String, StoredTensor>> shards = new TreeMap<>();
        Map<String, StoredTensor> tensors = new LinkedHashMap<>();
        for (String name : map.values().keySet()) {
            String shard = map.text(name);
            while (shard.startsWith("./")) shard = shard.substring(2);
            if (!PLAIN_NAME.matcher(shard).matches()) {
                throw new CheckpointException(index, name,
                        "its shard \"" + shard
                                + "\" is not the plain name of a safetensors or .bin file in this folder");
            }
            if (!present(folder.resolve(shard)))
                throw new CheckpointException(folder.resolve(shard),
                        "no such file, though " + index.getFileName() + " lists it; download all parts");
            StoredTensor tensor = shards.computeIfAbsent(shard, s -> read(folder.resolve(s))).get(name);
            if (tensor == null)
                throw new CheckpointException(folder.resolve(shard), name,
                        "is missing, though " + index.getFileName() + " says it is here");
            tensors.put(name, tensor);
        }
        return new HuggingFaceTensors(index, format(index.getFileName().toString()), checked(tensors));
    }

    private static Map<String, StoredTensor> checked(Map<String, StoredTensor> tensors) {
        for (StoredTensor tensor : tensors.values()) {
            if (ADAPTER.matcher(tensor.name()).matches()) {
                throw tensor.problem("belongs to an adapter: these are LoRA adapter weights, not a model; "
                        + Foreign.MERGE_ADAPTER);
            }
            if (QUANTISED.matcher(tensor.name()).matches())
                throw tensor
                        .problem("belongs to a quantised matrix (GPTQ, AWQ or bitsandbytes), which is not supported; "
                                + Foreign.UNQUANTISED);
        }
        return tensors;
    }

    /**
     * Returns tensors by the names of a causal language model; a model saved without its head has no prefix.
     *
     * @param embedding   the embedding's name
     * @param unembedding the unembedding's name, which has no prefix
     */
    Map<String, StoredTensor> withPrefix(String prefix, String embedding, String unembedding) {
        Map<String, StoredTensor> named = new LinkedHashMap<>();
        boolean bare = tensors.containsKey(embedding.substring(prefix.length()));
        tensors.forEach((name, tensor) -> named.put(bare && !name.equals(unembedding) ? prefix + name : name, tensor));
        if (named.keySet().stream().anyMatch(name -> name.startsWith(prefix))) return named;
        Optional<StoredTensor> other = tensors.values().stream().filter(t -> !t.name().equals(unembedding)).findFirst();
        if (other.isPresent()) {
            String name = other.get().name();
            throw other.get().problem("begins with \"" + name.substring(0, name.indexOf('.') + 1) + "\" where \""
                    + prefix + "\" is needed: it was saved within another module, or belongs to another architecture;"
                    + " save the causal language model by itself");
        }
        return named;
    }
}
