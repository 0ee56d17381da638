package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.intervention.Basis;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;
import org.tornadolens.testing.ResourceFiles;

/**
 * Compares gradients of metrics through every kind of intervention, with respect to the first residual stream, with
 * those of PyTorch (made by {@code golden/training.py}).
 */
@BackendSuite class InterventionGradientTest {

    private static final Path MODEL = ResourceFiles.path("golden/grouped-query");
    private static final Safetensors EXPECTED =
            Safetensors.open(ResourceFiles.path("training/interventions.safetensors"));
    private static final String RESID = "blocks.0.hook_resid_pre";

    /** Returns scale · sin(by · i) for i from 1 on. */
    private static Tensor wave(Shape shape, double by, double scale) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) values[i] = (float) (scale * Math.sin(by * (i + 1)));
        return Tensor.of(shape, values);
    }

    private record Case(String name, Intervention change, Metric metric) {}

    private static List<Case> cases(Model model, Tokens tokens) {
        int d = model.configuration().dModel(), dHead = model.configuration().dHead(),
                vocabulary = model.configuration().dVocab();
        Metric difference = new Metric.LogitDifference(List.of(4), List.of(10), -1),
                logProbability = new Metric.LogProbability(List.of(List.of(3, 7)), -2);
        Metric kl = new Metric.KlDivergence(wave(Shape.of("batch", 1, "pos", 1, "dVocab", vocabulary), 0.7, 2), -1),
                loss = new Metric.Loss(0);
        return List.of(
                new Case("zero", new Intervention.AblateZero(Site.of("blocks.0.attn.hook_z").heads(List.of(1))),
                        difference),
                new Case("scale", new Intervention.Scale(Site.of("blocks.0.hook_mlp_out").at(List.of(2, -1)), -1.5),
                        logProbability),
                new Case("add",
                        new Intervention.Add(Site.of("blocks.1.hook_resid_mid"),
                                Data.of(wave(Shape.of("dModel", d), 0.7, 1)), 0.75),
                        kl),
                new Case("out", new Intervention.Project(Site.of("blocks.0.hook_resid_post"), basis(2, d), false),
                        loss),
                new Case("onto", new Intervention.Project(Site.of("blocks.1.hook_resid_mid"), basis(3, d), true),
                        difference),
                new Case("patch",
                        new Intervention.Patch(Site.of("blocks.0.attn.hook_z").heads(List.of(2)),
                                Data.of(wave(Shape.of("batch", tokens.batch(), "pos", tokens.length(), "dHead", dHead),
                                        0.7, 1))),
                        loss),
                new Case("coordinates",
                        new Intervention.AblateZero(Site.of("blocks.0.mlp.hook_post").columns(List.of(0, 5))), kl));
    }

    private static Basis basis(int count, int d) {
        Tensor rows = Tensor.zeros(Shape.of("direction", count, "component", d));
        for (int i = 0; i < count; i++)
            rows.at("direction", i).assign(wave(Shape.of("component", d), 0.4 * (i + 1), 1));
        return Basis.of(rows);
    }

    @Test void gradientsThroughInterventionsArePyTorchs() {
        Model model = GoldenModels.open("grouped-query");
        Tokens tokens = tokens();
        List<String> tried = new ArrayList<>();
        for (Case one : cases(model, tokens)) {
            Tensor expected = EXPECTED.tensor(one.name()),
                    actual = Gradient.of(model.with(List.of(one.change())), one.metric(), List.of(RESID), List.of())
                            .run(tokens).gradients().get(RESID);
            double largest = expected.abs().max();
            assertTrue(largest > 0, one.name());
            assertEquals(0, actual.reshape(expected.shape()).sub(expected).abs().max() / largest, 1e-4, one.name());
            tried.add(one.name());
        }
        assertEquals(EXPECTED.names().stream().sorted().toList(), tried.stream().sorted().toList());
    }

    private static Tokens tokens() {
        Tensor tokens = Safetensors.open(MODEL.resolve("golden.safetensors")).tensor("tokens");
        List<int[]> rows = new ArrayList<>();
        for (int row = 0; row < tokens.shape().size(0); row++) {
            int[] ids = new int[tokens.shape().size(1)];
            for (int i = 0; i < ids.length; i++) ids[i] = (int) tokens.get(row, i);
            rows.add(ids);
        }
        return Tokens.of(rows);
    }
}
