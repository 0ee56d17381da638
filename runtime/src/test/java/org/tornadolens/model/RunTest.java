package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.testing.TensorAssertions.assertIdentical;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

@BackendSuite class RunTest {

    private static final Tokens TWO_ROWS = Tokens.of(List.of(new int[]{3, 1, 4, 1, 5, 9}, new int[]{2, 6, 5}));

    @Test void anUnsetHookLeavesNoOperation() {
        Program program = GoldenModels.open("multi-head").program(RunOptions.DEFAULT);
        assertTrue(
                program.operations().stream()
                        .noneMatch(o -> o instanceof Operation.Scores || o instanceof Operation.Softmax
                                || o instanceof Operation.NormScale
                                || o instanceof Operation.HostCall || o instanceof Operation.Repeat
                                || o instanceof Operation.HeadResult || o instanceof Operation.Gather),
                program.toString());
    }

    @Test void onlyLayersWhosePatternIsKeptComputeIt() {
        Program program =
                GoldenModels.open("multi-head").program(RunOptions.DEFAULT.keep("blocks.1.attn.hook_pattern"));
        assertEquals(1, program.operations().stream().filter(Operation.Softmax.class::isInstance).count());
        assertEquals(1, program.operations().stream().filter(Operation.Attend.class::isInstance).count());
    }

    @Test void stoppingAtALayerRunsNothingAfterIt() {
        Model model = GoldenModels.open("theta-500000");
        Run run = model.run(TWO_ROWS, RunOptions.DEFAULT.stopAt(1));
        assertEquals(java.util.Set.of("blocks.1.hook_resid_pre"), run.cache().names());
        assertThrows(UsageException.class, run::logits);
        assertTrue(model.program(RunOptions.DEFAULT.stopAt(1)).operations().stream()
                .allMatch(o -> Golden.layer(o.out().name()) < 1 || o instanceof Operation.Copy));
    }

    @ParameterizedTest
    @ValueSource(strings = {"blocks.1.hook_resid_pre", "blocks.0.hook_resid_mid", "hook_embed",
            "blocks.0.attn.hook_result", "blocks.1.hook_q_input", "blocks.1.hook_k_input",
            "blocks.0.hook_mlp_in"}) void startingFromAnyValueGivesTheSameLogits(String name) {
        for (String shape : List.of("multi-head", "grouped-query")) {
            Model model = GoldenModels.open(shape);
            Run whole = model.run(TWO_ROWS, RunOptions.DEFAULT.keep(name));
            Run rest = model.run(TWO_ROWS, RunOptions.DEFAULT.from(Map.of(name, whole.cache().get(name))));
            assertClose(whole.logits(), rest.logits(), 1e-5);
        }
    }

    @Test void startingFromAResidualStreamDoesNotRunTheLayersBefore() {
        Model model = GoldenModels.open("multi-head");
        Tensor resid = model.run(TWO_ROWS, RunOptions.DEFAULT.keep("blocks.1.hook_resid_pre")).cache()
                .get("blocks.1.hook_resid_pre");
        Program program = model.program(RunOptions.DEFAULT.from(Map.of("blocks.1.hook_resid_pre", resid)));
        assertTrue(program.operations().stream()
                .noneMatch(o -> o instanceof Operation.Embed || Golden.layer(o.out().name()) == 0));
    }

    @Test void zeroingEveryHeadsZZeroesAttentionOut() {
        Model model = GoldenModels.open("grouped-query")
                .with(List.of(new Intervention.AblateZero(Site.of("blocks.0.attn.hook_z"))));
        Tensor out = model.run(TWO_ROWS, RunOptions.DEFAULT.keep("blocks.0.hook_attn_out")).cache()
                .get("blocks.0.hook_attn_out");
        assertEquals(0, out.abs().max());
    }

    @Test void zeroingAHeadsZEqualsZeroingItsResult() {
        Model model = GoldenModels.open("grouped-query");
        Tensor z = model.run(TWO_ROWS, RunOptions.DEFAULT.with(List.of(zero("blocks.1.attn.hook_z", 2)))).logits();
        Tensor result =
                model.run(TWO_ROWS, RunOptions.DEFAULT.with(List.of(zero("blocks.1.attn.hook_result", 2)))).logits();
        Tensor plain = model.run(TWO_ROWS).logits();
        assertClose(z, result, 1e-5);
        assertTrue(z.sub(plain).abs().max() > 1e-3, "the ablation changed nothing");
    }

