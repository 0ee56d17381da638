package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalInt;
import java.util.Random;
import java.util.function.IntPredicate;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.intervention.Steps;
import org.tornadolens.model.Generated.Ending;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

/** Generation: what each step applies, keeps and reports, and why rows end. */
@BackendSuite class GenerationTest {

    private static final Tokens RAGGED =
            Tokens.of(List.of(new int[]{1, 5, 9, 13, 40, 7, 3}, new int[]{1, 22, 30, 8}, new int[]{1, 31}));
    private static final Sampling WARM = new Sampling(1.5, 0.95, 0, 0);
    private static final String RESIDUAL = "blocks.0.hook_resid_post";

    private static Generation.Options options(int max, Sampling sampling, long seed, List<Integer> stop) {
        return new Generation.Options(max, sampling, seed, stop);
    }

    private static Generated generate(Model model, Tokens prompt, Generation.Options options) {
        return Generation.generate(model, prompt, options, (_, _) -> true);
    }

    private static Tensor direction(Model model) {
        Random random = new Random(3);
        float[] values = new float[model.configuration().dModel()];
        for (int i = 0; i < values.length; i++) values[i] = (float) random.nextGaussian();
        return Tensor.of(Shape.of("dModel", values.length), values);
    }

    private static void assertNear(Tensor expected, Tensor actual, double tolerance, String what) {
        assertEquals(expected.shape(), actual.shape(), what);
        assertTrue(expected.sub(actual).abs().max() <= tolerance,
                what + " differs by " + expected.sub(actual).abs().max());
    }

