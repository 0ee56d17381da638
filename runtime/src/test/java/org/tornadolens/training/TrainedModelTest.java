package org.tornadolens.training;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.checkpoint.HuggingFaceWriter;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;

/**
 * A model trained by {@code train} and written by {@code model.save}: tasks.copying of 4 letters, length 4, 200 steps
 * of batches of 64, seed 1. {@code golden/training.py} opened the folder with Hugging Face's transformers.
 */
class TrainedModelTest {

    private static final Path FOLDER = Path.of("src/test/resources/training/trained");

    @Test void transformersComputesTheSameLogits() {
        Safetensors theirs = Safetensors.open(FOLDER.resolveSibling("logits.safetensors"));
        Tensor expected = theirs.tensor("logits");
        Tokens tokens =
                Tokens.of(List.of(new int[]{1, 2, 3, 4, 5, 6, 2, 3, 4, 5}, new int[]{1, 5, 4, 3, 2, 6, 5, 4, 3, 2}));
        assertArrayEquals(tokens.ids(), ids(theirs.tensor("tokens")));
        Tensor difference = Model.open(FOLDER).run(tokens, RunOptions.DEFAULT).logits().reshape(expected.shape())
                .sub(expected).abs();
        assertEquals(0, difference.max(), 1e-4 * Math.max(1, expected.abs().max()));
    }

    @Test void itHasLearntToCopy() {
        assertEquals("a b c d | a b c d",
                Model.open(FOLDER).tokenizer().decode(greedy(Model.open(FOLDER), 1, 2, 3, 4, 5, 6)));
    }

    private static int[] greedy(Model model, int... prompt) {
        int[] all = Arrays.copyOf(prompt, prompt.length + 4);
        for (int at = prompt.length; at < all.length; at++) {
            Tensor last = model.run(Tokens.of(Arrays.copyOf(all, at)), RunOptions.DEFAULT.at(-1)).logits();
            int best = 0;
            for (int id = 1; id < model.configuration().dVocab(); id++)
                if (last.get(0, 0, id) > last.get(0, 0, best)) best = id;
            all[at] = best;
        }
        return all;
    }

    /** The files that transformers has read are the same as those written today. */
    @Test void itIsWrittenAsItWasWhenTransformersReadIt(@TempDir Path folder) throws IOException {
        HuggingFaceWriter.write(Model.open(FOLDER).checkpoint(), folder);
        for (String file : List.of("config.json", "model.safetensors", "tokenizer.model"))
            assertArrayEquals(Files.readAllBytes(FOLDER.resolve(file)), Files.readAllBytes(folder.resolve(file)), file);
    }

    private static int[] ids(Tensor tensor) {
        int[] ids = new int[(int) tensor.elements()];
        for (int i = 0; i < ids.length; i++) ids[i] = (int) tensor.copy().data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
        return ids;
    }
}
