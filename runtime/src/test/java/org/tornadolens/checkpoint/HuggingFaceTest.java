package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.tokenizer.AddedToken;
import org.tornadolens.tokenizer.TokenizerSettings;
import java.nio.file.Path;
import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.tensor.DType;
import org.tornadolens.tokenizer.TokenizerSource;

/** Opens folders that transformers wrote. */
class HuggingFaceTest {

    private static Checkpoint golden(String name) { return Checkpoints.open(Resources.path("/golden/" + name)); }

    @ParameterizedTest
    @CsvSource({"multi-head, F32", "grouped-query, F16", "wide-heads, BF16", "odd-sizes, F32", "tied, BF16",
            "rope-llama3, BF16"}) void everyParameterIsThereInTheFilesOwnType(String name, DType type) {
        Checkpoint checkpoint = golden(name);
        for (var parameter : new Parameters(checkpoint.configuration()).all()) {
            assertEquals(type, checkpoint.weights().get(parameter.name()).type(), parameter.name());
            assertEquals(parameter.columns(), checkpoint.weights().get(parameter.name()).columns(), parameter.name());
        }
    }

    @Test void theConfigurationIsRead() {
        assertEquals(Configuration.llama(new Configuration.Blocks(2, 24, 32, 1e-5), new Configuration.Heads(2, 1, 16),
                new Configuration.Context(128, 10_000, new RopeScaling.Llama3(8, 1, 4, 64)),
                new Configuration.Vocabulary(97, false, OptionalInt.of(1), OptionalInt.of(2))),
                golden("rope-llama3").configuration());
        assertEquals(new RopeScaling.Linear(4), golden("rope-linear").configuration().ropeScaling());
        assertEquals(500_000, golden("theta-500000").configuration().ropeTheta());
    }

    @Test void tiedModelsHaveNoUnembeddingOfTheirOwn() {
        assertTrue(golden("tied").configuration().tied());
        assertFalse(golden("tied").weights().has("unembed.W_U"));
    }

    @Test void aFolderWithoutTokenizerSaysWhatWasLookedFor() {
        var none = assertInstanceOf(TokenizerSource.None.class, golden("tied").tokenizer());
        assertTrue(none.expected().contains("tokenizer.model"), none.expected());
    }

    @Test void aTokenizerJsonIsTakenBeforeATokenizerModel(@TempDir Path folder) {
        Path model = Tampered.copy("hf-f32", folder);
        Tampered.write(model.resolve("tokenizer.model"), new byte[0]);
        Path json = Tampered.write(model.resolve("tokenizer.json"), new byte[0]);
        assertEquals(new TokenizerSource.TokenizerJson(json, TokenizerSettings.NONE),
                Checkpoints.open(model).tokenizer());
    }

    @Test void whatIsSaidAboutATokenizerIsReadWhereverItStands(@TempDir Path folder) {
        Path model = Tampered.copy("hf-f32", folder);
        text(model, "tokenizer.json", "");
        text(model, "tokenizer_config.json", """
                {"bos_token": {"content": "<s>"}, "eos_token": "<|im_end|>", "add_bos_token": false,
                 "added_tokens_decoder": {"300": {"content": "<|im_end|>", "special": true, "lstrip": true}},
                 "chat_template": [{"name": "default", "template": "a"}, {"name": "rag", "template": "b"}]}""");
        text(model, "added_tokens.json", "{\"<|im_end|>\": 300, \"<pad>\": 301, \"<w>\": 302}");
        text(model, "special_tokens_map.json", "{\"pad_token\": \"<pad>\", \"bos_token\": \"<other>\"}");
        text(model, "chat_template.jinja", "c");
        var json = assertInstanceOf(TokenizerSource.TokenizerJson.class, Checkpoints.open(model).tokenizer());
        assertEquals(new TokenizerSettings(Optional.of(false), Optional.of("<s>"), Optional.of("<|im_end|>"),
                OptionalInt.empty(), OptionalInt.empty(),
                List.of(new AddedToken(300, "<|im_end|>", true, false, true, false, true),
                        AddedToken.of(301, "<pad>", true), AddedToken.of(302, "<w>", false)),
                Map.of("default", "c", "rag", "b")), json.settings());
    }

    private static void text(Path folder, String name, String text) {
        Tampered.write(folder.resolve(name), text.getBytes(StandardCharsets.UTF_8));
    }

    @Test void anUnembeddingThatDiffersIsUsedThoughTheConfigurationSaysTied(@TempDir Path folder) {
        Path model = Tampered.copy("hf-f32", folder);
        Tampered.replace(model.resolve("config.json"), "\"tie_word_embeddings\": false",
                "\"tie_word_embeddings\": true");
        assertFalse(Checkpoints.open(model).configuration().tied());
    }

    @Test void anUnembeddingThatRepeatsTheEmbeddingIsTied(@TempDir Path folder) {
        Configuration tied =
                Configuration.llama(new Configuration.Blocks(1, 4, 4, 1e-5), new Configuration.Heads(1, 1, 4),
                        new Configuration.Context(8, 10_000, new RopeScaling.Linear(2)),
                        new Configuration.Vocabulary(8, true, OptionalInt.of(3), OptionalInt.of(5)));
        Path file = RandomCheckpoint.write(folder, tied, 1).resolve("model.safetensors");
        Safetensors old = Safetensors.open(file);
        SafetensorsWriter writer =
                new SafetensorsWriter().add("lm_head.weight", old.tensor("model.embed_tokens.weight"));
        for (String name : old.names()) writer.add(name, old.tensor(name));
        writer.write(file);
        assertEquals(tied, Checkpoints.open(folder).configuration());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {"7 | 7", "[7, 8] | 7", "null | -1",
            "[] | -1"}) void specialTokensMayBeSeveralOrNone(String written, int expected, @TempDir Path folder) {
        Path model = Tampered.copy("hf-f32", folder);
        Tampered.replace(model.resolve("config.json"), "\"eos_token_id\": 2", "\"eos_token_id\": " + written);
        assertEquals(expected, Checkpoints.open(model).configuration().eos().stream().findFirst().orElse(-1));
    }
}
