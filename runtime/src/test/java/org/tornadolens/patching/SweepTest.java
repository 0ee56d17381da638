package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.patching.Small.assertSame;
import static org.tornadolens.patching.Small.loop;

import java.util.ArrayList;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Rule;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.GoldenModels;

@BackendSuite class SweepTest {

    static List<String> shapes() { return Small.shapes(); }

    private static final Metric DIFFERENCE = new Metric.LogitDifference(List.of(7), List.of(9), -1);

    /** Returns cells on every hook of a model, whole and in parts, of all layers and positions in mixed order. */
    private static List<Site> sites(Model model, Run run) {
        boolean grouped = model.configuration().nKvHeads() < model.configuration().nHeads();
        List<Site> sites = new ArrayList<>();
        for (String name : model.hookNames().all()) {
            if (grouped && name.endsWith("hook_attn_in")) continue;
            Site site = Site.of(name);
            sites.addAll(List.of(site, site.at(List.of(-1)), site.at(List.of(2)), site.at(List.of(1, -2)),
                    site.columns(List.of(0)), site.rows(List.of(1))));
            Tensor value = run.cache().get(name);
            if (value.shape().indexOf("head") >= 0 || value.shape().indexOf("kvHead") >= 0) {
                for (int head = 0; head < model.configuration().nHeads(); head++) sites.add(site.heads(List.of(head)));
                sites.add(site.heads(List.of(0)).at(List.of(3)));
            }
        }
        return sites;
    }

    private static Sweep.Result sweep(Model model, Tokens tokens, List<List<Intervention>> cells, Metric metric) {
        return Sweep.of(model, tokens, cells, metric, Sweep.Settings.DEFAULT).run();
    }

    @ParameterizedTest
    @MethodSource("shapes") void everyPatchEqualsAWholeRunOfIt(String shape) {
        Model model = GoldenModels.open(shape);
        Tokens clean = Small.tokens(model, 1, 9, 6, 9, 7);
        Run other = Small.everything(model, Small.corrupted(clean, 2));
        List<List<Intervention>> cells =
                sites(model, other).stream().map(site -> List.of(Small.patch(site, other))).toList();
        Sweep.Result result = sweep(model, clean, cells, DIFFERENCE);
        assertSame(cells, loop(model, clean, cells, DIFFERENCE), result.cells());
        assertArrayEquals(DIFFERENCE.of(model.run(clean)), result.baseline(), 1e-5);
    }

    @ParameterizedTest
    @MethodSource("shapes") void everyAblationEqualsAWholeRunOfIt(String shape) {
        Model model = GoldenModels.open(shape);
        Tokens tokens = Small.tokens(model, 2, 8, 8, 5);
        List<List<Intervention>> cells = new ArrayList<>();
        for (Site site : sites(model, Small.everything(model, tokens))) {
            if (site.value().endsWith("_scale") || site.value().endsWith("scores"))
                cells.add(List.of(new Intervention.Scale(site, 0.5)));
            else
                cells.add(List.of(new Intervention.AblateZero(site)));
        }
        assertSame(cells, loop(model, tokens, cells, DIFFERENCE), sweep(model, tokens, cells, DIFFERENCE).cells());
    }

    /** Returns a few typical cells: a head of each layer, an MLP at a position, a residual stream. */
    private static List<List<Intervention>> some(Model model) {
        List<List<Intervention>> cells = new ArrayList<>();
        for (int layer = 0; layer < model.configuration().nLayers(); layer++) {
            String block = "blocks." + layer + ".";
            Intervention head = new Intervention.AblateZero(Site.of(block + "attn.hook_z").heads(List.of(0)));
            Intervention mlp = new Intervention.Scale(Site.of(block + "hook_mlp_out").at(List.of(-2)), 2);
            cells.addAll(List.of(List.of(head), List.of(mlp), List.of(head, mlp),
                    List.of(new Intervention.Scale(Site.of(block + "hook_resid_pre").at(List.of(3)), -1))));
        }
        Rule.Clamp range = new Rule.Clamp(-0.05, 0.1);
        cells.add(List.of(new Intervention.Clamp(Site.of("blocks.0.hook_resid_mid").at(List.of(-1, 2)), range)));
        cells.add(List.of());
        return cells;
    }

    @ParameterizedTest
    @MethodSource("shapes") void everyMetricIsThatOfTheWholeRun(String shape) {
        Model model = GoldenModels.open(shape);
        Tokens tokens = Small.tokens(model, 3, 7, 9, 9, 6);
        Tensor reference = model.run(Small.corrupted(tokens, 1), RunOptions.DEFAULT.at(-1)).logits();
        List<Metric> metrics = List.of(new Metric.LogitDifference(List.of(4, 5, 6, 7), List.of(11, 12, 13, 14), -1),
                new Metric.LogitDifference(List.of(4, 5, 6, 7), List.of(8), 4),
                new Metric.LogProbability(List.of(List.of(3), List.of(4, 5), List.of(6), List.of(7)), -2),
                new Metric.Probability(List.of(List.of(10, 11)), -1),
                new Metric.Rank(List.of(3, 4, 5, 6), -1), new Metric.Logit(List.of(3, 4, 5, 6), 2),
                new Metric.Logit(List.of(8), -1), new Metric.KlDivergence(reference, -1), new Metric.Loss(0),
                new Metric.Loss(3));
        for (Metric metric : metrics)
            assertSame(some(model), loop(model, tokens, some(model), metric),
                    sweep(model, tokens, some(model), metric).cells());
    }

