package org.tornadolens.checkpoint;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.Weight;

/** Writes Hugging Face folders of random f32 weights, for tests that need a checkpoint on disk. */
public final class RandomCheckpoint {

    private RandomCheckpoint() {}

    /** Writes matrices of standard deviation 1/sqrt(columns), and norm gains between 0.5 and 1.5. */
    public static Path write(Path folder, Configuration configuration, long seed) {
        Random random = new Random(seed);
        SafetensorsWriter writer = new SafetensorsWriter();
        for (Parameters.Entry entry : new Parameters(configuration).entries()) {
            Parameter parameter = entry.parameter();
            float[] values = new float[parameter.rows() * parameter.columns()];
            boolean gain = parameter.rows() == 1;
            for (int i = 0; i < values.length; i++) {
                values[i] = gain ? 0.5f + random.nextFloat()
                        : (float) (random.nextGaussian() / Math.sqrt(parameter.columns()));
            }
            writer.add(Naming.HUGGING_FACE.of(entry).orElseThrow(),
                    Weight.of(parameter.name(), parameter.rows(), parameter.columns(), values));
        }
        writer.write(folder.resolve(HuggingFace.SINGLE));
        writeConfig(folder, configuration);
        return folder;
    }

    static void writeConfig(Path folder, Configuration configuration) {
        Map<String, Object> config = new LinkedHashMap<>();
        config.put("model_type", "llama");
        config.put("hidden_size", configuration.dModel());
        config.put("intermediate_size", configuration.dMlp());
        config.put("num_hidden_layers", configuration.nLayers());
        config.put("num_attention_heads", configuration.nHeads());
        config.put("num_key_value_heads", configuration.nKvHeads());
        config.put("head_dim", configuration.dHead());
        config.put("vocab_size", configuration.dVocab());
        config.put("max_position_embeddings", configuration.nCtx());
        config.put("rms_norm_eps", configuration.normEps());
        config.put("rope_theta", configuration.ropeTheta());
        config.put("tie_word_embeddings", configuration.tied());
        configuration.bos().ifPresent(id -> config.put("bos_token_id", id));
        if (!configuration.eos().isEmpty()) config.put("eos_token_id", configuration.eos().getFirst());
        if (configuration.ropeScaling() instanceof RopeScaling.Linear(double factor))
            config.put("rope_scaling", Map.of("type", "linear", "factor", factor));
        try {
            Files.writeString(folder.resolve(HuggingFace.CONFIG), new Gson().toJson(config));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
