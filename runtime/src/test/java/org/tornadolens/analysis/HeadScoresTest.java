package org.tornadolens.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.model.RandomTokens;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.GoldenModels;

/** Compares head scores with goldens on the same tokens (see golden/README.md), and with their definitions. */
class HeadScoresTest {

    private static Model model(String shape) { return GoldenModels.open(shape); }

    private static RandomTokens tokens(Safetensors arrays, String name, int period, int copies) {
        Tensor ids = arrays.tensor(name);
        int[] row = IntStream.range(0, (int) ids.elements())
                .map(i -> (int) ids.data().getAtIndex(ValueLayout.JAVA_FLOAT, i)).toArray();
        return new RandomTokens(new Tokens(row, new int[ids.shape().size(0)]), 1, period, copies);
    }

    private static void assertScores(String what, Tensor expected, Tensor actual) {
        assertEquals(List.of("layer", "head"), actual.shape().names());
        for (int layer = 0; layer < actual.shape().size(0); layer++) {
            for (int head = 0; head < actual.shape().size(1); head++) {
                assertEquals(expected.get(layer, head), actual.get(layer, head), 1e-5,
                        what + " of head " + layer + "." + head);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void everyScoreEqualsTheOracles(String shape) {
        Safetensors golden = GoldenModels.values(shape, "scores");
        Map<PatternScore, Tensor> twice = HeadScores.of(model(shape), tokens(golden, "tokens", 12, 2));
        assertScores("first token", golden.tensor("first_token"), twice.get(PatternScore.FIRST_TOKEN));
        assertScores("previous token", golden.tensor("previous_token"), twice.get(PatternScore.PREVIOUS_TOKEN));
        assertScores("current token", golden.tensor("current_token"), twice.get(PatternScore.CURRENT_TOKEN));
        assertScores("duplicate token", golden.tensor("duplicate_token"), twice.get(PatternScore.DUPLICATE_TOKEN));
        assertScores("induction", golden.tensor("induction"), twice.get(PatternScore.INDUCTION));
        Map<PatternScore, Tensor> fourTimes =
                HeadScores.of(model(shape), tokens(golden, "prefix_matching.tokens", 25, 4));
        assertScores("prefix matching", golden.tensor("prefix_matching"), fourTimes.get(PatternScore.PREFIX_MATCHING));
        assertScores("copying", golden.tensor("copying"), Copying.scores(model(shape)));
    }

    @Test void anInterventionOnTheModelShowsInItsScores() {
        Intervention uniform =
                new Intervention.Hook(Site.of("blocks.0.attn.hook_pattern").heads(List.of(1)), (pattern, context) -> {
                    pattern.fill(0);
                    pattern.diagonal(-1).fill(1);
                    return pattern;
                });
        Model model = model("multi-head");
        RandomTokens tokens = RandomTokens.of(model, 2, 8, 2, 0, true);
        Tensor previous = HeadScores.of(model.with(List.of(uniform)), tokens).get(PatternScore.PREVIOUS_TOKEN);
        assertEquals(1, previous.get(0, 1), 1e-6);
        assertTrue(HeadScores.of(model, tokens).get(PatternScore.PREVIOUS_TOKEN).get(0, 1) < 0.9);
    }

    @Test void tokensThatOccurOnceAreRefused() {
        Model model = model("multi-head");
        assertThrows(UsageException.class, () -> HeadScores.of(model, RandomTokens.of(model, 1, 8, 1, 0, true)));
    }

    @Test void theSmallMatrixHasTheEigenvaluesOfTheFullCircuit() {
        Model model = model("grouped-query");
        Matrices matrices = new Matrices(model.configuration(), model.weights());
        Tensor output = matrices.get(ParameterSpec.W_O, 1).at("head", 3),
                value = matrices.get(ParameterSpec.W_V, 1).at("kvHead", 3 / model.configuration().headsPerKv());
        Tensor vocabulary = Copying.throughVocabulary(model.configuration(), matrices);
        Eigenvalues eigenvalues = Copying.eigenvalues(output.matmul(vocabulary), value);
        assertEquals(model.configuration().dHead(), eigenvalues.re().length);
        double sum = IntStream.range(0, eigenvalues.re().length).mapToDouble(i -> eigenvalues.re()[i]).sum();
        Tensor circuit = matrices.get(ParameterSpec.EMBEDDING).matmul(value).matmul(output)
                .matmul(matrices.get(ParameterSpec.UNEMBEDDING).rename("dVocab", "out"));
        assertEquals(circuit.diagonal(0).sum(), sum, 1e-4 * Math.max(1, Math.abs(sum)),
                "the eigenvalues sum to the trace");
    }

    @Test void aCircuitThatCopiesScoresOneAndItsOppositeMinusOne() {
        int n = 6;
        Random random = new Random(1);
        Tensor read = Tensor.zeros(Shape.of("dModel", n, "dHead", n));
        for (int i = 0; i < n; i++) for (int j = 0; j < n; j++) read.set((float) random.nextGaussian(), i, j);
        Tensor write = read.transpose();   // R Rᵀ has only positive eigenvalues
        assertEquals(1, Copying.eigenvalues(write.copy(), read).positivity(), 1e-6);
        assertEquals(-1, Copying.eigenvalues(write.mul(-1), read).positivity(), 1e-6);
    }

    @Test void aRotationsEigenvaluesAreItsTwoPhases() {
        double angle = 0.7;
        Eigenvalues eigenvalues =
                Eigenvalues.of(new double[][]{{Math.cos(angle), -Math.sin(angle)}, {Math.sin(angle), Math.cos(angle)}});
        assertEquals(Math.cos(angle), eigenvalues.re()[0], 1e-12);
        assertEquals(Math.sin(angle), Math.abs(eigenvalues.im()[0]), 1e-12);
        assertEquals(Math.cos(angle), eigenvalues.positivity(), 1e-12);
    }
}
