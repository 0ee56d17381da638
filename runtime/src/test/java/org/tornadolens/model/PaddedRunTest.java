package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.analysis.LogitLens;
import org.tornadolens.analysis.References;
import org.tornadolens.analysis.Rollout;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Top;
import org.tornadolens.testing.GoldenModels;

/** What is computed from a padded batch is what is computed from its rows alone. */
class PaddedRunTest {

    private static final List<int[]> ROWS =
            List.of(new int[]{3, 1, 4, 1, 5, 9, 2}, new int[]{2, 6, 5}, new int[]{8, 9, 7, 9, 3});
    private static final Tokens TOGETHER = Tokens.of(ROWS);
    private static final Model MODEL = GoldenModels.open("grouped-query");

    private static float[] floats(Tensor tensor) {
        return (float[]) tensor.reshape(Shape.of("all", (int) tensor.elements())).toArray();
    }

    /** Asserts that a number of the batch is that of each row alone. */
    private static void sameAlone(RunOptions options, Function<Run, Tensor> number) {
        Tensor together = number.apply(MODEL.run(TOGETHER, options));
        for (int row = 0; row < ROWS.size(); row++) {
            Tensor alone = number.apply(MODEL.run(Tokens.of(ROWS.get(row)), options));
            assertArrayEquals(floats(alone.at("batch", 0)), floats(together.at("batch", row)), 1e-5f);
        }
    }

    @Test void reductionsOverPositionsCountTokens() {
        for (String name : List.of("blocks.1.mlp.hook_post", "blocks.0.attn.hook_k", "blocks.1.hook_resid_post",
                "ln_final.hook_scale", "blocks.0.attn.hook_result", "hook_embed")) {
            RunOptions options = RunOptions.DEFAULT.keep(name);
            sameAlone(options, run -> run.cache().get(name).mean("pos"));
            sameAlone(options, run -> run.cache().get(name).max("pos"));
            sameAlone(options, run -> run.cache().get(name).abs().min("pos"));
            sameAlone(options, run -> run.cache().get(name).norm("pos"));
        }
        sameAlone(RunOptions.DEFAULT, run -> run.logits().softmax("dVocab").mean("pos"));
        sameAlone(RunOptions.DEFAULT.withLoss(), run -> run.loss().mean("pos"));
    }

    @Test void patternsCountNeitherPaddedDestinationsNorPaddedSources() {
        String name = "blocks.1.attn.hook_pattern";
        RunOptions options = RunOptions.DEFAULT.keep(name);
        sameAlone(options, run -> run.cache().get(name).mean("dest", "src"));
        sameAlone(options, run -> run.cache().get(name).mean("src").max("dest"));
        sameAlone(options, run -> run.cache().get(name).diagonal(-1).mean("dest"));
        sameAlone(options, run -> run.cache().get(Site.of(name).heads(List.of(1)).at(List.of(-1, 0))).mean("src"));
        sameAlone(options, run -> run.cache().get(name.replace("pattern", "pattern")).at("dest", -1).min("src"));
        sameAlone(RunOptions.DEFAULT, run -> Rollout.of(run).mean("dest", "src"));
    }

    @Test void selectedPositionsAreTokensAndHaveNoMask() {
        Site site = Site.of("blocks.1.hook_resid_post").at(List.of(0, -1));
        assertFalse(MODEL.run(TOGETHER, RunOptions.DEFAULT.keep(List.of(site))).cache().get(site).mask().isPresent());
        Run all = MODEL.run(TOGETHER, RunOptions.DEFAULT.keep(site.value()));
        assertFalse(all.cache().get(site).mask().isPresent());
        assertFalse(MODEL.run(TOGETHER, RunOptions.DEFAULT.at(0, -1)).logits().mask().isPresent());
        assertFalse(all.logits(java.util.Optional.of(List.of(-1))).mask().isPresent());
        Run alone = MODEL.run(Tokens.of(ROWS.get(1)), RunOptions.DEFAULT.keep(site.value()));
        assertFalse(alone.cache().get(site.value()).mask().isPresent());
        assertFalse(alone.logits().mask().isPresent());
    }

