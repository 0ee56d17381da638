package org.tornadolens.checkpoint;

import com.google.gson.stream.JsonWriter;
import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.TreeMap;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tokenizer.Tokenizer;
import org.tornadolens.tokenizer.TokenizerSource;

/** Writes a checkpoint as a Hugging Face folder: config.json, model.safetensors and its tokenizer, if it has one. */
public final class HuggingFaceWriter {

    private HuggingFaceWriter() {}

    /**
     * Writes the files into an existing folder. Weights keep their type; quantised ones become f32.
     *
     * @throws CheckpointException where a file cannot be written
     */
    public static void write(Checkpoint checkpoint, Path folder) {
        try {
            writeFiles(checkpoint, folder);
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof FileSystemException cause)) throw e;
            throw new CheckpointException(Path.of(cause.getFile()), cause.getReason());
        }
    }

    private static void writeFiles(Checkpoint checkpoint, Path folder) {
        Configuration c = checkpoint.configuration();
        SafetensorsWriter tensors = new SafetensorsWriter().metadata("format", "pt");
        for (Parameters.Entry entry : new Parameters(c).entries()) {
            tensors.add(Naming.HUGGING_FACE.of(entry).orElseThrow(),
                    checkpoint.weights().get(entry.parameter().name()));
        }
        OptionalInt bos = c.bos();
        List<Integer> eos = c.eos();
        if (!(checkpoint.tokenizer() instanceof TokenizerSource.None)) {
            Tokenizer tokenizer = Tokenizer.open(checkpoint.tokenizer());
            tokenizer.files().forEach((name, bytes) -> AtomicFile.write(folder.resolve(name),
                    channel -> AtomicFile.writeAll(channel, ByteBuffer.wrap(bytes))));
            if (bos.isEmpty()) bos = tokenizer.bos();
            if (eos.isEmpty()) eos = tokenizer.eos().stream().boxed().toList();
        }
        text(folder.resolve(HuggingFace.CONFIG), config(c, bos, eos, dtype(checkpoint)));
        tensors.write(folder.resolve(HuggingFace.SINGLE));
    }

    /** Returns how many bytes of weights {@link #write} writes. */
    public static long bytes(Checkpoint checkpoint) {
        long bytes = 0;
        for (Parameter parameter : new Parameters(checkpoint.configuration()).all()) {
            Weight weight = checkpoint.weights().get(parameter.name());
            bytes += (weight.type().quantised() ? DType.F32 : weight.type()).bytes(weight.elements());
        }
        return bytes;
    }

    /** Writes a new folder, completely or not at all. */
    public static void writeFolder(Checkpoint checkpoint, Path folder) {
        if (Files.exists(folder)) throw new UsageException(folder + " exists; name a new folder to save the model in");
        Path part = folder.resolveSibling("." + folder.getFileName() + "." + ProcessHandle.current().pid() + ".part");
        try {
            Files.createDirectories(part);
            try {
                write(checkpoint, part);
                Files.move(part, folder);
            } finally {
                delete(part);
            }
        } catch (IOException e) {
            throw new CheckpointException(folder, "cannot be written: " + AtomicFile.reason(e));
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder)) return;
        try (var files = Files.list(folder)) {
            for (Path file : files.toList()) Files.delete(file);
        }
        Files.delete(folder);
    }

    /** Returns the type in which transformers should load all parameters: the widest among the matrices. */
    private static String dtype(Checkpoint checkpoint) {
        boolean allF16 = true, allBf16 = true;
        for (Parameter parameter : new Parameters(checkpoint.configuration()).all()) {
            Weight weight = checkpoint.weights().get(parameter.name());
            if (weight.rows() == 1) continue;
            allF16 &= weight.type() == DType.F16;
            allBf16 &= weight.type() == DType.BF16;
        }
        return allF16 ? "float16" : allBf16 ? "bfloat16" : "float32";
    }

    private interface Body { void writeTo(JsonWriter json) throws IOException; }

    private static String json(Body body) {
        StringWriter text = new StringWriter();
        try (JsonWriter json = new JsonWriter(text)) {
            json.setIndent("  ");
            json.setHtmlSafe(false);
            json.setSerializeNulls(true);
            json.beginObject();
            body.writeTo(json);
            json.endObject();
        } catch (IOException e) {
            throw new IllegalStateException(e);   // a StringWriter does not fail
        }
        return text.append('\n').toString();
    }

    private static String config(Configuration c, OptionalInt bos, List<Integer> eos, String dtype) {
        return json(json -> {
            json.name("architectures").beginArray().value(c.family().className()).endArray();
            json.name("model_type").value(c.family().name());
            json.name("hidden_size").value(c.dModel()).name("intermediate_size").value(c.dMlp());
            json.name("num_hidden_layers").value(c.nLayers()).name("num_attention_heads").value(c.nHeads());
            json.name("num_key_value_heads").value(c.nKvHeads()).name("head_dim").value(c.dHead());
            json.name("vocab_size").value(c.dVocab()).name("max_position_embeddings")
                    .value(c.ropeScaling() instanceof RopeScaling.Dynamic dynamic ? dynamic.context() : c.nCtx());
            json.name("rms_norm_eps").value(c.normEps()).name("rope_theta").value(c.ropeTheta());
            json.name("rope_scaling");
            ropeScaling(json, c.ropeScaling());
            json.name("hidden_act").value("silu");
            for (var setting : new TreeMap<>(c.family().huggingFace(c.variant())).entrySet()) {
                json.name(setting.getKey());
                switch (setting.getValue()) {
                    case null -> json.nullValue();
                    case Boolean flag -> json.value(flag);
                    case Object number -> json.value((Number) number);
                }
            }
            json.name("tie_word_embeddings").value(c.tied()).name("torch_dtype").value(dtype);
            id(json.name("bos_token_id"), bos);
            ids(json.name("eos_token_id"), eos);
        });
    }

    private static void ropeScaling(JsonWriter json, RopeScaling scaling) throws IOException {
        switch (scaling) {
            case RopeScaling.None none -> json.nullValue();
            case RopeScaling.Linear(double factor) ->
                    json.beginObject().name("rope_type").value("linear").name("factor").value(factor).endObject();
            case RopeScaling.Llama3(double factor, double low, double high, int context) ->
                    json.beginObject().name("rope_type").value("llama3")
                            .name("factor").value(factor).name("low_freq_factor").value(low).name("high_freq_factor")
                            .value(high).name("original_max_position_embeddings").value(context).endObject();
            case RopeScaling.Yarn yarn -> yarn(json, yarn);
            case RopeScaling.Dynamic(double factor, int _) ->
                    json.beginObject().name("rope_type").value("dynamic").name("factor").value(factor).endObject();
            case RopeScaling.EachPair each -> throw new UsageException(
                    "this model's rotary frequencies are scaled pair by pair, as GGUF files allow; "
                            + "a Hugging Face configuration cannot express that");
        }
    }

    private static void yarn(JsonWriter json, RopeScaling.Yarn yarn) throws IOException {
        json.beginObject().name("rope_type").value("yarn").name("factor").value(yarn.factor())
                .name("original_max_position_embeddings").value(yarn.originalContext());
        json.name("beta_fast").value(yarn.betaFast()).name("beta_slow").value(yarn.betaSlow()).name("truncate")
                .value(yarn.truncate());
        if (yarn.attentionFactor().isPresent())
            json.name("attention_factor").value(yarn.attentionFactor().getAsDouble());
        json.endObject();
    }

    private static void ids(JsonWriter json, List<Integer> ids) throws IOException {
        if (ids.size() < 2) {
            id(json, ids.isEmpty() ? OptionalInt.empty() : OptionalInt.of(ids.getFirst()));
            return;
        }
        json.beginArray();
        for (int id : ids) json.value(id);
        json.endArray();
    }

    private static void id(JsonWriter json, OptionalInt id) throws IOException {
        if (id.isPresent()) json.value(id.getAsInt());
        else json.nullValue();
    }

    private static void text(Path file, String text) {
        AtomicFile.write(file,
                channel -> AtomicFile.writeAll(channel, ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8))));
    }
}
