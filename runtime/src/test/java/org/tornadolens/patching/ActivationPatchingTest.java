package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.ActivationPatching.Direction;
import org.tornadolens.patching.ActivationPatching.Request;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

/** Compares every site and axis with a loop of whole runs, which is the definition. */
@BackendSuite class ActivationPatchingTest {

    static List<String> shapes() { return Small.shapes(); }

    private static final Metric METRIC = new Metric.LogitDifference(List.of(7), List.of(9), -1);

    private static final Map<String, String> RESIDUAL = Map.of("resid_pre", "hook_resid_pre", "resid_mid",
            "hook_resid_mid", "attn_out", "hook_attn_out", "mlp_out", "hook_mlp_out");

    /**
     * Returns a pair with rows of equal length that differ from their third position on, one of them from its fifth.
     */
    private static Pair pair(Model model) {
        Tokens clean = Small.tokens(model, 1, 7, 7), corrupted = Small.corrupted(clean, 2);
        int[] ids = corrupted.ids().clone();
        ids[7 + 2] = clean.ids()[7 + 2];
        ids[7 + 4] = 5;
        return new Pair(clean, new Tokens(ids, clean.padding()));
    }

    private static Tensor patched(Model model, Pair pair, String site, String... by) {
        return ActivationPatching
                .of(model, new Request(pair, new Measure.Declared(METRIC), site, by), Sweep.Settings.DEFAULT).values();
    }

    private static double loop(Model model, Tokens into, Site site, Run from) {
        return Arrays.stream(METRIC.of(model.run(into, RunOptions.DEFAULT.with(List.of(Small.patch(site, from))))))
                .average().orElseThrow();
    }

    private static void assertCell(double expected, float actual, Object what) {
        assertEquals(expected, actual, Small.TOLERANCE * Math.max(1, Math.abs(expected)), what.toString());
    }

    @ParameterizedTest
    @MethodSource("shapes") void everyResidualSiteByLayerAndPosition(String shape) {
        Model model = GoldenModels.open(shape);
        Pair pair = pair(model);
        Run clean = Small.everything(model, pair.clean());
        RESIDUAL.forEach((site, hook) -> {
            Tensor values = patched(model, pair, site, "layer", "pos");
            assertEquals(List.of("layer", "pos"), values.shape().names());
            for (int layer = 0; layer < model.configuration().nLayers(); layer++) {
                for (int pos = 0; pos < 7; pos++) {
                    Site one = Site.of("blocks." + layer + "." + hook).at(List.of(pos));
                    assertCell(loop(model, pair.corrupted(), one, clean), values.get(layer, pos), one);
                }
            }
        });
    }