    @Test void aHookOnSomeHeadsIsToldTheirNumbers() {
        Model model = GoldenModels.open("multi-head");
        for (String value : List.of("attn.hook_z", "attn.hook_q", "attn.hook_result", "attn.hook_pattern")) {
            List<HostFunction.Context> seen = new ArrayList<>();
            Intervention hook =
                    new Intervention.Hook(Site.of("blocks.1." + value).heads(List.of(3, 1)), (part, context) -> {
                        seen.add(context);
                        return part;
                    });
            model.run(TWO_ROWS, RunOptions.DEFAULT.with(List.of(zero("blocks.1." + value, 2), hook)));
            assertEquals(List.of(3, 1), seen.stream().map(HostFunction.Context::head).toList(), value);
        }
    }

    @Test void aHookSeesAndChangesExactlyTheHeadAndPositionsNamed() {
        Model model = GoldenModels.open("multi-head");
        List<String> seen = new ArrayList<>();
        HostFunction spy = (value, context) -> {
            seen.add(context.name() + " " + context.head() + " " + value.shape());
            value.fill(0);
            return value;
        };
        Site site = Site.of("blocks.0.attn.hook_z").heads(List.of(1)).at(List.of(0, -1));
        Run run = model.run(TWO_ROWS,
                RunOptions.DEFAULT.with(List.of(new Intervention.Hook(site, spy))).keep("blocks.0.attn.hook_z"));
        Tensor plain = model.run(TWO_ROWS, RunOptions.DEFAULT.keep("blocks.0.attn.hook_z")).cache()
                .get("blocks.0.attn.hook_z");
        Tensor z = run.cache().get("blocks.0.attn.hook_z");
        assertEquals(1, seen.size());
        assertTrue(seen.getFirst().startsWith("blocks.0.attn.hook_z 1 [batch 2, pos 2, dHead "), seen.toString());
        for (int row = 0; row < 2; row++) {
            int first = TWO_ROWS.padding()[row];
            for (int t = 0; t < TWO_ROWS.length(); t++) {
                for (int head = 0; head < model.configuration().nHeads(); head++) {
                    boolean changed = head == 1 && (t == first || t == TWO_ROWS.length() - 1);
                    for (int i = 0; i < model.configuration().dHead(); i++) {
                        assertEquals(changed ? 0 : plain.get(row, t, head, i), z.get(row, t, head, i), 0);
                    }
                }
            }
        }
    }

    @Test void aHookThatThrowsLeavesTheModelAsItWas() {
        Model model = GoldenModels.open("multi-head");
        Tensor before = model.run(TWO_ROWS).logits();
        HostFunction broken = (value, context) -> { throw new IllegalStateException("broken hook"); };
        assertThrows(IllegalStateException.class, () -> model.run(TWO_ROWS,
                RunOptions.DEFAULT.with(List.of(new Intervention.Hook(Site.of("blocks.0.hook_attn_out"), broken)))));
        assertEquals(0, model.run(TWO_ROWS).logits().sub(before).abs().max());
    }

    @Test void aRunInsideAHookDoesNotDisturbTheRunAroundIt() {
        Model model = GoldenModels.open("multi-head");
        Intervention identity = new Intervention.Hook(Site.of("blocks.*.hook_resid_mid"), (value, context) -> value);
        Tensor plain = model.run(TWO_ROWS, RunOptions.DEFAULT.with(List.of(identity))).logits();
        HostFunction nested = (value, context) -> {
            model.run(Tokens.of(1, 2, 3));
            return value;
        };
        Tensor around = model
                .run(TWO_ROWS,
                        RunOptions.DEFAULT
                                .with(List.of(new Intervention.Hook(Site.of("blocks.*.hook_resid_mid"), nested))))
                .logits();
        assertEquals(0, around.sub(plain).abs().max());
    }

    @Test void interventionsApplyInTheOrderGiven() {
        Model model = GoldenModels.open("multi-head");
        List<String> order = new ArrayList<>();
        HostFunction first = (v, c) -> {
            order.add("first");
            return v;
        };
        HostFunction second = (v, c) -> {
            order.add("second");
            return v;
        };
        Site site = Site.of("blocks.0.hook_attn_out");
        model.with(List.of(new Intervention.Hook(site, first))).run(TWO_ROWS,
                RunOptions.DEFAULT.with(List.of(new Intervention.Hook(site, second))));
        assertEquals(List.of("first", "second"), order);
    }

