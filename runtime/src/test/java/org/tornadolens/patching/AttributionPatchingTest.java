package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.GoldenModels;

@BackendSuite class AttributionPatchingTest {

    private static final Pair PAIR =
            new Pair(Tokens.of(List.of(new int[]{1, 5, 9, 30, 7, 8}, new int[]{1, 6, 9, 31, 7, 8})),
                    Tokens.of(List.of(new int[]{1, 15, 9, 30, 7, 8}, new int[]{1, 16, 9, 41, 7, 8})));
    private static final Metric METRIC = new Metric.LogitDifference(List.of(4, 5), List.of(10), -1);

    private static Model open(String shape) { return GoldenModels.open(shape); }

    private static AttributionPatching attribution(Model model, Metric metric, int steps) {
        return new AttributionPatching(model, PAIR, metric, steps, _ -> {});
    }

    private static double mean(Metric metric, Model model, Tokens tokens) {
        return Arrays.stream(metric.of(model.run(tokens))).average().orElseThrow();
    }

    /**
     * Integrated over the path from clean to corrupted embeddings, the scores sum to the difference of the metric; with
     * twice the steps the error is a quarter, as the trapezoidal rule implies.
     */
    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "llama-bias",
            "qwen3"}) void integratedGradientsOfTheEmbeddingAddUpToTheMetricsChange(String shape) {
        Model model = open(shape);
        for (Metric metric : List.of(METRIC, new Metric.LogProbability(List.of(List.of(3)), -1),
                new Metric.Probability(List.of(List.of(3)), -2), new Metric.Loss(3))) {
            double change = mean(metric, model, PAIR.corrupted()) - mean(metric, model, PAIR.clean());
            double coarse = Math.abs(attribution(model, metric, 60).nodes().scores().get(0) - change),
                    fine = Math.abs(attribution(model, metric, 120).nodes().scores().get(0) - change);
            assertTrue(fine <= 0.005 * Math.abs(change) + 1e-5, metric + " misses " + fine + " of " + change);
            assertTrue(coarse < 1e-4 || fine < 0.3 * coarse,
                    metric + " misses " + coarse + ", with twice the steps " + fine);
        }
    }

    /** The output of a sender reaches the metric only through the edges that leave it. */
    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "one-head", "llama-bias", "mistral", "qwen3",
            "qwen3-bias"}) void theEdgesThatLeaveANodeAddUpToTheNode(String shape) {
        Model model = open(shape);
        for (int steps : new int[]{1, 3}) {
            AttributionPatching.Named edges = attribution(model, METRIC, steps).edges(),
                    nodes = attribution(model, METRIC, steps).nodes();
            assertEquals(nodes.senders(), edges.senders());
            for (int sender = 0; sender < edges.senders().size(); sender++) {
                double sum = 0;
                for (int receiver = 0; receiver < edges.receivers().size(); receiver++)
                    if (!Float.isNaN(edges.scores().get(sender, receiver))) sum += edges.scores().get(sender, receiver);
                assertEquals(nodes.scores().get(sender), sum, 2e-5, edges.senders().get(sender));
            }
        }
    }

    @Test void onlyEarlierSendersHaveEdges() {
        AttributionPatching.Named edges = attribution(open("grouped-query"), METRIC, 1).edges();
        assertEquals(List.of("embed", "0.0", "0.1", "0.2", "0.3", "mlp 0", "1.0", "1.1", "1.2", "1.3", "mlp 1"),
                edges.senders());
        assertEquals(List.of("0.0.q", "0.1.q", "0.2.q", "0.3.q", "0.0.k", "0.2.k", "0.0.v", "0.2.v", "mlp 0"),
                edges.receivers().subList(0, 9));
        assertEquals("logits", edges.receivers().getLast());
        assertEquals(1, senders(edges, "0.2.q"));
        assertEquals(5, senders(edges, "mlp 0"));
        assertEquals(6, senders(edges, "1.2.v"));
        assertEquals(10, senders(edges, "mlp 1"));
        assertEquals(11, senders(edges, "logits"));
    }

    private static long senders(AttributionPatching.Named edges, String receiver) {
        Tensor column = edges.scores().at("receiver", edges.receivers().indexOf(receiver));
        return java.util.stream.IntStream.range(0, column.shape().size(0)).filter(i -> !Float.isNaN(column.get(i)))
                .count();
    }

    /** The scores of parts sum to the scores of wholes. */
    @Test void headsAndNeuronsAreWhatNodesAreMadeOf() {
        Model model = open("multi-head");
        AttributionPatching one = attribution(model, METRIC, 1);
        Tensor heads = one.heads(), positions = one.positions(), neurons = one.neurons();
        AttributionPatching.Named nodes = one.nodes();
        assertEquals(List.of("layer", "head"), heads.shape().names());
        assertEquals(List.of("layer", "pos"), positions.shape().names());
        assertEquals(List.of("layer", "neuron"), neurons.shape().names());
        for (int layer = 0; layer < 2; layer++) {
            for (int head = 0; head < 4; head++)
                assertEquals(nodes.scores().get(nodes.senders().indexOf(layer + "." + head)), heads.get(layer, head),
                        1e-6);
            assertEquals(nodes.scores().get(nodes.senders().indexOf("mlp " + layer)), neurons.at("layer", layer).sum(),
                    1e-5);
        }
        assertEquals(nodes.scores().get(0), positions.at("layer", 0).sum(), 1e-5);
        assertEquals(0, positions.get(0, 0), "both runs are the same there");
        assertTrue(Math.abs(positions.get(1, 5)) > 0);
    }

    /** To first order: if the corrupted run is close to the clean one, the score equals the change. */
    @Test void aSmallChangePatchedExactlyIsTheAttribution() {
        Model model = open("multi-head");
        Tokens tokens = PAIR.clean();
        Tensor z =
                model.run(tokens, RunOptions.DEFAULT.keep("blocks.0.attn.hook_z")).cache().get("blocks.0.attn.hook_z");
        Gradient.Result gradient = Gradient.of(model, METRIC, List.of("blocks.0.attn.hook_z"), List.of()).run(tokens);
        double before = mean(METRIC, model, tokens), step = 1e-2;
        Model moved = model.with(List.of(new Intervention.Hook(Site.of("blocks.0.attn.hook_z").heads(List.of(2)),
                (value, _) -> value.mul(1 + step))));
        double predicted = gradient.gradients().get("blocks.0.attn.hook_z").mul(z).at("head", 2).sum() * step / 2;
        assertEquals(predicted, mean(METRIC, moved, tokens) - before, 0.03 * Math.abs(predicted));
    }

    @ParameterizedTest
    @ValueSource(strings = {"grouped-query", "left-padded"}) void gradientsAreTheReferences(String shape) {
        Model model = open(shape), reference = GoldenModels.open(shape, BackendUnderTest.REFERENCE);
        List<String> inputs = model.hookNames().all().stream().filter(n -> n.endsWith("_input")).toList();
        List<String> others = model.hookNames().all().stream()
                .filter(n -> !n.endsWith("_input") && !n.endsWith("hook_attn_in") && !n.endsWith("attn.hook_result"))
                .toList();
        Tokens tokens = Tokens.of(List.of(new int[]{1, 5, 9, 30}, new int[]{1, 6}));
        for (Metric metric : List.of(METRIC, new Metric.Probability(List.of(List.of(3, 4)), -1), new Metric.Loss(0))) {
            for (List<String> names : List.of(inputs, others,
                    List.of("blocks.0.attn.hook_result", "blocks.1.attn.hook_result"))) {
                Map<String, Tensor> expected = Gradient.of(reference, metric, names, List.of()).run(tokens).gradients(),
                        actual = Gradient.of(model, metric, names, List.of()).run(tokens).gradients();
                for (String name : names) {
                    Tensor difference = actual.get(name).sub(expected.get(name)).abs();
                    assertTrue(difference.max() <= 1e-4 * Math.max(1e-3, expected.get(name).abs().max()),
                            name + " " + difference.max());
                }
            }
        }
    }

    @Test void whatHasNoGradientSaysSo() {
        Model model = open("multi-head");
        assertTrue(
                assertThrows(UsageException.class, () -> attribution(model, new Metric.Rank(List.of(3), -1), 1).heads())
                        .getMessage().contains("no derivative of a rank"));
        Model hooked =
                model.with(List.of(new Intervention.Hook(Site.of("blocks.1.hook_mlp_out"), (value, _) -> value)));
        assertTrue(assertThrows(UsageException.class, () -> attribution(hooked, METRIC, 1).heads()).getMessage()
                .contains("JavaScript hook"));
    }

    /** Interventions of the model are part of the computation that is differentiated. */
    @Test void anAblatedHeadHasNoInfluence() {
        Model ablated = open("multi-head")
                .with(List.of(new Intervention.AblateZero(Site.of("blocks.0.attn.hook_z").heads(List.of(1)))));
        Tensor heads = attribution(ablated, METRIC, 2).heads();
        assertEquals(0, heads.get(0, 1));
        assertTrue(heads.abs().sum() > 0);
    }
}
