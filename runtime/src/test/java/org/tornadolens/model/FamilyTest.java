package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.testing.TensorAssertions.assertIdentical;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.architecture.Variant;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.checkpoint.HuggingFaceWriter;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.GoldenModels;
import org.tornadolens.testing.ResourceFiles;

/** Tests what distinguishes the families of models: their files and their configurations. */
@BackendSuite class FamilyTest {

    private static Model gguf(String name) {
        return BackendUnderTest.open(ResourceFiles.path("families/" + name + ".gguf"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"llama-bias", "llama-yarn", "mistral", "qwen2",
            "qwen3"}) void aGgufFileIsTheModelOfTheHuggingFaceFolder(String name) {
        Golden golden = Golden.of(name);
        Configuration folder = golden.model().configuration(), file = gguf(name).configuration();
        assertEquals(folder.family(), file.family());
        assertEquals(folder.variant(), file.variant());
        assertEquals(folder.blocks(), file.blocks());
        assertEquals(folder.heads(), file.heads());
        assertEquals(folder.context(), file.context());
        Run run = gguf(name).run(golden.tokens(), RunOptions.DEFAULT.keep("*"));
        golden.assertMatches("logits", run.logits());
        for (String hook : golden.hooks()) golden.assertMatches(hook, run.cache().get(hook));
    }

    static List<String> shapes() { return GoldenModels.shapes(); }

    @ParameterizedTest
    @MethodSource("shapes") void aSavedModelIsTheSameModel(String name, @TempDir Path folder) {
        Golden golden = Golden.of(name);
        Model model = golden.model();
        HuggingFaceWriter.writeFolder(model.checkpoint(), folder.resolve("saved"));
        Model saved = BackendUnderTest.open(folder.resolve("saved"));
        assertEquals(model.configuration(), saved.configuration());
        assertIdentical("logits", model.run(golden.tokens()).logits(), saved.run(golden.tokens()).logits());
    }

    /** Compares token-by-token runs with whole runs; dynamic scaling, where rotation depends on length, is separate. */
    @ParameterizedTest
    @ValueSource(strings = {"llama-bias", "llama-yarn", "mistral", "qwen2", "qwen2-window", "qwen3",
            "qwen3-bias"}) void generationContinuesAsWholeRunsDo(String name) {
        Golden golden = Golden.of(name);
        Model model = golden.model();
        Tokens prompt = new Tokens(golden.tokens().rows(0, 2).ids(), golden.tokens().rows(0, 2).padding());
        List<int[]> rows = Generation.generate(model, prompt, new Generation.Options(12, Sampling.GREEDY, 1, List.of()),
                (_, _) -> true).rows();
        for (int row = 0; row < rows.size(); row++) {
            int start = prompt.row(row).length;
            for (int length = start; length < rows.get(row).length; length++) {
                Tensor last =
                        model.run(Tokens.of(Arrays.copyOf(rows.get(row), length)), RunOptions.DEFAULT.at(-1)).logits();
                assertEquals(largest(last), rows.get(row)[length],
                        name + " row " + row + " after " + length + " tokens");
            }
        }
    }

    private static int largest(Tensor logits) {
        float[] values = logits.data().toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT);
        int best = 0;
        for (int i = 1; i < values.length; i++) if (values[i] > values[best]) best = i;
        return best;
    }

    @Test void aWindowIsThatOfTheLayersThatHaveOne() {
        assertEquals(Optional.of(new Variant.Window(4, 1)),
                Golden.of("qwen2-window").model().configuration().variant().window());
        Golden golden = Golden.of("qwen2-window");
        Run run = golden.model().run(golden.tokens(), RunOptions.DEFAULT.keep("*hook_pattern"));
        int length = golden.tokens().length();
        for (int layer = 0; layer < 3; layer++) {
            Tensor last =
                    run.cache().get(HookPoint.PATTERN.name(layer)).at("batch", 0).slice("dest", length - 1, length);
            assertEquals(layer == 0, last.slice("src", 0, length - 4).abs().max() > 0,
                    "layer " + layer + " sees beyond its window");
        }
    }

    @Test void normsOfQueriesAreHookPointsWhereThereAreSome() {
        Model qwen = Golden.of("qwen3").model(), llama = Golden.of("grouped-query").model();
        assertTrue(qwen.hookNames().all()
                .containsAll(List.of("blocks.0.attn.q_norm.hook_scale", "blocks.1.attn.k_norm.hook_normalized")));
        assertThrows(UsageException.class, () -> llama.hookNames().match("blocks.0.attn.q_norm.hook_scale"));
    }

    @Test void scalingWhatANormUndoesIsRefused() {
        Model model = Golden.of("qwen3").model();
        var error = assertThrows(UsageException.class,
                () -> model.edit(List.of(new WeightEdit.ScaleQk(HeadSelector.parse("0.1"), 0.5))));
        assertTrue(error.getMessage().contains("normalizes queries"), error.getMessage());
    }

    @Test void layersThatSlideInTurnAreRefusedByName(@TempDir Path folder) throws IOException {
        Path model = copy(Golden.of("qwen2-window").checkpoint(), folder.resolve("model"));
        String config = Files.readString(model.resolve("config.json"));
        Files.writeString(model.resolve("config.json"),
                config.replaceFirst("\"full_attention\"", "\"sliding_attention\"")
                        .replaceFirst("(\"sliding_attention\",\\s*)\"sliding_attention\"", "$1\"full_attention\""));
        var error = assertThrows(CheckpointException.class, () -> Checkpoints.open(model));
        assertTrue(error.getMessage().contains("layer_types"), error.getMessage());
    }

    private static Path copy(Path from, Path to) throws IOException {
        Files.createDirectories(to);
        List<Path> files = new ArrayList<>();
        try (var all = Files.list(from)) {
            all.forEach(files::add);
        }
        for (Path file : files) Files.copy(file, to.resolve(file.getFileName()));
        return to;
    }
}
