package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalInt;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.tornadolens.model.Configuration;
import org.tornadolens.model.LlamaParameters;
import org.tornadolens.model.RopeScaling;
import org.tornadolens.tensor.DType;
import org.tornadolens.tokenizer.TokenizerSource;

/** Folders that transformers wrote. */
class HuggingFaceTest {

    private static Checkpoint golden(String name) { return Checkpoints.open(Resources.path("/golden/" + name)); }

    @ParameterizedTest
    @CsvSource({"multi-head, F32", "grouped-query, F16", "wide-heads, BF16", "odd-sizes, F32", "tied, BF16", "rope-llama3, BF16"})
    void everyParameterIsThereInTheFilesOwnType(String name, DType type) {
        Checkpoint checkpoint = golden(name);
        for (var parameter : new LlamaParameters(checkpoint.configuration()).all()) {
            assertEquals(type, checkpoint.weights().get(parameter.name()).type(), parameter.name());
            assertEquals(parameter.columns(), checkpoint.weights().get(parameter.name()).columns(), parameter.name());
        }
    }

    @Test
    void theConfigurationIsRead() {
        assertEquals(new Configuration(2, 2, 1, 24, 16, 32, 97, 128, 10_000, new RopeScaling.Llama3(8, 1, 4, 64), 1e-5, false,
                OptionalInt.of(1), OptionalInt.of(2)), golden("rope-llama3").configuration());
        assertEquals(new RopeScaling.Linear(4), golden("rope-linear").configuration().ropeScaling());
        assertEquals(500_000, golden("theta-500000").configuration().ropeTheta());
    }

    @Test
    void tiedModelsHaveNoUnembeddingOfTheirOwn() {
        assertTrue(golden("tied").configuration().tied());
        assertFalse(golden("tied").weights().has("unembed.W_U"));
    }

    @Test
    void aFolderWithoutTokenizerSaysWhatWasLookedFor() {
        var none = assertInstanceOf(TokenizerSource.None.class, golden("tied").tokenizer());
        assertTrue(none.expected().contains("tokenizer.model"), none.expected());
    }
}