    /** Every kind of value, also those with heads, sources and scales, of rows that end at different lengths. */
    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "mistral", "qwen3"}) void whatIsKeptEqualsARunOfTheWholeRows(
            String shape) {
        Model model = GoldenModels.open(shape);
        List<int[]> greedy = generate(model, RAGGED, options(5, Sampling.GREEDY, 0, List.of())).rows();
        List<Integer> stop = List.of(greedy.get(0)[8]);   // the first row ends early
        List<Site> keep = Stream.of(RESIDUAL, "blocks.*.attn.hook_pattern", "blocks.1.attn.hook_z",
                "blocks.1.attn.hook_k", "blocks.1.attn.hook_rot_q", "blocks.0.ln1.hook_scale", "blocks.1.mlp.hook_post",
                "hook_embed").map(Site::of).toList();
        Generated generated = generate(model, RAGGED, options(5, Sampling.GREEDY, 0, stop).keeping(keep));
        Tokens rows = generated.tokens();
        Run plain = model.run(rows, RunOptions.DEFAULT.keep(keep));
        assertEquals(plain.cache().names(), generated.cache().orElseThrow().names());
        for (String name : plain.cache().names()) {
            Tensor expected = plain.cache().get(name), actual = generated.cache().orElseThrow().get(name);
            for (int row = 0; row < rows.batch(); row++) {
                String position = expected.shape().indexOf("dest") >= 0 ? "dest" : "pos";
                Tensor real = expected.at("batch", row).slice(position, rows.padding()[row], rows.length()),
                        kept = actual.at("batch", row).slice(position, rows.padding()[row], rows.length());
                assertNear(real, kept, 2e-5, name + " of row " + row);
            }
        }
    }

    @Test void theKeptValuesAreThoseOfTheSteeredRuns() {
        Model model = GoldenModels.open("multi-head");
        Site newest = Site.of(RESIDUAL).at(List.of(-1));
        Model steered = model.with(List.of(new Intervention.Add(newest, Data.of(direction(model)), 1)));
        Generated generated = generate(steered, Tokens.of(1, 5, 9, 13),
                options(3, Sampling.GREEDY, 0, List.of()).keeping(List.of(Site.of(RESIDUAL))));
        Tensor kept = generated.cache().orElseThrow().get(RESIDUAL);
        Tensor plain = model.run(generated.tokens(), RunOptions.DEFAULT.keep(RESIDUAL)).cache().get(RESIDUAL);
        for (int pos = 0; pos < 7; pos++) {
            Tensor added = kept.sub(plain).at("batch", 0).at("pos", pos);
            Tensor expected = pos < 3 ? direction(model).mul(0) : direction(model);
            assertNear(expected, added, 1e-4, "position " + pos);
        }
    }

    @Test void aPromptOfWhichNothingIsGeneratedIsKeptToo() {
        Model model = GoldenModels.open("multi-head");
        Generated generated = generate(model, RAGGED,
                options(0, Sampling.GREEDY, 0, List.of()).keeping(List.of(Site.of("blocks.1.hook_resid_post"))));
        assertEquals(RAGGED, generated.tokens());
        assertEquals(List.of(Ending.MAX, Ending.MAX, Ending.MAX), generated.endings());
        assertEquals(7, generated.cache().orElseThrow().get("blocks.1.hook_resid_post").shape().size(1));
    }

    /** In which positions of the kept residual stream the direction was added. */
    private static List<Integer> steered(Steps steps) {
        Model model = GoldenModels.open("multi-head");
        Intervention everywhere = new Intervention.Add(Site.of(RESIDUAL), Data.of(direction(model)), 1).during(steps);
        Generated generated = generate(model.with(List.of(everywhere)), Tokens.of(1, 5, 9),
                options(4, Sampling.GREEDY, 0, List.of()).keeping(List.of(Site.of(RESIDUAL))));
        Tensor kept = generated.cache().orElseThrow().get(RESIDUAL);
        Tensor plain = model.run(generated.tokens(), RunOptions.DEFAULT.keep(RESIDUAL)).cache().get(RESIDUAL);
        IntPredicate changed =
                pos -> kept.sub(plain).at("batch", 0).at("pos", pos).abs().max() > 0.1;
        return IntStream.range(0, 7).filter(changed).boxed().toList();
    }

    @Test void anInterventionAppliesInItsStepsOnly() {
        assertEquals(List.of(0, 1, 2, 3, 4, 5, 6), steered(Steps.ALL));
        assertEquals(List.of(0, 1, 2), steered(Steps.PROMPT));
        assertEquals(List.of(3, 4, 5, 6), steered(Steps.NEW));
        assertEquals(List.of(4, 5), steered(new Steps(2, OptionalInt.of(4))));
        assertEquals(List.of(0, 1, 2, 3), steered(new Steps(0, OptionalInt.of(2))));
    }

    @Test void anOrdinaryRunIsAStepZero() {
        Model model = GoldenModels.open("multi-head");
        Tokens tokens = Tokens.of(1, 5, 9);
        Intervention zero = new Intervention.AblateZero(Site.of("blocks.0.hook_attn_out"));
        Tensor plain = model.run(tokens).logits(), ablated = model.with(List.of(zero)).run(tokens).logits();
        assertNear(ablated, model.with(List.of(zero.during(Steps.PROMPT))).run(tokens).logits(), 0, "the prompt's");
        assertNear(plain, model.with(List.of(zero.during(Steps.NEW))).run(tokens).logits(), 0, "new tokens'");
        String message = assertThrows(UsageException.class,
                () -> model.run(tokens, RunOptions.DEFAULT.with(List.of(zero.during(Steps.NEW))))).getMessage();
        assertTrue(message.contains("during new tokens") && message.contains("step 0"), message);
    }

    @Test void valuesOfAnotherRunCannotBeGivenToNewTokens() {
        Model model = GoldenModels.open("multi-head");
        Run run = model.run(Tokens.of(1, 5, 9), RunOptions.DEFAULT.keep(RESIDUAL));
        Intervention patch = new Intervention.Patch(Site.of(RESIDUAL), run.cache().data());
        assertThrows(UsageException.class, () -> patch.during(Steps.NEW));
        assertThrows(UsageException.class, () -> new Steps(3, OptionalInt.of(3)));
        assertThrows(UsageException.class, () -> new Steps(-1, OptionalInt.empty()));
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "mistral"}) void aRowIsTheSameInABatchAndAlone(
            String shape) {
        Model model = GoldenModels.open(shape);
        for (Sampling sampling : List.of(Sampling.GREEDY, WARM)) {
            List<int[]> together = generate(model, RAGGED, options(10, sampling, 5, List.of())).rows();
            for (int row = 0; row < RAGGED.batch(); row++) {
                int[] alone = generate(model, Tokens.of(RAGGED.row(row)), options(10, sampling, 5, List.of())).rows()
                        .getFirst();
                assertArrayEquals(alone, together.get(row), sampling + ", row " + row);
            }
        }
    }

    @Test void equalPromptsOfABatchAreDifferentSamples() {
        Model model = GoldenModels.open("multi-head");
        List<int[]> rows = new ArrayList<>();
        for (int i = 0; i < 6; i++) rows.add(new int[]{1, 5, 9});
        List<int[]> samples = generate(model, Tokens.of(rows), options(10, WARM, 5, List.of())).rows();
        assertTrue(samples.stream().map(Arrays::toString).distinct().count() > 4, "they differ");
        assertArrayEquals(generate(model, Tokens.of(1, 5, 9), options(10, WARM, 5, List.of())).rows().getFirst(),
                samples.getFirst());
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void logProbabilitiesAreThoseOfAPlainRun(String shape) {
        Model model = GoldenModels.open(shape);
        Generated generated = generate(model, RAGGED, options(4, WARM, 2, List.of()).reporting(3));
        Tensor logits = model.run(generated.tokens()).logits().softmax("dVocab").log();
        for (int row = 0; row < RAGGED.batch(); row++) {
            int[] ids = generated.rows().get(row);
            int prompt = RAGGED.row(row).length, padding = generated.tokens().padding()[row];
            assertEquals(4, generated.choices().get(row).size());
            for (int i = 0; i < 4; i++) {
                Tensor here = logits.at("batch", row).at("pos", padding + prompt + i - 1);
                Generated.Choice choice = generated.choices().get(row).get(i);
                assertEquals(ids[prompt + i], choice.token());
                assertEquals(here.get(choice.token()), choice.logProb(), 1e-4);
                List<Integer> top = here.top(3).stream().map(one -> one.index().get("dVocab")).toList();
                assertEquals(top, choice.alternatives().stream().map(Generated.Alternative::token).toList());
                for (Generated.Alternative one : choice.alternatives())
                    assertEquals(here.get(one.token()), one.logProb(), 1e-4);
            }
        }
        assertTrue(generate(model, RAGGED, options(2, WARM, 2, List.of())).choices().isEmpty());
    }

    @Test void everyRowSaysWhyItEnded() {
        Model model = GoldenModels.open("multi-head");
        List<int[]> rows = generate(model, RAGGED, options(6, Sampling.GREEDY, 0, List.of())).rows();
        int last = rows.get(1)[4];   // the first new token of the second row
        Generated generated = generate(model, RAGGED, options(6, Sampling.GREEDY, 0, List.of(last)));
        assertEquals(Ending.STOP, generated.endings().get(1));
        assertEquals(5, generated.rows().get(1).length);

        int context = model.configuration().nCtx();
        Tokens nearlyFull = Tokens.of(List.of(IntStream.range(0, context - 3).map(i -> 1 + i % 30).toArray(),
                new int[]{1, 5}));
        Generated full = generate(model, nearlyFull, options(8, Sampling.GREEDY, 0, List.of()));
        assertEquals(List.of(Ending.CONTEXT, Ending.MAX), full.endings());
        assertEquals(context, full.rows().get(0).length);
        assertArrayEquals(generate(model, Tokens.of(1, 5), options(8, Sampling.GREEDY, 0, List.of())).rows().getFirst(),
                full.rows().get(1), "a short row continues although a long one of its batch is full");
        assertEquals(Ending.MAX,
                generate(model, nearlyFull, options(3, Sampling.GREEDY, 0, List.of())).endings().get(0));
        assertThrows(UsageException.class, () -> generate(model,
                Tokens.of(IntStream.range(0, context + 1).map(_ -> 1).toArray()), options(1, WARM, 0, List.of())));
    }

    // ---- sampling, on logits of its own

    private static int[] drawn(Sampling sampling, float... logits) {
        Tensor row = Tensor.of(Shape.of("dVocab", logits.length), logits);
        Random random = new Random(1);
        return IntStream.range(0, 4000).map(_ -> sampling.choose(row.data(), random)).toArray();
    }

    private static float log(double p) { return (float) Math.log(p); }

    @Test void limitsLeaveTheMostProbableTokens() {
        float[] logits = {log(0.1), log(0.4), log(0.05), log(0.3), log(0.15)};
        assertEquals(List.of(1, 3), distinct(drawn(new Sampling(1, 1, 2, 0), logits)));
        assertEquals(List.of(1, 3, 4), distinct(drawn(new Sampling(1, 0.8, 0, 0), logits)));
        assertEquals(List.of(0, 1, 3, 4), distinct(drawn(new Sampling(1, 1, 0, 0.24), logits)));
        assertEquals(List.of(1), distinct(drawn(new Sampling(1, 1, 0, 1), logits)));
        assertEquals(List.of(1, 3), distinct(drawn(new Sampling(1, 0.99, 4, 0.5), logits)));
        assertEquals(List.of(0, 1, 2, 3, 4), distinct(drawn(new Sampling(1, 1, 0, 0), logits)));
        int[] all = drawn(new Sampling(1, 1, 3, 0), logits);
        long most = IntStream.of(all).filter(token -> token == 1).count();
        assertEquals(0.4 / 0.85, most / 4000.0, 0.03, "the rest keeps its proportions");
    }

    private static List<Integer> distinct(int[] tokens) {
        return IntStream.of(tokens).distinct().sorted().boxed().toList();
    }

    /** Probabilities far below the first threshold, so that candidates have to be looked for again. */
    @Test void limitsHoldForFlatAndForSteepDistributions() {
        float[] flat = new float[3000], steep = new float[3000];
        for (int i = 0; i < steep.length; i++) steep[i] = -i;
        assertEquals(40, distinct(drawn(new Sampling(100, 1, 40, 0), steep)).size());
        assertEquals(39, distinct(drawn(new Sampling(100, 1, 40, 0), steep)).getLast());
        assertTrue(distinct(drawn(new Sampling(1, 0.5, 0, 0), flat)).getLast() < 1500 + 1);
        assertFalse(distinct(drawn(new Sampling(1, 0.5, 0, 0), flat)).getLast() < 1400);
    }

    @Test void limitsOutsideTheirRangeAreRefused() {
        for (double minP : new double[]{-0.1, 1.1, Double.NaN})
            assertThrows(UsageException.class, () -> new Sampling(1, 1, 0, minP));
        assertThrows(UsageException.class, () -> new Sampling(1, 0, 0, 0));
        assertThrows(UsageException.class, () -> new Sampling(-1, 1, 0, 0));
        assertThrows(UsageException.class, () -> new Sampling(1, 1, -1, 0));
        assertThrows(UsageException.class, () -> options(1, WARM, 0, List.of()).stoppingAt(List.of("")));
    }
}
