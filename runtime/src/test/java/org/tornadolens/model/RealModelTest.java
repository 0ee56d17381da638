package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ResourceFiles;

/** Compares a real model with transformers, which computes with its dequantised weights; see golden/README.md. */
class RealModelTest {

    private static final int EVERY = 997;   // of the ids whose logits the golden file holds

    @Test void continuationsAndLogitsOfSmolLm2AreTransformerss() {
        Path file = Path.of(System.getenv().getOrDefault("TORNADOLENS_TEST_MODELS", "."),
                "SmolLM2-135M-Instruct.Q4_1.gguf");
        assumeTrue(Files.exists(file), () -> "skipped: no " + file + " (its folder is TORNADOLENS_TEST_MODELS)");
        Model model = Model.of(Checkpoints.open(file), BackendUnderTest.BACKEND);
        Safetensors golden = Safetensors.open(ResourceFiles.path("continuations/smollm2.safetensors"));
        List<int[]> prompts = new ArrayList<>(), texts = new ArrayList<>();
        for (int number = 0; number < 3; number++) {
            prompts.add(ids(golden, number + ".prompt"));
            texts.add(IntStream.concat(IntStream.of(prompts.getLast()),
                    IntStream.of(ids(golden, number + ".tokens"))).toArray());
        }
        for (int number = 0; number < 3; number++) {
            Tensor logits = model.run(Tokens.of(texts.get(number))).logits().at("batch", 0);
            float[] expected = values(golden, number + ".logits");
            int length = texts.get(number).length, some = expected.length / length;
            for (int i = 0; i < expected.length; i++) {
                int position = i / some, id = i % some * EVERY;
                assertEquals(expected[i], logits.get(position, id), 1e-3,
                        "text " + number + ", position " + position + ", id " + id);
            }
        }
        List<int[]> generated = Generation.generate(model, Tokens.of(prompts),
                new Generation.Options(30, Sampling.GREEDY, 0, List.of()), (_, _) -> true).rows();
        for (int number = 0; number < 3; number++)
            assertArrayEquals(texts.get(number), generated.get(number), "text " + number);
    }

    private static int[] ids(Safetensors golden, String name) {
        float[] values = values(golden, name);
        return IntStream.range(0, values.length).map(i -> (int) values[i]).toArray();
    }

    private static float[] values(Safetensors golden, String name) {
        return golden.tensor(name).copy().data().toArray(ValueLayout.JAVA_FLOAT);
    }
}