    @Test void theLargestActivationsAreThoseOfTokens() {
        Tensor post = MODEL.run(TOGETHER, RunOptions.DEFAULT.keep("blocks.1.mlp.hook_post")).cache()
                .get("blocks.1.mlp.hook_post").at("dMlp", 3);
        List<Top> top = post.top(99);
        assertEquals(15, top.size());
        for (Top one : top)
            assertTrue(one.index().get("pos") >= TOGETHER.padding()[one.index().get("batch")], one.toString());
    }

    @Test void theMaskOfTokensIsOneAtTokens() {
        assertArrayEquals(new float[]{1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 0, 0, 1, 1, 1, 1, 1},
                floats(TOGETHER.mask()));
    }

    @Test void hooksAreGivenMaskedValues() {
        List<Tensor> seen = new ArrayList<>();
        List<Intervention> hooks = new ArrayList<>();
        for (String name : List.of("blocks.0.hook_resid_pre", "blocks.0.attn.hook_pattern")) {
            hooks.add(new Intervention.Hook(Site.of(name), (value, context) -> {
                seen.add(value.copy());
                return value;
            }));
        }
        hooks.add(new Intervention.Hook(Site.of("blocks.0.hook_resid_post").at(List.of(0, 1)), (value, context) -> {
            seen.add(value.copy());
            return value;
        }));
        Run run = MODEL.run(TOGETHER,
                RunOptions.DEFAULT.with(hooks).keep("blocks.0.hook_resid_pre", "blocks.0.attn.hook_pattern"));
        assertArrayEquals(floats(run.cache().get("blocks.0.hook_resid_pre").mean("pos")),
                floats(seen.get(0).mean("pos")));
        assertArrayEquals(floats(run.cache().get("blocks.0.attn.hook_pattern").mean("dest", "src")),
                floats(seen.get(1).mean("dest", "src")));
        assertFalse(seen.get(2).mask().isPresent());
    }

    @Test void theLensMasksPadding() {
        LogitLens lens = LogitLens.of(MODEL.run(TOGETHER), LogitLens.Of.RESIDUAL, java.util.Optional.empty(), 1,
                new int[]{1, 2, 3}, done -> {});
        Tensor probability = lens.target().orElseThrow().probability();
        for (int row = 0; row < 3; row++) {
            Tensor alone = LogitLens.of(MODEL.run(Tokens.of(ROWS.get(row))), LogitLens.Of.RESIDUAL,
                    java.util.Optional.empty(), 1, new int[]{row + 1}, done -> {}).target().orElseThrow().probability();
            assertArrayEquals(floats(alone.mean("pos")), floats(probability.at("batch", row).mean("pos")), 1e-6f);
            assertArrayEquals(floats(alone.max("pos")), floats(probability.at("batch", row).max("pos")), 1e-6f);
        }
        assertEquals(15 * 3, (int) lens.probabilities().counts().sum());
    }

    @Test void aMeanAblationDoesNotCountPadding() {
        Site site = Site.of("blocks.1.hook_mlp_out");
        Run run = MODEL.run(TOGETHER, RunOptions.DEFAULT.keep(site.value()));
        Tensor mean = run.cache().get(site.value()).mean("batch", "pos");
        for (var data : List.of(new References(MODEL, TOGETHER).mean(false),
                References.mean(run.cache(), TOGETHER.padding(), false)))
            assertArrayEquals(floats(mean), floats(data.values().apply(site)), 1e-6f);
    }

    @Test void aMeanOverARunThatKeptSomeHeadsOrPositionsIsThatOfThese() {
        String z = "blocks.1.attn.hook_z";
        Run whole = MODEL.run(TOGETHER, RunOptions.DEFAULT.keep(z));
        Site head = Site.of(z).heads(List.of(1)), last = head.at(List.of(-1));
        for (Site site : List.of(head, last)) {
            Run some = MODEL.run(TOGETHER, RunOptions.DEFAULT.keep(List.of(site)));
            for (boolean byPosition : List.of(false, true)) {
                Tensor kept = References.mean(some.cache(), TOGETHER.padding(), byPosition).values().apply(site);
                Tensor all = whole.cache().get(site);
                Tensor expected = site == last ? all.mean("batch", "pos") : byPosition
                        ? References.mean(whole.cache(), TOGETHER.padding(), true).values().apply(site).at("head", 1)
                        : all.mean("batch", "pos");
                assertArrayEquals(floats(expected), floats(kept), 1e-6f);
            }
        }
        Run first = MODEL.run(TOGETHER, RunOptions.DEFAULT.keep(List.of(Site.of(z).at(List.of(0)))));
        UsageException error = assertThrows(UsageException.class,
                () -> References.mean(first.cache(), TOGETHER.padding(), false).values().apply(Site.of(z)));
        assertEquals(
                "only the positions [0] of " + z + " were kept, and all are needed: select them with .at(…), or keep "
                        + "all",
                error.getMessage());
    }