    @Test void resultsAreComputedOnlyForTheHeadsAskedFor() {
        Model model = GoldenModels.open("multi-head");
        Site site = Site.of("blocks.1.attn.hook_result").heads(List.of(2)).at(List.of(-1));
        Run some = model.run(TWO_ROWS, RunOptions.DEFAULT.keep(List.of(site)));
        Tensor all = model.run(TWO_ROWS, RunOptions.DEFAULT.keep("blocks.1.attn.hook_result")).cache()
                .get("blocks.1.attn.hook_result");
        Tensor one = some.cache().get(site);
        assertEquals(List.of("batch", "pos", "dModel"), one.shape().names());
        assertEquals(1, one.shape().size(1));
        assertClose(all.at("head", 2).slice("pos", TWO_ROWS.length() - 1, TWO_ROWS.length()), one, 1e-6);
        assertThrows(UsageException.class, () -> some.cache().get("blocks.1.attn.hook_result"));
    }

    @Test void sitesOfOneValueAtDifferentPositionsDoNotDisturbEachOther() {
        Model model = GoldenModels.open("multi-head");
        Site z = Site.of("blocks.1.attn.hook_z").at(List.of(-1)),
                result = Site.of("blocks.1.attn.hook_result").at(List.of(-2));
        Run some = model.run(TWO_ROWS, RunOptions.DEFAULT.keep(List.of(z, result)));
        Run all = model.run(TWO_ROWS, RunOptions.DEFAULT.keep("blocks.1.attn.hook_z", "blocks.1.attn.hook_result"));
        assertClose(all.cache().get(z), some.cache().get(z), 1e-6);
        assertClose(all.cache().get(result), some.cache().get(result), 1e-6);
    }

    @Test void keysOfAHeadAreItsGroups() {
        Model model = GoldenModels.open("grouped-query");
        Run run = model.run(TWO_ROWS, RunOptions.DEFAULT.keep("blocks.0.attn.hook_k"));
        Tensor all = run.cache().get("blocks.0.attn.hook_k");
        Tensor ofHead = run.cache().get(Site.of("blocks.0.attn.hook_k").heads(List.of(3)));
        assertClose(all.at("kvHead", 3 / model.configuration().headsPerKv()), ofHead, 0);
    }

    @Test void atKeepsTheLogitsOfThosePositions() {
        Model model = GoldenModels.open("multi-head");
        Run run = model.run(TWO_ROWS, RunOptions.DEFAULT.at(0, -1).keep("blocks.0.attn.hook_pattern").withLoss());
        Run whole = model.run(TWO_ROWS, RunOptions.DEFAULT.keep("blocks.0.attn.hook_pattern").withLoss());
        int last = TWO_ROWS.length() - 1;
        for (int row = 0; row < 2; row++) {
            int first = TWO_ROWS.padding()[row];
            assertClose(whole.logits().at("batch", row).at("pos", first), run.logits().at("batch", row).at("pos", 0),
                    1e-5);
            assertClose(whole.logits().at("batch", row).at("pos", last), run.logits().at("batch", row).at("pos", 1),
                    1e-5);
            assertEquals(whole.loss().get(row, first), run.loss().get(row, 0), 1e-5);
            assertTrue(Float.isNaN(run.loss().get(row, 1)), "the last position has no next token");
        }
        assertEquals(2, run.cache().get("blocks.0.attn.hook_pattern").shape().size(2));
        assertEquals(last, whole.loss().shape().size(1));
    }

    @Test void anInterventionOnEveryLayerHoldsForThoseThatACutLeaves() {
        Model model = GoldenModels.open("multi-head");
        Intervention everywhere = new Intervention.AblateZero(Site.of("blocks.*.hook_attn_out"));
        Tensor out = model
                .run(TWO_ROWS, RunOptions.DEFAULT.stopAt(1).with(List.of(everywhere)).keep("blocks.0.hook_attn_out"))
                .cache().get("blocks.0.hook_attn_out");
        assertEquals(0, out.abs().max());
    }

