package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.program.Parameter;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;

/** Compares one model in every format (made by golden/make_checkpoints.py) with the weights it was made from. */
class FormatsTest {

    private static Path path(String name) { return Resources.path("/checkpoints/" + name); }

    private static void assertValues(String golden, Checkpoint checkpoint) throws IOException {
        FloatBuffer expected =
                ByteBuffer.wrap(Files.readAllBytes(path(golden))).order(ByteOrder.LITTLE_ENDIAN).asFloatBuffer();
        for (Parameter parameter : new Parameters(checkpoint.configuration()).all()) {
            Weight weight = checkpoint.weights().get(parameter.name());
            for (int row = 0; row < parameter.rows(); row++) {
                for (int column = 0; column < parameter.columns(); column++) {
                    assertEquals(expected.get(), weight.get(row, column), () -> parameter.name());
                }
            }
        }
    }

    @ParameterizedTest
    @CsvSource({
            "hf-f32, safetensors", "hf-f16, safetensors", "hf-bf16-shards, safetensors",
            "hf-f32/model.safetensors, safetensors", "bin-f32, PyTorch .bin", "bin-f16-one-storage, PyTorch .bin",
            "bin-bf16-shards, PyTorch .bin", "bin-f32/pytorch_model.bin, PyTorch .bin",
            "mistral-bf16, Mistral safetensors", "split, GGUF v3", "split/f16-00001-of-00003.gguf, GGUF v3",
            "split/f16-00003-of-00003.gguf, GGUF v3", "f32.gguf, GGUF v3", "f16.gguf, GGUF v3", "bf16.gguf, GGUF v3",
            "v0-separate.bin, llama2.c v0", "v0-shared.bin, llama2.c v0", "v1-separate.bin, llama2.c v1",
            "v1-shared.bin, llama2.c v1",
            "meta-bf16, Meta .pth", "meta-f16-two-parts, Meta .pth", "meta-f32-two-parts-vocabulary, Meta .pth",
            "meta-zip64, Meta .pth"}) void everyFormatGivesTheSameWeights(String file, String format)
                    throws IOException {
        Checkpoint checkpoint = Checkpoints.open(path(file));
        assertEquals(format, checkpoint.format());
        assertValues("expected.f32", checkpoint);
    }

    @ParameterizedTest
    @ValueSource(strings = {"hf-f32", "hf-bf16-shards", "bin-bf16-shards", "f32.gguf",
            "split/f16-00002-of-00003.gguf"}) void everyFormatGivesTheSameConfiguration(
                    String file) {
        assertEquals(configuration(OptionalInt.of(1), OptionalInt.of(2)), Checkpoints.open(path(file)).configuration());
    }

    @Test void aMetaFolderWithoutTokenizerHasNoSpecialTokens() {
        assertEquals(configuration(OptionalInt.empty(), OptionalInt.empty()),
                Checkpoints.open(path("meta-f16-two-parts")).configuration());
        assertEquals(configuration(OptionalInt.empty(), OptionalInt.empty()),
                Checkpoints.open(path("mistral-bf16")).configuration());
    }

    private static Configuration configuration(OptionalInt bos, OptionalInt eos) {
        return Configuration.llama(new Configuration.Blocks(2, 16, 24, 1e-5), new Configuration.Heads(4, 2, 4),
                Configuration.Context.of(32, 500_000), new Configuration.Vocabulary(24, false, bos, eos));
    }

    @Test void llama2cFilesSayWhetherTheClassifierIsShared() {
        for (int version : List.of(0, 1)) {
            Checkpoint separate = Checkpoints.open(path("v" + version + "-separate.bin")),
                    shared = Checkpoints.open(path("v" + version + "-shared.bin"));
            assertEquals(
                    Configuration.llama(new Configuration.Blocks(2, 16, 24, 1e-5), new Configuration.Heads(4, 2, 4),
                            Configuration.Context.of(32, 10_000),
                            new Configuration.Vocabulary(24, true, OptionalInt.of(1), OptionalInt.of(2))),
                    shared.configuration());
            assertEquals(shared.configuration().untied(), separate.configuration());
            assertFalse(shared.weights().has("unembed.W_U"));
        }
    }

    @Test void quantisedBlocksDecodeAsTheGgufPackageDecodesThem() throws IOException {
        Checkpoint checkpoint = Checkpoints.open(path("quantised.gguf"));
        Set<DType> types = checkpoint.weights().names().stream().map(name -> checkpoint.weights().get(name).type())
                .collect(Collectors.toSet());
        assertEquals(Set.of(DType.F32, DType.F16, DType.BF16, DType.Q8_0, DType.Q4_0, DType.Q4_K, DType.Q6_K), types);
        assertValues("quantised.f32", checkpoint);
    }

    @ParameterizedTest
    @ValueSource(strings = {"meta-bf16", "bin-bf16-shards", "mistral-bf16"}) void weightsKeepTheirFilesTypeAndMemory(
            String folder) {
        Checkpoint checkpoint = Checkpoints.open(path(folder));
        Weight query = checkpoint.weights().get("blocks.0.attn.W_Q");
        assertEquals(DType.BF16, query.type());
        assertTrue(query.data().isMapped());
        assertTrue(query.data().isReadOnly());
    }

    @Test void ggufRopeScalingIsLinearOrAFactorForEachPair() {
        assertEquals(new RopeScaling.Linear(4), Checkpoints.open(path("f16.gguf")).configuration().ropeScaling());
        RopeScaling each = Checkpoints.open(path("bf16.gguf")).configuration().ropeScaling();
        assertEquals(new RopeScaling.EachPair(List.of(1.0, 8.0)), each);
        assertEquals(Math.pow(10_000, -0.5) / 8, each.rotary(10_000, 4, 32).frequencies().get(1), 1e-12);
    }
}
