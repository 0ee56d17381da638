package org.tornadolens.checkpoint;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tokenizer.TokenizerSource;

/**
 * Opens llama2.c's files: f32, each kind of weight stacked over the layers. Seven int32 give the shape: dim,
 * hidden_dim, n_layers, n_heads, n_kv_heads, vocab_size, seq_len.
 *
 * <p>In version 0 these are the whole header; a negative vocab_size means that the classifier is separate, and tables
 * of rotary cosines and sines precede it. Version 1 has a 256-byte header with a magic number, and no tables.
 */
final class Llama2c {

    private static final int MAGIC = 0x616b3432;
    private static final long HEADER_V0 = 7 * Integer.BYTES;
    private static final long HEADER_V1 = 256;

    private final MappedFile file;
    private final int version;
    private final Configuration configuration;
    private final Parameters parameters;
    private final Map<String, Weight> weights = new HashMap<>();
    private long position;

    private Llama2c(MappedFile file, int version, Configuration configuration) {
        this.file = file;
        this.version = version;
        this.configuration = configuration;
        this.parameters = new Parameters(configuration);
    }

    static Checkpoint open(Path path) {
        MappedFile file = MappedFile.open(path);
        Cursor cursor = file.cursor(0);
        int version = 0;
        if (cursor.i32() == MAGIC) {
            version = cursor.i32();
            if (version != 1)
                throw new CheckpointException(path, "has llama2.c version " + version + "; only 0 and 1 are supported");
        } else {
            cursor = file.cursor(0);
        }
        Llama2c reader = new Llama2c(file, version, configuration(path, cursor, version));
        reader.checkSize();
        return new Checkpoint(path, "llama2.c v" + version, reader.configuration, reader.weights(),
                tokenizer(path, reader.configuration.dVocab()));
    }

    private static Configuration configuration(Path path, Cursor cursor, int version) {
        int dim = cursor.i32(), hidden = cursor.i32(), layers = cursor.i32(), heads = cursor.i32(),
                kvHeads = cursor.i32(), vocabulary = cursor.i32(), context = cursor.i32();
        boolean shared = version == 0 ? vocabulary > 0 : cursor.u8() != 0;
        if (version == 0 && vocabulary < 0) vocabulary = -vocabulary;
        if (heads <= 0 || dim % heads != 0)
            throw new CheckpointException(path,
                    "is not a llama2.c file: its width " + dim + " does not divide into " + heads + " heads");
        try {
            // theta, epsilon and the special ids are constants of llama2.c
            return Configuration.llama(new Configuration.Blocks(layers, dim, hidden, 1e-5),
                    new Configuration.Heads(heads, kvHeads, dim / heads), Configuration.Context.of(context, 10_000),
                    new Configuration.Vocabulary(vocabulary, shared, OptionalInt.of(1), OptionalInt.of(2)));
        } catch (UsageException e) {
            throw new CheckpointException(path, "is not a llama2.c file: " + e.getMessage());
        }
    }

    /** Checks that the file is exactly as long as the sizes in its header require. */
    private void checkSize() {
        long expected;
        try {
            long elements =
                    Math.multiplyExact(elements(parameters.block(0).stream().map(Parameters.Entry::parameter).toList()),
                            configuration.nLayers());
            elements = Math.addExact(elements, elements(
                    List.of(parameters.get(ParameterSpec.EMBEDDING), parameters.get(ParameterSpec.NORM_FINAL))));
            if (!configuration.tied()) elements = Math.addExact(elements, elements(List.of(parameters.unembedding())));
            if (version == 0) elements = Math.addExact(elements, ropeTables());
            expected = Math.addExact(version == 0 ? HEADER_V0 : HEADER_V1, Math.multiplyExact(elements, Float.BYTES));
        } catch (ArithmeticException _) {
            throw new CheckpointException(file.path(),
                    "is not a llama2.c file: its header asks for more weights than a file can hold");
        }
        if (file.size() != expected) {
            throw new CheckpointException(file.path(),
                    (file.size() < expected ? "is cut short or not a llama2.c file: " : "is too long: ")
                            + "its header (" + configuration.nLayers() + " layers of width " + configuration.dModel()
                            + ") asks for " + expected + " bytes and it has " + file.size());
        }
    }

    private static long elements(List<Parameter> parameters) {
        long sum = 0;
        for (Parameter parameter : parameters)
            sum = Math.addExact(sum, Math.multiplyExact((long) parameter.rows(), (long) parameter.columns()));
        return sum;
    }

    /** Elements of the tables of cosines and sines, each [seq_len, dHead / 2], which are recomputed and not read. */
    private long ropeTables() {
        return Math.multiplyExact((long) configuration.nCtx(), (long) configuration.dHead());
    }

    private Weights weights() {
        if (version == 0) readV0();
        else readV1();
        Map<String, Weight> inOrder = new LinkedHashMap<>();
        for (Parameter parameter : parameters.all()) inOrder.put(parameter.name(), weights.get(parameter.name()));
        return new Weights(inOrder);
    }

    private void readV0() {
        position = HEADER_V0;
        take(ParameterSpec.EMBEDDING, -1);
        stack(ParameterSpec.NORM_1);
        attention();
        stack(ParameterSpec.NORM_2);
        mlp();
        take(ParameterSpec.NORM_FINAL, -1);
        position += ropeTables() * Float.BYTES;
        if (!configuration.tied()) take(ParameterSpec.UNEMBEDDING, -1);
    }

    private void readV1() {
        position = HEADER_V1;
        stack(ParameterSpec.NORM_1);
        stack(ParameterSpec.NORM_2);
        take(ParameterSpec.NORM_FINAL, -1);
        take(ParameterSpec.EMBEDDING, -1);
        attention();
        mlp();
        if (!configuration.tied()) take(ParameterSpec.UNEMBEDDING, -1);
    }

    private void attention() {
        stack(ParameterSpec.W_Q);
        stack(ParameterSpec.W_K);
        stack(ParameterSpec.W_V);
        stack(ParameterSpec.W_O);
    }

    private void mlp() {
        stack(ParameterSpec.W_GATE);
        stack(ParameterSpec.W_DOWN);
        stack(ParameterSpec.W_UP);
    }

    private void stack(ParameterSpec spec) {
        for (int layer = 0; layer < configuration.nLayers(); layer++) take(spec, layer);
    }

    private void take(ParameterSpec spec, int layer) {
        Parameter parameter = parameters.get(spec, layer);
        long bytes = (long) parameter.rows() * parameter.columns() * Float.BYTES;
        weights.put(parameter.name(), new Weight(parameter.name(), DType.F32, parameter.rows(), parameter.columns(),
                file.slice(position, bytes), Naming.META.order(spec, configuration.dHead())));
        position += bytes;
    }

    private static TokenizerSource tokenizer(Path path, int vocabularySize) {
        Path folder = path.toAbsolutePath().getParent();
        Path own = folder.resolve("tokenizer.bin");
        if (!Files.exists(folder.resolve(TokenizerFiles.SENTENCEPIECE)) && Files.isRegularFile(own))
            return TokenizerFiles.unlessPointer(own, () -> new TokenizerSource.Llama2c(own, vocabularySize));
        return TokenizerFiles.find(folder).orElseGet(
                () -> new TokenizerSource.None("neither a tokenizer.model nor a tokenizer.bin in " + folder));
    }
}
