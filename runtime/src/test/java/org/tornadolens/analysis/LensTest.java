package org.tornadolens.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.testing.TensorAssertions.assertClose;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.analysis.LogitLens.Of;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Top;

/** Tests analyses of the values of a run: lens, rollout, distances, neurons. */
class LensTest {

    private static final int[] NONE = {};

    /** Fails unless ids and probabilities [.., rank] are the largest of {@code expected} [.., dVocab]. */
    private static void assertLargest(String what, Tensor expected, Tensor tokens, Tensor values) {
        int[] sizes = tokens.shape().sizes();
        int rows = 1;
        for (int i = 0; i < sizes.length - 1; i++) rows *= sizes[i];
        Tensor e = expected.reshape(org.tornadolens.tensor.Shape.of("row", rows, "dVocab",
                expected.shape().size(expected.shape().rank() - 1)));
        Tensor t = tokens.reshape(org.tornadolens.tensor.Shape.of("row", rows, "rank", sizes[sizes.length - 1]));
        Tensor v = values.reshape(t.shape());
        for (int row = 0; row < rows; row++) {
            List<Top> top = e.at("row", row).top(sizes[sizes.length - 1]);
            for (int rank = 0; rank < top.size(); rank++) {
                assertEquals(top.get(rank).index().get("dVocab"), (int) t.get(row, rank),
                        what + ", row " + row + ", rank " + rank);
                assertEquals(top.get(rank).value(), v.get(row, rank),
                        1e-5 * Math.max(1, Math.abs(top.get(rank).value())), what);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void everyLayerSaysWhatTheDenseMatricesSay(String shape) {
        Goldens golden = Goldens.of(shape);
        Run run = golden.model().run(golden.tokens());
        LogitLens residual = LogitLens.of(run, Of.RESIDUAL, Optional.empty(), 4, NONE, layer -> {});
        assertLargest("residual", golden.get("lens.residual"), residual.tokens(), residual.probabilities());
        for (Of of : List.of(Of.ATTENTION, Of.MLP)) {
            LogitLens lens = LogitLens.of(run, of, Optional.of(List.of(3)), 5, NONE, layer -> {});
            assertLargest(of.name(), golden.get(of == Of.MLP ? "lens.mlp" : "lens.attn"), lens.tokens(),
                    lens.probabilities());
            assertEquals(List.of(of == Of.MLP ? "mlp 0" : "attn 0", of == Of.MLP ? "mlp 1" : "attn 1"), lens.layers());
        }
    }

    @Test void theLastLayerIsTheModelsOwnPrediction() {
        Goldens golden = Goldens.of("grouped-query");
        Run run = golden.model().run(golden.tokens());
        LogitLens lens = LogitLens.of(run, Of.RESIDUAL, Optional.of(List.of(-1, 2)), 3, new int[]{7, 20}, layer -> {});
        assertEquals(List.of("embed", "after 0", "after 1"), lens.layers());
        Tensor softmax = run.logits().softmax("dVocab");
        LogitLens.Target target = lens.target().orElseThrow();
        assertEquals(run.logits().get(1, 4, 20), target.logit().get(1, 2, 0), 1e-5);
        assertEquals(softmax.get(0, 2, 7), target.probability().get(0, 2, 1), 1e-6);
        long above =
                IntStream.range(0, 97).filter(id -> run.logits().get(0, 2, id) > run.logits().get(0, 2, 7)).count();
        assertEquals(above, (long) target.rank().get(0, 2, 1));
        assertEquals(run.logits().at("batch", 0).at("pos", -1).argmax(), (long) lens.tokens().get(0, 2, 0, 0));
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void neuronsPromoteWhatTheirValueVectorsSay(String shape) {
        Goldens golden = Goldens.of(shape);
        NeuronTokens neurons = NeuronTokens.of(golden.model(), 1, new int[]{0, 1, 2}, 6, done -> {});
        assertLargest("neurons", golden.get("neurons"), neurons.tokens(), neurons.logits());
        assertThrows(UsageException.class, () -> NeuronTokens.of(golden.model(), 1, new int[]{1000}, 6, done -> {}));
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void rolloutIsTheProductOfTheLayersMeanPatterns(
            String shape) {
        Goldens golden = Goldens.of(shape);
        Tensor again = Rollout.of(golden.model().run(golden.tokens(), RunOptions.DEFAULT.at(-1)));
        golden.assertMatches("rollout", again);
        golden.assertMatches("rollout",
                Rollout.of(golden.model().run(golden.tokens(), RunOptions.DEFAULT.keep("*.hook_pattern"))));
        assertEquals(List.of("batch", "dest", "src"), again.shape().names());
        assertTrue(again.sum("src").sub(1).abs().max() < 1e-6, "rows sum to 1");
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void residualStreamsAreAsFarApartAsTheirDifferenceIsLong(
            String shape) {
        Goldens golden = Goldens.of(shape);
        ResidualDistance distances = ResidualDistance.of(golden.model().run(golden.tokens()),
                List.of(new ResidualDistance.Pair(1, 1), new ResidualDistance.Pair(1, -1)));
        golden.assertMatches("distance", distances.distance().at("pair", 1));
        golden.assertMatches("cosine", distances.cosine().at("pair", 1));
        assertEquals(0, distances.distance().at("pair", 0).abs().max(), "a position to itself");
    }

    @Test void aCacheOfSomePositionsServesWhereTheseAreEnough() {
        Goldens golden = Goldens.of("multi-head");
        Run run = golden.model().run(golden.tokens(), RunOptions.DEFAULT.at(-1).keep("blocks.*.hook_mlp_out"));
        assertTrue(run.cache().holds(Site.of("blocks.0.hook_mlp_out").at(List.of(-1))));
        LogitLens last = LogitLens.of(run, Of.MLP, Optional.of(List.of(-1)), 1, NONE, layer -> {});
        LogitLens all = LogitLens.of(run, Of.MLP, Optional.empty(), 1, NONE, layer -> {});
        assertClose("the last position", all.probabilities().slice("pos", 4, 5), last.probabilities(), 1e-6);
    }
}
