package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Tensor;

/** Checkpoints that people have and that differ from what transformers 5 saves: they are read as transformers does. */
class UnusualFilesTest {

    private static final String EMBEDDING = "model.embed_tokens.weight", UNEMBEDDING = "lm_head.weight";
    private static final Configuration TIED =
            Configuration.llama(new Configuration.Blocks(1, 4, 4, 1e-5), new Configuration.Heads(1, 1, 4),
                    new Configuration.Context(8, 10_000, new RopeScaling.Linear(2)),
                    new Configuration.Vocabulary(300, true, OptionalInt.of(3), OptionalInt.of(5)));

    @TempDir Path folder;
    private Path tied;

    @BeforeEach void write() { tied = RandomCheckpoint.write(folder, TIED, 1); }

    /** Writes the tensors again under other names. */
    private void rename(UnaryOperator<String> name) {
        Path file = tied.resolve("model.safetensors");
        Safetensors old = Safetensors.open(file);
        SafetensorsWriter writer = new SafetensorsWriter();
        for (String each : old.names()) writer.add(name.apply(each), old.tensor(each));
        writer.write(file);
    }

    private float embedding(int row) { return Checkpoints.open(tied).weights().get("embed.W_E").get(row, 1); }

    private void config(String what, String with) { Tampered.replace(tied.resolve("config.json"), what, with); }

    @Test void aModelSavedWithoutItsHeadHasNamesWithoutPrefix() {
        float expected = embedding(7);
        rename(name -> name.substring("model.".length()));
        assertEquals(expected, embedding(7));
        assertTrue(Checkpoints.open(tied).configuration().tied());
    }

    @Test void aTiedModelMayHoldItsTableUnderTheNameOfTheUnembedding() {
        float expected = embedding(7);
        rename(name -> name.equals(EMBEDDING) ? UNEMBEDDING : name);
        assertEquals(expected, embedding(7));
        assertTrue(Checkpoints.open(tied).configuration().tied());
    }

    @Test void anUnembeddingThatDiffersInOneNumberIsUsed() {
        Path file = tied.resolve("model.safetensors");
        Safetensors old = Safetensors.open(file);
        Tensor table = old.tensor(EMBEDDING);
        float[] values = new float[300 * 4];
        MemorySegment.copy(table.data(), ValueLayout.JAVA_FLOAT_UNALIGNED, 0, values, 0, values.length);
        values[123 * 4 + 2] += 1;
        SafetensorsWriter writer = new SafetensorsWriter().add(UNEMBEDDING, Tensor.of(table.shape(), values));
        for (String name : old.names()) writer.add(name, old.tensor(name));
        writer.write(file);
        Checkpoint opened = Checkpoints.open(tied);
        assertFalse(opened.configuration().tied());
        assertEquals(values[123 * 4 + 2], opened.weights().get("unembed.W_U").get(123, 2));
        assertEquals(DType.F32, opened.weights().get("unembed.W_U").type());
    }

    @Test void theNameOfTheArchitectureDoesNotMatter() {
        config("\"model_type\"", "\"architectures\": [\"LLaMAForCausalLM\"], \"model_type\"");
        assertEquals(TIED, Checkpoints.open(tied).configuration());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', quoteCharacter = '`', textBlock = """
            "rope_scaling": LINEAR, "rope_theta": 333}                                            | 333
            "rope_parameters": LINEAR, "rope_theta": 333}                                         | 333
            "rope_parameters": {"rope_type": "default", "rope_theta": 9}, "rope_scaling": LINEAR} | 10000
            "rope_theta": 77, "rope_scaling": LINEAR}                                             | 77
            "rope_scaling": null, "rope_parameters": LINEAR, "rope_theta": 5}                     | 5
            """) void ropeScalingComesBeforeRopeParametersAndItsThetaCounts(
            String written, double theta) {
        String all = written.replace("LINEAR", "{\"rope_type\": \"linear\", \"factor\": 4");
        Path config = tied.resolve("config.json");
        String text = new String(Tampered.read(config), StandardCharsets.UTF_8)
                .replaceAll("\"rope_(scaling|parameters)\": ?\\{[^}]*\\},?", "")
                .replaceAll("\"rope_theta\": ?[0-9.]+,?", "")
                .replaceAll(",\\s*\\}$", "}");
        Tampered.write(config, text.replaceFirst("\\{", "{" + all + ", ").getBytes(StandardCharsets.UTF_8));
        Configuration opened = Checkpoints.open(tied).configuration();
        assertEquals(new RopeScaling.Linear(4), opened.ropeScaling());
        assertEquals(theta, opened.ropeTheta());
    }

    @Test void generationEndsAtAnyOfTheTokensOfGenerationConfig() {
        assertEquals(List.of(5), Checkpoints.open(tied).configuration().eos());
        config("\"eos_token_id\":5", "\"eos_token_id\":[5, 6]");
        assertEquals(List.of(5, 6), Checkpoints.open(tied).configuration().eos());
        Tampered.write(tied.resolve("generation_config.json"),
                "{\"eos_token_id\": [7, 8, 9]}".getBytes(StandardCharsets.UTF_8));
        assertEquals(List.of(7, 8, 9), Checkpoints.open(tied).configuration().eos());
    }
}
