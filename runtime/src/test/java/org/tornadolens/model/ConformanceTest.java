package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.program.HostFunction;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ConformanceSuite;
import org.tornadolens.testing.GoldenModels;
import org.tornadolens.testing.TensorAssertions;

/**
 * Compares every backend with the scalar double-precision reference: whole models, every value kept, with and without
 * interventions.
 */
@ConformanceSuite class ConformanceTest {

    private static final double BOUND = 2e-5;   // relative to the largest value

    private static final List<Tokens> INPUTS = List.of(
            Tokens.of(7),
            Tokens.of(3, 1, 4, 1, 5, 9, 2, 6, 5, 3, 5, 8, 9, 7, 9, 3),
            Tokens.of(List.of(new int[]{3, 1, 4, 1, 5, 9, 2}, new int[]{6}, new int[]{5, 3, 5})));

    private static final HostFunction DOUBLED = (value, context) -> value.mul(2);

    private static List<RunOptions> runs(Configuration c, Tokens tokens) {
        int head = c.nHeads() - 1, layer = c.nLayers() - 1;
        String block = "blocks." + layer + ".";
        return List.of(
                tokens.length() == 1 ? RunOptions.DEFAULT : RunOptions.DEFAULT.withLoss(),
                RunOptions.DEFAULT.keep("*"),
                tokens.length() == 1 ? RunOptions.DEFAULT.at(0) : RunOptions.DEFAULT.keep("*").at(-1).withLoss(),
                RunOptions.DEFAULT.keep("blocks.*.hook_resid_post").with(List.of(
                        new Intervention.AblateZero(Site.of("blocks.*.attn.hook_z").heads(List.of(head))),
                        new Intervention.AblateZero(Site.of(block + "attn.hook_v").heads(List.of(0)).at(List.of(0))),
                        new Intervention.Hook(Site.of(block + "mlp.hook_post").at(List.of(-1)), DOUBLED))),
                RunOptions.DEFAULT.keep(block + "attn.hook_result").with(List.of(
                        new Intervention.AblateZero(Site.of(block + "attn.hook_result").heads(List.of(head))),
                        new Intervention.Hook(Site.of(block + "hook_k_input").heads(List.of(0)), DOUBLED),
                        new Intervention.Hook(Site.of(block + "hook_q_input"), DOUBLED),
                        new Intervention.AblateZero(Site.of(block + "hook_mlp_in").at(List.of(0))))),
                RunOptions.DEFAULT.keep("blocks.*.attn.hook_pattern").with(List.of(
                        new Intervention.AblateZero(
                                Site.of("blocks.*.attn.hook_pattern").heads(List.of(head)).at(List.of(-1))),
                        new Intervention.Hook(Site.of("blocks.0.attn.hook_attn_scores").heads(List.of(0)), DOUBLED))));
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "odd-sizes", "one-head", "wide-heads", "tied",
            "theta-500000", "rope-llama3"}) void everyValueAgreesWithTheReference(String shape) {
        Model reference = GoldenModels.open(shape, BackendUnderTest.REFERENCE);
        Model model = GoldenModels.open(shape);
        for (Tokens tokens : INPUTS) {
            for (RunOptions options : runs(model.configuration(), tokens)) {
                Run expected = reference.run(tokens, options), actual = model.run(tokens, options);
                assertClose(shape + " logits", expected.logits(), actual.logits());
                if (options.loss()) assertClose("loss", expected.loss(), actual.loss());
                assertEquals(expected.cache().names(), actual.cache().names());
                for (String name : expected.cache().names()) {
                    assertClose(shape + " " + name, expected.cache().get(name), actual.cache().get(name));
                }
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "odd-sizes"}) void generationAgreesWithTheReference(
            String shape) {
        Generation.Options options = new Generation.Options(10, Sampling.GREEDY, 0, List.of());
        Model reference = GoldenModels.open(shape, BackendUnderTest.REFERENCE), model = GoldenModels.open(shape);
        List<int[]> expected = Generation.generate(reference, INPUTS.getLast(), options, (r, t) -> true).rows();
        List<int[]> actual = Generation.generate(model, INPUTS.getLast(), options, (r, t) -> true).rows();
        for (int row = 0; row < expected.size(); row++) assertArrayEquals(expected.get(row), actual.get(row));
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void startingInTheMiddleAgreesWithTheReference(
            String shape) {
        Model reference = GoldenModels.open(shape, BackendUnderTest.REFERENCE);
        Tokens tokens = INPUTS.getLast();
        Tensor middle = reference.run(tokens, RunOptions.DEFAULT.keep("blocks.1.hook_resid_mid")).cache()
                .get("blocks.1.hook_resid_mid").mul(1.5);
        RunOptions options = RunOptions.DEFAULT.from(Map.of("blocks.1.hook_resid_mid", middle));
        Model model = GoldenModels.open(shape);
        assertClose(shape, reference.run(tokens, options).logits(), model.run(tokens, options).logits());
    }

    private static void assertClose(String what, Tensor expected, Tensor actual) {
        TensorAssertions.assertCloseWithGaps(what, expected, actual, BOUND);
    }
}