    @ParameterizedTest
    @MethodSource("shapes") void everyHeadSiteByLayerHeadAndPosition(String shape) {
        Model model = GoldenModels.open(shape);
        Configuration c = model.configuration();
        Pair pair = pair(model);
        Run clean = Small.everything(model, pair.clean());
        for (String site : List.of("z", "q", "k", "v")) {
            boolean shared = c.nKvHeads() < c.nHeads() && (site.equals("k") || site.equals("v"));
            Tensor all = patched(model, pair, site, "layer", "head"),
                    byPosition = patched(model, pair, site, "layer", "pos", "head");
            assertEquals(List.of("layer", "pos", shared ? "kvHead" : "head"), byPosition.shape().names());
            for (int layer = 0; layer < c.nLayers(); layer++) {
                for (int head = 0; head < (shared ? c.nKvHeads() : c.nHeads()); head++) {
                    Site one = Site.of("blocks." + layer + ".attn.hook_" + site)
                            .heads(List.of(shared ? head * c.headsPerKv() : head));
                    assertCell(loop(model, pair.corrupted(), one, clean), all.get(layer, head), one);
                    for (int pos = 1; pos < 7; pos += 2)
                        assertCell(loop(model, pair.corrupted(), one.at(List.of(pos)), clean),
                                byPosition.get(layer, pos, head), one.at(List.of(pos)));
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void patternsByHeadDestinationAndSource(String shape) {
        Model model = GoldenModels.open(shape);
        Configuration c = model.configuration();
        Pair pair = pair(model);
        Run clean = Small.everything(model, pair.clean());
        Tensor heads = patched(model, pair, "pattern", "layer", "head"),
                destinations = patched(model, pair, "pattern", "layer", "head", "dest"),
                sources = patched(model, pair, "pattern", "layer", "head", "dest", "src");
        assertEquals(List.of("layer", "head", "dest", "src"), sources.shape().names());
        int last = c.nHeads() - 1;
        for (int layer = 0; layer < c.nLayers(); layer++) {
            Site one = Site.of("blocks." + layer + ".attn.hook_pattern").heads(List.of(last));
            assertCell(loop(model, pair.corrupted(), one, clean), heads.get(layer, last), one);
            for (int dest = 0; dest < 7; dest++) {
                assertCell(loop(model, pair.corrupted(), one.at(List.of(dest)), clean),
                        destinations.get(layer, last, dest), one.at(List.of(dest)));
                for (int src = 0; src < 7; src += 3) {
                    Site cell = one.at(List.of(dest)).columns(List.of(src));
                    assertCell(loop(model, pair.corrupted(), cell, clean), sources.get(layer, last, dest, src), cell);
                }
            }
        }
    }

    private static final Map<String,
            String> HOOKS = Map.ofEntries(Map.entry("resid_pre", "hook_resid_pre"),
                    Map.entry("resid_mid", "hook_resid_mid"), Map.entry("resid_post", "hook_resid_post"),
                    Map.entry("attn_out", "hook_attn_out"), Map.entry("mlp_in", "hook_mlp_in"),
                    Map.entry("mlp_pre", "mlp.hook_pre"), Map.entry("mlp_post", "mlp.hook_post"),
                    Map.entry("mlp_out", "hook_mlp_out"),
                    Map.entry("q", "attn.hook_q"), Map.entry("k", "attn.hook_k"), Map.entry("v", "attn.hook_v"),
                    Map.entry("rot_q", "attn.hook_rot_q"), Map.entry("rot_k", "attn.hook_rot_k"),
                    Map.entry("scores", "attn.hook_attn_scores"), Map.entry("pattern", "attn.hook_pattern"),
                    Map.entry("z", "attn.hook_z"), Map.entry("result", "attn.hook_result"));

    private static List<String> axes(String site, Configuration c) {
        boolean shared = c.nKvHeads() < c.nHeads();
        return switch (site) {
            case "scores", "pattern" -> List.of("layer", "head", "dest", "src");
            case "k", "v", "rot_k" -> List.of("layer", shared ? "kvHead" : "head", "pos");
            case "q", "rot_q", "z", "result" -> List.of("layer", "head", "pos");
            default -> List.of("layer", "pos");
        };
    }

    /**
     * Rows of different length, every site by every set of its axes, alternately denoised and noised; three cells each.
     */
    @ParameterizedTest
    @MethodSource("shapes") void everySiteByEverySetOfItsAxes(String shape) {
        Model model = GoldenModels.open(shape);
        Configuration c = model.configuration();
        Tokens clean = Small.tokens(model, 5, 6, 4, 5), corrupted = Small.corrupted(clean, 1);
        Pair pair = new Pair(clean, corrupted);
        Map<Direction, Run> sources = Map.of(Direction.DENOISE, Small.everything(model, clean), Direction.NOISE,
                Small.everything(model, corrupted));
        assertEquals(HOOKS.keySet(), ActivationPatching.sites());
        SplittableRandom random = new SplittableRandom(9);
        for (String site : HOOKS.keySet()) {
            List<String> own = axes(site, c);
            for (int set = 1; set < 1 << own.size(); set++) {
                int chosen = set;
                List<String> by = IntStream.range(0, own.size()).filter(axis -> (chosen >> axis & 1) == 1)
                        .mapToObj(own::get).toList();
                Direction direction = Direction.values()[set % 2];
                Tensor values = ActivationPatching.of(model,
                        new Request(pair, new Measure.Declared(METRIC), site, by, direction, Optional.empty(), false),
                        Sweep.Settings.DEFAULT).values();
                assertEquals(by, values.shape().names());
                for (int sample = 0; sample < 3; sample++) {
                    int[] index = by.stream()
                            .mapToInt(axis -> random.nextInt(values.shape().size(values.shape().indexOf(axis))))
                            .toArray();
                    Site cell = cell(site, by, index, c);
                    assertCell(
                            loop(model, direction == Direction.DENOISE ? corrupted : clean, cell,
                                    sources.get(direction)),
                            values.get(index), direction + " of " + site + " by " + by + ": " + cell);
                }
            }
        }
    }

    /**
     * Returns the site that a cell patches; positions are counted from the end, since rows differ in length (4 or
     * more).
     */
    private static Site cell(String site, List<String> by, int[] index, Configuration c) {
        int layer = by.indexOf("layer"), head = by.indexOf("head"), kvHead = by.indexOf("kvHead"),
                pos = Math.max(by.indexOf("pos"), by.indexOf("dest")), src = by.indexOf("src");
        Site cell = Site.of("blocks." + (layer < 0 ? "*" : index[layer]) + "." + HOOKS.get(site));
        if (head >= 0) cell = cell.heads(List.of(index[head]));
        if (kvHead >= 0) cell = cell.heads(List.of(index[kvHead] * c.headsPerKv()));
        if (pos >= 0) cell = cell.at(List.of(index[pos] - 4));
        return src < 0 ? cell : cell.columns(List.of(index[src] - 4));
    }

    @ParameterizedTest
    @MethodSource("shapes") void noisePutsCorruptedValuesIntoTheCleanRun(String shape) {
        Model model = GoldenModels.open(shape);
        Pair pair = pair(model);
        Run corrupted = Small.everything(model, pair.corrupted());
        Tensor values = ActivationPatching.of(model, new Request(pair, new Measure.Declared(METRIC), "attn_out",
                List.of("layer"), Direction.NOISE, Optional.empty(), false), Sweep.Settings.DEFAULT).values();
        for (int layer = 0; layer < model.configuration().nLayers(); layer++) {
            Site one = Site.of("blocks." + layer + ".hook_attn_out");
            assertCell(loop(model, pair.clean(), one, corrupted), values.get(layer), one);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void promptsOfDifferentLengthsArePatchedFromTheEndOrAtNamedPositions(String shape) {
        Model model = GoldenModels.open(shape);
        Tokens clean = Small.tokens(model, 3, 8, 5, 7), corrupted = Small.corrupted(clean, 1);
        Pair pair = new Pair(clean, corrupted);
        Run source = Small.everything(model, clean);
        Tensor fromEnd = patched(model, pair, "resid_mid", "layer", "pos");
        assertEquals(5, fromEnd.shape().size(1));
        List<List<Integer>> named = List.of(List.of(1), List.of(4, 2, 3), List.of(-1));
        Tensor atNamed = ActivationPatching.of(model, new Request(pair, new Measure.Declared(METRIC), "resid_mid",
                List.of("layer", "pos"), Direction.DENOISE, Optional.of(named), false), Sweep.Settings.DEFAULT)
                .values();
        for (int layer = 0; layer < model.configuration().nLayers(); layer++) {
            Site site = Site.of("blocks." + layer + ".hook_resid_mid");
            for (int i = 0; i < 5; i++)
                assertCell(loop(model, corrupted, site.at(List.of(i - 5)), source), fromEnd.get(layer, i),
                        site + " place " + i);
            assertCell(loop(model, corrupted, site.at(List.of(1)), source), atNamed.get(layer, 0), site + " at 1");
            assertCell(loop(model, corrupted, site.at(List.of(-1)), source), atNamed.get(layer, 2),
                    site + " at the last");
            var rows = IntStream.range(0, 3)
                    .mapToObj(row -> Small.patch(site.rows(List.of(row)).at(List.of(named.get(1).get(row))), source))
                    .toList();
            assertCell(Arrays.stream(METRIC.of(model.run(corrupted, RunOptions.DEFAULT.with(rows)))).average()
                    .orElseThrow(), atNamed.get(layer, 1), site + " at named positions");
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void aMetricOfTheHostFindsTheSame(String shape) {
        Model model = GoldenModels.open(shape);
        Pair pair = pair(model);
        Measure host = new Measure.Host(run -> Arrays.stream(METRIC.of(run)).average().orElseThrow());
        Tensor values = ActivationPatching
                .of(model, new Request(pair, host, "mlp_out", "layer"), Sweep.Settings.DEFAULT).values(),
                declared = patched(model, pair, "mlp_out", "layer");
        for (int layer = 0; layer < model.configuration().nLayers(); layer++)
            assertCell(values.get(layer), declared.get(layer), layer);
    }

    // ---- properties that do not depend on the weights

    @ParameterizedTest
    @MethodSource("shapes") void cleanIntoCleanChangesNothing(String shape) {
        Model model = GoldenModels.open(shape);
        Tokens clean = Small.tokens(model, 4, 6, 6);
        double own = new Measure.Declared(METRIC).of(model, clean);
        for (String site : ActivationPatching.sites()) {
            Tensor values = patched(model, new Pair(clean, clean), site, "layer");
            for (int layer = 0; layer < model.configuration().nLayers(); layer++)
                assertCell(own, values.get(layer), site);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void theWholeResidualStreamMakesTheOtherRun(String shape) {
        Model model = GoldenModels.open(shape);
        Pair pair = pair(model);
        ActivationPatching.Result result = ActivationPatching.of(model, new Request(pair, new Measure.Declared(METRIC),
                "resid_pre", List.of("layer"), Direction.DENOISE, Optional.empty(), true), Sweep.Settings.DEFAULT);
        assertTrue(Math.abs(result.clean() - result.corrupted()) > 1e-3);
        for (int layer = 0; layer < model.configuration().nLayers(); layer++)
            assertEquals(1, result.values().get(layer), 1e-3);
    }

    @Test void whatCannotBeNormalizedIsRefused() {
        Model model = GoldenModels.open("multi-head");
        Pair pair = pair(model), same = new Pair(pair.clean(), pair.clean());
        Metric constant = new Metric.LogitDifference(List.of(7), List.of(7), -1);   // the same for every run
        for (Request request : List.of(
                new Request(same, new Measure.Declared(METRIC), "z", List.of("layer"), Direction.DENOISE,
                        Optional.empty(), true),
                new Request(pair, new Measure.Declared(constant), "z", List.of("layer"), Direction.NOISE,
                        Optional.empty(),
                        true))) {
            String said = assertThrows(UsageException.class,
                    () -> ActivationPatching.of(model, request, Sweep.Settings.DEFAULT)).getMessage();
            assertTrue(said.startsWith("nothing to normalize by: the metric is "), said);
        }
    }

    @Test void whatDoesNotFitIsRefused() {
        Model model = GoldenModels.open("multi-head");
        Pair pair = pair(model);
        assertTrue(assertThrows(UsageException.class, () -> patched(model, pair, "resid_per", "layer")).getMessage()
                .contains("resid_pre"));
        assertTrue(assertThrows(UsageException.class, () -> patched(model, pair, "attn_out", "layer", "head"))
                .getMessage().contains("layer, pos"));
        assertThrows(UsageException.class, () -> patched(model, pair, "z", "layer", "layer"));
        assertThrows(UsageException.class, () -> patched(model, pair, "z"));
        assertTrue(assertThrows(UsageException.class, () -> new Pair(pair.clean(), Small.tokens(model, 1, 7, 6)))
                .getMessage().contains("prompt 1 has 7 tokens and its corrupted one 6"));
    }
}