    @Test void errorsNameTheHookAndTheRemedy() {
        Model model = GoldenModels.open("multi-head");
        assertMessage("nearest: blocks.0.hook_resid_pre",
                () -> model.run(TWO_ROWS, RunOptions.DEFAULT.keep("blocks.0.hook_rsid_pre")));
        assertMessage("was not kept", () -> model.run(TWO_ROWS).cache().get("blocks.0.hook_resid_pre"));
        assertMessage("heads run from 0 to", () -> model.with(List.of(zero("blocks.0.attn.hook_z", 99))));
        assertMessage("has no heads", () -> model.with(List.of(zero("blocks.0.hook_resid_pre", 0))));
        assertMessage("position 6", () -> model.run(TWO_ROWS, RunOptions.DEFAULT.at(6)));
        assertMessage("token id 100000", () -> model.run(Tokens.of(100000)));
        assertMessage("has no effect",
                () -> model.run(TWO_ROWS, RunOptions.DEFAULT.stopAt(1).with(List.of(zero("blocks.1.attn.hook_z", 0)))));
        assertMessage("stops at layer 1",
                () -> model.run(TWO_ROWS, RunOptions.DEFAULT.stopAt(1).keep("blocks.1.attn.hook_z")));
    }

    @Test void greedyGenerationEqualsRunningTheWholeTextEveryTime() {
        for (String shape : List.of("multi-head", "grouped-query", "left-padded")) {
            Model model = GoldenModels.open(shape);
            List<int[]> generated = Generation.generate(model, TWO_ROWS,
                    new Generation.Options(8, Sampling.GREEDY, 0, List.of()), (row, token) -> true).rows();
            for (int row = 0; row < 2; row++) {
                int[] text = TWO_ROWS.row(row);
                for (int step = 0; step < 8; step++) {
                    Tensor logits = model.run(Tokens.of(text), RunOptions.DEFAULT.at(-1)).logits();
                    text = java.util.Arrays.copyOf(text, text.length + 1);
                    text[text.length - 1] = (int) logits.argmax();
                }
                assertArrayEquals(text, generated.get(row));
            }
        }
    }

    @Test void samplingIsReproducibleAndBounded() {
        Model model = GoldenModels.open("multi-head");
        Generation.Options options = new Generation.Options(12, new Sampling(1.5, 0.9, 20, 0), 7, List.of());
        int[] a = Generation.generate(model, Tokens.of(1, 2), options, (r, t) -> true).rows().getFirst();
        int[] b = Generation.generate(model, Tokens.of(1, 2), options, (r, t) -> true).rows().getFirst();
        int[] other =
                Generation
                        .generate(model, Tokens.of(1, 2),
                                new Generation.Options(12, new Sampling(1.5, 0.9, 20, 0), 8, List.of()), (r, t) -> true)
                        .rows().getFirst();
        assertArrayEquals(a, b);
        assertFalse(java.util.Arrays.equals(a, other));
        int[] top =
                Generation
                        .generate(model, Tokens.of(1, 2),
                                new Generation.Options(12, new Sampling(5, 1, 1, 0), 3, List.of()), (r, t) -> true)
                        .rows().getFirst();
        int[] greedy = Generation.generate(model, Tokens.of(1, 2),
                new Generation.Options(12, Sampling.GREEDY, 3, List.of()), (r, t) -> true).rows().getFirst();
        assertArrayEquals(greedy, top);
    }

    private static Intervention zero(String value, int head) {
        return new Intervention.AblateZero(Site.of(value).heads(List.of(head)));
    }

    private static void assertMessage(String part, org.junit.jupiter.api.function.Executable code) {
        String message = assertThrows(UsageException.class, code).getMessage();
        assertTrue(message.contains(part), message);
    }

    /** Interpreted and compiled code must give the same numbers. */
    @Test void theNumbersDoNotDependOnHowWarmTheProcessIs() {
        Golden golden = Golden.of("odd-sizes");
        RunOptions options = RunOptions.DEFAULT.keep("*.hook_pattern", "*.hook_scale").withLoss();
        Run first = golden.model().run(golden.tokens(), options);
        for (int i = 0; i < 1000; i++) {
            Run later = golden.model().run(golden.tokens(), options);
            assertIdentical("logits of run " + i, first.logits(), later.logits());
            if (i % 400 != 399) continue;
            for (String name : first.cache().names()) {
                assertIdentical(name + " of run " + i, first.cache().get(name), later.cache().get(name));
            }
        }
    }

    private static void assertClose(Tensor expected, Tensor actual, double bound) {
        assertEquals(expected.shape().elements(), actual.shape().elements());
        double difference = expected.copy().reshape(actual.shape()).sub(actual).abs().max();
        assertTrue(difference <= bound, "differ by " + difference);
    }
}
