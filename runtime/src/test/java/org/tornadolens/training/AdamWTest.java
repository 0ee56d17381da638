package org.tornadolens.training;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/** Compares steps of AdamW with those of PyTorch (made by {@code golden/training.py}). */
class AdamWTest {

    private static final Safetensors EXPECTED =
            Safetensors.open(Path.of("src/test/resources/training/adamw.safetensors"));
    private static final double CLIP = 1;

    /** Returns scale · sin(by · i) for i from 1 on. */
    private static float wave(int i, double by, double scale) {
        return (float) (scale * Math.sin(by * (i + 1)));
    }

    @Test void fiveStepsAreThoseOfPyTorch() {
        // a model whose embedding is [5, 7] and whose final norm is [7]; all other gradients are zero
        Trainable trainable = new Trainable(
                Configuration.llama(new Configuration.Blocks(1, 7, 3, 1e-5), new Configuration.Heads(1, 1, 2),
                        Configuration.Context.of(4, 10_000), Configuration.Vocabulary.of(5, true)));
        Parameter matrix = named(trainable, "embed.W_E"), vector = named(trainable, "ln_final.w");
        for (int i = 0; i < 35; i++) write(trainable, matrix, i, wave(i, 0.7, 1));
        for (int i = 0; i < 7; i++) write(trainable, vector, i, wave(i, 0.3, 1));
        Tensor ofMatrix = gradient(trainable, matrix), ofVector = gradient(trainable, vector);
        for (int step = 1; step <= 5; step++) {
            for (int i = 0; i < 35; i++)
                ofMatrix.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, wave(i, 0.2 * step, 0.5));
            for (int i = 0; i < 7; i++)
                ofVector.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, wave(i, 0.5 * step, 0.01));
            double norm = trainable.gradientNorm();
            assertTrue(norm > CLIP, "the gradient is clipped in every step, here " + norm);
            trainable.step(new AdamW(0.9, 0.95, 1e-8, 0.1), step, 0.01 * step, CLIP / norm);
            assertClose("matrix." + step, trainable, matrix);
            assertClose("vector." + step, trainable, vector);
        }
    }

    private static Parameter named(Trainable trainable, String name) {
        return trainable.parameters().stream().filter(p -> p.name().equals(name)).findFirst().orElseThrow();
    }

    private static void write(Trainable trainable, Parameter p, int index, float value) {
        trainable.live().get(p.name()).data().setAtIndex(ValueLayout.JAVA_FLOAT, index, value);
    }

    private static Tensor gradient(Trainable trainable, Parameter p) {
        return trainable.gradient(p, Value.of("gradient", new Value.Dimension("out", new Size.Fixed(p.rows())),
                new Value.Dimension("in", new Size.Fixed(p.columns()))), false);
    }

    private static void assertClose(String name, Trainable trainable, Parameter p) {
        Tensor expected = EXPECTED.tensor(name);
        for (int i = 0; i < expected.elements(); i++) {
            float actual = trainable.live().get(p.name()).data().getAtIndex(ValueLayout.JAVA_FLOAT, i);
            assertEquals(expected.data().getAtIndex(ValueLayout.JAVA_FLOAT, i), actual, 2e-6, name + " element " + i);
        }
    }
}
