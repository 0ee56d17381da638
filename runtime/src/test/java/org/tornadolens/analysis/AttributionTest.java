package org.tornadolens.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.tornadolens.testing.TensorAssertions.assertClose;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.analysis.DirectAttribution.By;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;

class AttributionTest {

    private static final int[] CORRECT = {7, 7}, WRONG = {11, 11};
    private static final int POSITION = 3;

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void everyPartAddsWhatTheDenseMatricesSay(String shape) {
        Goldens golden = Goldens.of(shape);
        Run run = golden.model().run(golden.tokens(),
                RunOptions.DEFAULT.keep("*hook_embed", "ln_final.hook_scale", "*_out", "*.hook_z", "*.hook_post"));
        golden.assertMatches("attribution.component",
                DirectAttribution.of(run, CORRECT, WRONG, POSITION, By.COMPONENT));
        golden.assertMatches("attribution.head", DirectAttribution.of(run, CORRECT, WRONG, POSITION, By.HEAD));
        golden.assertMatches("attribution.neuron", DirectAttribution.of(run, CORRECT, WRONG, POSITION, By.NEURON));
    }

    @Test void theComponentsSumToTheLogit() {
        Goldens golden = Goldens.of("grouped-query");
        Run run = golden.model().run(golden.tokens());
        int[] tokens = {20, 31};
        for (By by : List.of(By.COMPONENT, By.LAYER)) {
            Tensor parts = DirectAttribution.of(run, tokens, new int[0], -1, by),
                    sums = DirectAttribution.cumulative(parts);
            assertEquals(DirectAttribution.labels(run, by).size(), parts.shape().size(1));
            for (int row = 0; row < 2; row++) {
                assertEquals(run.logits().get(row, 4, tokens[row]), parts.at("batch", row).sum(), 1e-5,
                        by + " of row " + row);
                assertEquals(run.logits().get(row, 4, tokens[row]), sums.at("batch", row).at("component", -1).item(),
                        1e-5);
            }
        }
    }

    @Test void headsSumToAttentionAndNeuronsToTheMlps() {
        Goldens golden = Goldens.of("multi-head");
        Run run = golden.model().run(golden.tokens());
        Tensor components = DirectAttribution.of(run, CORRECT, WRONG, -2, By.COMPONENT).at("batch", 1);
        assertEquals(components.get(1) + components.get(3),
                DirectAttribution.of(run, CORRECT, WRONG, -2, By.HEAD).at("batch", 1).sum(), 1e-5);
        assertEquals(components.get(2) + components.get(4),
                DirectAttribution.of(run, CORRECT, WRONG, -2, By.NEURON).at("batch", 1).sum(), 1e-5);
    }

    @Test void whatWasNotKeptIsTakenFromTheSameRunMadeAgainWithItsInterventions() {
        Goldens golden = Goldens.of("multi-head");
        Model model = golden.model();
        Intervention ablation = new Intervention.AblateZero(Site.of("blocks.0.attn.hook_z").heads(List.of(2)));
        RunOptions options = RunOptions.DEFAULT.with(List.of(ablation)).at(-1);
        Tensor kept = DirectAttribution.of(
                model.run(golden.tokens(), options.everywhere().keep("*.hook_z", "ln_final.hook_scale")), CORRECT,
                WRONG, POSITION, By.HEAD);
        assertClose("heads", kept,
                DirectAttribution.of(model.run(golden.tokens(), options), CORRECT, WRONG, POSITION, By.HEAD), 1e-6);
        assertEquals(0, kept.get(0, 0, 2), "the head that was ablated adds nothing");
    }

    @Test void whatAnInterventionAddsToTheResidualStreamIsAComponentOfItsOwn() {
        Goldens golden = Goldens.of("multi-head");
        Intervention doubled = new Intervention.Hook(Site.of("blocks.1.hook_resid_pre"), (x, context) -> x.mul(2));
        Run run = golden.model().with(List.of(doubled)).run(golden.tokens());
        Tensor parts = DirectAttribution.of(run, CORRECT, new int[0], -1, By.LAYER);
        assertEquals(List.of("embed", "layer 0", "layer 1", "interventions"), DirectAttribution.labels(run, By.LAYER));
        assertEquals(run.logits().get(0, 4, 7), parts.at("batch", 0).sum(), 1e-5);
    }

    @Test void rowsOfDifferentLengthAreWhatTheyAreAlone() {
        Model model = Goldens.of("grouped-query").model();
        int[] longer = {1, 20, 31, 40, 5}, shorter = {1, 7, 9};
        Run both = model.run(Tokens.of(List.of(longer, shorter)));
        for (int position : new int[]{-1, 1}) {
            Tensor parts = DirectAttribution.of(both, CORRECT, WRONG, position, By.COMPONENT);
            for (int row = 0; row < 2; row++) {
                Run alone = model.run(Tokens.of(row == 0 ? longer : shorter));
                Tensor expected = DirectAttribution.of(alone, new int[]{CORRECT[row]}, new int[]{WRONG[row]}, position,
                        By.COMPONENT);
                assertClose("row " + row + " at " + position, expected.at("batch", 0), parts.at("batch", row), 1e-5);
            }
        }
    }

    @Test void aRunThatEndsEarlyHasNoLogitToAttribute() {
        Goldens golden = Goldens.of("multi-head");
        Run run = golden.model().run(golden.tokens(), RunOptions.DEFAULT.stopAt(1));
        assertThrows(UsageException.class, () -> DirectAttribution.of(run, CORRECT, WRONG, -1, By.HEAD));
    }
}