    @Test void positionsFromTheEndLineUpAtTheEnd() {
        String name = "blocks.1.hook_resid_pre";
        Tokens longer = Tokens.of(11, 12, 13, 14, 15, 16, 17, 18, 19), shorter = Tokens.of(21, 22);
        for (Tokens tokens : List.of(longer, shorter)) {
            Run source = MODEL.run(tokens, RunOptions.DEFAULT.keep(name));
            Site last = Site.of(name).at(List.of(-1));
            Tensor expected = MODEL.run(TOGETHER, RunOptions.DEFAULT.at(-1).with(List.of(new Intervention.Patch(last,
                    org.tornadolens.intervention.Data.of(source.cache().get(name).at("pos", -1)))))).logits();
            for (var data : List.of(source.cache().data(), source.cache().data().drawn(3),
                    new References(MODEL, tokens).samples(3), new References(MODEL, tokens).mean(true),
                    References.mean(source.cache(), tokens.padding(), true))) {
                Tensor patched = MODEL.run(TOGETHER,
                        RunOptions.DEFAULT.at(-1).with(List.of(new Intervention.Patch(last, data)))).logits();
                assertArrayEquals(floats(expected), floats(patched), 1e-5f);
            }
        }
        Run source = MODEL.run(shorter, RunOptions.DEFAULT.keep(name));
        UsageException error = assertThrows(UsageException.class, () -> MODEL.run(TOGETHER, RunOptions.DEFAULT
                .with(List.of(new Intervention.Patch(Site.of(name).at(List.of(-3)), source.cache().data())))));
        assertEquals(
                "the data for blocks.1.hook_resid_pre has 2 positions for row 0 of this run, and -3 is none of them",
                error.getMessage());
    }

    @Test void aPatternFromALongerRunDoesNotLineUpAtTheLastDestination() {
        String name = "blocks.1.attn.hook_pattern";
        Run source = MODEL.run(Tokens.of(11, 12, 13, 14, 15), RunOptions.DEFAULT.keep(name));
        Site last = Site.of(name).at(List.of(-1));
        UsageException error = assertThrows(UsageException.class, () -> MODEL.run(Tokens.of(1, 2, 3),
                RunOptions.DEFAULT.with(List.of(new Intervention.Patch(last, source.cache().data())))));
        assertTrue(error.getMessage().endsWith("which do not line up at destinations counted from the end: name the "
                + "sources with .from(…)"), error.getMessage());
    }

    @Test void metricsTakeOneAnswerForEachRowOrOneForAll() {
        Run run = MODEL.run(TOGETHER);
        List<Metric> wrong = List.of(new Metric.Logit(List.of(1, 2), -1), new Metric.Rank(List.of(1, 2, 3, 4), -1),
                new Metric.LogProbability(List.of(List.of(1), List.of(2)), -1),
                new Metric.Probability(List.of(List.of(1), List.of(2), List.of(3), List.of(4)), -1),
                new Metric.LogitDifference(List.of(1, 2), List.of(3), -1),
                new Metric.LogitDifference(List.of(1), List.of(2, 3, 4, 5), -1),
                new Metric.KlDivergence(MODEL.run(TOGETHER.rows(0, 2)).logits(java.util.Optional.of(List.of(-1))), -1));
        for (Metric metric : wrong) {
            UsageException error = assertThrows(UsageException.class, () -> metric.of(run), metric.toString());
            assertTrue(error.getMessage().matches("the metric names [24] tokens or references for 3 prompts: give one "
                    + "for all, or one for each"), error.getMessage());
        }
        assertEquals(3, new Metric.Logit(List.of(1, 2, 3), -1).of(run).length);
    }
}