    @ParameterizedTest
    @MethodSource("shapes") void theModelsOwnInterventionsHoldInEveryCell(String shape) {
        Model model = GoldenModels.open(shape);
        Tokens tokens = Small.tokens(model, 4, 8, 6);
        Run other = Small.everything(model, Small.tokens(model, 5, 8, 6));
        Model changed = model.with(List.of(Small.patch(Site.of("blocks.0.attn.hook_z").heads(List.of(0)), other),
                Small.patch(Site.of("blocks.1.hook_resid_mid").at(List.of(4)), other),
                new Intervention.Scale(Site.of("blocks.1.attn.hook_z").at(List.of(1, -1)), 0.5)));
        List<List<Intervention>> cells = new ArrayList<>(some(model));
        cells.add(List.of(new Intervention.AblateZero(Site.of("blocks.1.hook_resid_mid").at(List.of(-1)))));
        assertSame(cells, loop(changed, tokens, cells, DIFFERENCE), sweep(changed, tokens, cells, DIFFERENCE).cells());
    }

    @Test void hooksOfTheHostRunByThemselvesAndAgreeToo() {
        Model model = GoldenModels.open("multi-head");
        Tokens tokens = Small.tokens(model, 6, 8, 6);
        Intervention hook = new Intervention.Hook(Site.of("blocks.0.hook_resid_post"), (value, _) -> value.mul(1.5));
        List<List<Intervention>> cells =
                List.of(List.of(hook), some(model).get(0), List.of(some(model).get(0).getFirst(), hook));
        assertSame(cells, loop(model, tokens, cells, DIFFERENCE), sweep(model, tokens, cells, DIFFERENCE).cells());
        Model hooked = model.with(List.of(hook));
        Sweep.Result result = sweep(hooked, tokens, some(model), DIFFERENCE);
        assertSame(some(model), loop(hooked, tokens, some(model), DIFFERENCE), result.cells());
        assertArrayEquals(DIFFERENCE.of(hooked.run(tokens)), result.baseline(), 1e-5);
    }

    @ParameterizedTest
    @MethodSource("shapes") void littleMemoryMakesMoreBatchesAndTheSameNumbers(String shape) {
        Model model = GoldenModels.open(shape);
        Tokens tokens = Small.tokens(model, 7, 9, 9, 7);
        Sweep large = Sweep.of(model, tokens, some(model), DIFFERENCE, Sweep.Settings.DEFAULT);
        Sweep small = Sweep.of(model, tokens, some(model), DIFFERENCE,
                new Sweep.Settings(OptionalLong.of(1), Journal.NONE, Progress.NONE));
        assertTrue(small.plan().batches() > large.plan().batches());
        assertTrue(small.plan().bytes() < large.plan().bytes());
        assertSame(some(model), large.run().cells(), small.run().cells());
    }

    @Test void theReferenceFindsTheSame() {
        Tokens tokens = Small.tokens(GoldenModels.open("grouped-query"), 8, 8, 6);
        Model model = GoldenModels.open("grouped-query");
        Model reference = GoldenModels.open("grouped-query", BackendUnderTest.REFERENCE);
        List<List<Intervention>> cells = some(model);
        double[][] expected = sweep(reference, tokens, cells, DIFFERENCE).cells();
        assertSame(cells, expected, sweep(model, tokens, cells, DIFFERENCE).cells());
    }

    @Test void progressReachesTheNumberOfCells() {
        Model model = GoldenModels.open("multi-head");
        List<Long> seen = new ArrayList<>();
        Sweep.of(model, Small.tokens(model, 9, 8, 6), some(model), DIFFERENCE,
                Sweep.Settings.DEFAULT.with((done, all) -> {
                    assertEquals(some(model).size(), all);
                    seen.add(done);
                })).run();
        assertEquals(some(model).size(), seen.getLast().intValue());
        assertEquals(seen.stream().sorted().toList(), seen);
    }

    @Test void whatTheModelDoesNotHaveIsRefusedBeforeAnythingRuns() {
        Model model = GoldenModels.open("multi-head");
        Tokens tokens = Small.tokens(model, 10, 8);
        for (Site site : List.of(Site.of("blocks.0.attn.hook_z").heads(List.of(99)), Site.of("blocks.77.hook_mlp_out"),
                Site.of("blocks.0.hook_mlp_out").at(List.of(8)),
                Site.of("blocks.0.mlp.hook_post").columns(List.of(100_000)))) {
            assertThrows(UsageException.class,
                    () -> sweep(model, tokens, List.of(List.of(new Intervention.AblateZero(site))), DIFFERENCE),
                    site.toString());
        }
        Metric twoTokens = new Metric.LogitDifference(List.of(3, 4), List.of(5, 6), -1);
        assertThrows(UsageException.class,
                () -> sweep(model, Small.tokens(model, 11, 8, 8, 8), some(model), twoTokens));
    }
}
