package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.testing.TensorAssertions.assertClose;
import static org.tornadolens.testing.TensorAssertions.assertContinued;
import static org.tornadolens.testing.TensorAssertions.assertIdentical;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;

/** Properties of every run that is changed, cut or started in the middle. */
@BackendSuite class InterventionPropertyTest {

    /** A selection of shapes: the properties do not depend on the storage of weights or on rotary frequencies. */
    static List<String> shapes() {
        return List.of("multi-head", "grouped-query", "odd-sizes", "one-head", "left-padded", "llama-bias", "mistral",
                "qwen3");
    }

    /** The hooks that can be changed: under grouped-query attention all but hook_attn_in. */
    private static List<String> changeable(Model model) {
        boolean grouped = model.configuration().nKvHeads() < model.configuration().nHeads();
        return model.hookNames().all().stream().filter(name -> !grouped || !name.endsWith("hook_attn_in")).toList();
    }

    private static boolean hasHeads(Tensor value) {
        return value.shape().indexOf("head") >= 0 || value.shape().indexOf("kvHead") >= 0;
    }

    // ---- one value changed

    @ParameterizedTest
    @MethodSource("shapes") void aChangeReachesWhatComesAfterItAndNothingBefore(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        int[] padding = golden.tokens().padding();
        Run clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*"));
        List<String> order = model.hookNames().all();
        for (String name : changeable(model)) {
            Run changed = model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(Changes.of(name))).keep("*"));
            for (String before : order.subList(0, order.indexOf(name))) {
                assertClose(before + " with " + name + " changed", clean.cache().get(before),
                        changed.cache().get(before), padding, 1e-6);
            }
            assertClose(name, Changes.changed(clean.cache().get(name)), changed.cache().get(name), padding, 1e-5);
            assertTrue(
                    changed.logits().sub(clean.logits()).slice("pos", -1, golden.tokens().length()).abs().max() > 1e-3,
                    name + " has no effect");
        }
    }

    /** The logits do not depend on what else is kept, computed or fused. */
    @ParameterizedTest
    @MethodSource("shapes") void aChangeMeansTheSameWhateverElseIsKept(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        for (String name : changeable(model)) {
            RunOptions changed = RunOptions.DEFAULT.with(List.of(Changes.of(name)));
            Tensor alone = model.run(golden.tokens(), changed).logits();
            assertClose(name, model.run(golden.tokens(), changed.keep("*")).logits(), alone, golden.tokens().padding(),
                    1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void changingEveryHeadByItselfIsChangingTheWhole(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Cache clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*")).cache();
        for (String name : changeable(model)) {
            if (!hasHeads(clean.get(name))) continue;
            int step = clean.get(name).shape().indexOf("kvHead") >= 0 ? model.configuration().headsPerKv() : 1;
            List<Intervention> headByHead = new ArrayList<>();
            for (int head = 0; head < model.configuration().nHeads(); head += step)
                headByHead.add(Changes.of(name, List.of(head)));
            Tensor whole = model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(Changes.of(name)))).logits();
            assertClose(name, whole, model.run(golden.tokens(), RunOptions.DEFAULT.with(headByHead)).logits(),
                    golden.tokens().padding(), 1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void aChangeOfOneHeadAtOnePositionTouchesNoOther(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Cache clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*")).cache();
        int last = golden.tokens().length() - 1;
        for (String name : changeable(model)) {
            if (!hasHeads(clean.get(name))) continue;
            Site site = Site.of(name).heads(List.of(0)).at(List.of(-1));
            Tensor changed = model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(Changes.of(site))).keep(name))
                    .cache().get(name);
            Tensor expected = clean.get(name).copy();
            String heads = expected.shape().indexOf("kvHead") >= 0 ? "kvHead" : "head",
                    positions = expected.shape().indexOf("dest") >= 0 ? "dest" : "pos";
            Tensor part = expected.at(Map.of(heads, 0, positions, last));
            part.assign(Changes.changed(part));
            assertClose(name, expected, changed, golden.tokens().padding(), 1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void zeroingAHeadTakesItsResultOutOfTheAttentionOutput(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Cache clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*")).cache();
        String out = "blocks.0.hook_attn_out";
        for (String name : List.of("blocks.0.attn.hook_z", "blocks.0.attn.hook_pattern", "blocks.0.attn.hook_result")) {
            for (int head = 0; head < model.configuration().nHeads(); head++) {
                Intervention zero = new Intervention.AblateZero(Site.of(name).heads(List.of(head)));
                Tensor expected = clean.get(out).sub(clean.get("blocks.0.attn.hook_result").at("head", head));
                assertClose(name + " of head " + head, expected,
                        model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(zero)).keep(out)).cache().get(out));
            }
        }
    }

    // ---- cuts

    @ParameterizedTest
    @MethodSource("shapes") void stoppingAtALayerGivesItsInputAndStartingThereGivesTheLogits(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Run whole = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*hook_resid_pre"));
        for (int layer = 0; layer < model.configuration().nLayers(); layer++) {
            String name = "blocks." + layer + ".hook_resid_pre";
            Run stopped = model.run(golden.tokens(), RunOptions.DEFAULT.stopAt(layer));
            assertClose(name, whole.cache().get(name), stopped.cache().get(name), golden.tokens().padding(), 1e-6);
            assertThrows(UsageException.class, stopped::logits);
            Run resumed = model.run(golden.tokens(), RunOptions.DEFAULT.from(Map.of(name, stopped.cache().get(name))));
            assertContinued("logits from layer " + layer, whole.logits(), resumed.logits());
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void aRunThatStopsAtALayerComputesNothingAfterIt(String shape) {
        Model model = Golden.of(shape).model();
        for (int layer = 0; layer < model.configuration().nLayers(); layer++) {
            for (var operation : model.program(RunOptions.DEFAULT.keep("*").stopAt(layer)).operations()) {
                String name = operation.out().name();
                boolean before = name.equals("hook_embed") || Golden.layer(name) >= 0 && Golden.layer(name) < layer;
                assertTrue(before || name.equals("blocks." + layer + ".hook_resid_pre"),
                        "a run that stops at layer " + layer + " computes " + name);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void startingFromAnyValueWithAChangeIsChangingItOnTheWay(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Cache clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*")).cache();
        for (String name : changeable(model)) {
            Run hooked = model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(Changes.of(name))));
            Run given =
                    model.run(golden.tokens(), RunOptions.DEFAULT.from(Map.of(name, Changes.changed(clean.get(name)))));
            assertClose(name, hooked.logits(), given.logits(), golden.tokens().padding(), 1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void patchingCleanIntoCleanChangesNothing(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Run clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*"));
        for (String name : changeable(model)) {
            Tensor value = clean.cache().get(name);
            Intervention patch = new Intervention.Hook(Site.of(name), (_, _) -> value);
            assertClose(name, clean.logits(),
                    model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(patch))).logits(),
                    golden.tokens().padding(), 1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void patchingTheWholeResidualStreamGivesTheOtherRunsLogits(String shape) {
        Model model = Golden.of(shape).model();
        Tokens one = Tokens.of(1, 20, 30, 40), other = Tokens.of(1, 50, 60, 70);
        Run source = model.run(other, RunOptions.DEFAULT.keep("*hook_resid_*"));
        for (String name : source.cache().names()) {
            if (name.endsWith("mid")) continue;   // the input of the MLP is not the only value that the block passes on
            Tensor value = source.cache().get(name);
            Intervention patch = new Intervention.Hook(Site.of(name), (_, _) -> value);
            assertClose(name, source.logits(), model.run(one, RunOptions.DEFAULT.with(List.of(patch))).logits());
        }
    }

    // ---- no state is left behind, no intervention is ignored

    @ParameterizedTest
    @MethodSource("shapes") void hooksNeverLeakIntoTheNextRun(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        RunOptions plain = RunOptions.DEFAULT.keep("*");
        Run before = model.run(golden.tokens(), plain);
        for (String name : changeable(model)) {
            model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(Changes.of(name))));
            model.with(List.of(Changes.of(name))).run(golden.tokens());
            Intervention failing = new Intervention.Hook(Site.of(name), (_, _) -> {
                throw new ArithmeticException("from the hook");
            });
            ArithmeticException thrown = assertThrows(ArithmeticException.class,
                    () -> model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(failing))));
            assertEquals("from the hook", thrown.getMessage());
        }
        Run after = model.run(golden.tokens(), plain);
        for (String name : before.cache().names())
            assertIdentical(name, before.cache().get(name), after.cache().get(name));
        assertIdentical("logits", before.logits(), after.logits());
    }

    @ParameterizedTest
    @MethodSource("shapes") void changesApplyInTheOrderGiven(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        String name = "blocks.0.hook_mlp_out";
        Intervention add = new Intervention.Hook(Site.of(name), (value, _) -> value.add(1)),
                twice = new Intervention.Hook(Site.of(name), (value, _) -> value.mul(2));
        Tensor clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep(name)).cache().get(name);
        Tensor addFirst = model.with(List.of(add))
                .run(golden.tokens(), RunOptions.DEFAULT.with(List.of(twice)).keep(name)).cache().get(name);
        Tensor twiceFirst =
                model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(twice, add)).keep(name)).cache().get(name);
        assertClose(name, clean.add(1).mul(2), addFirst);
        assertClose(name, clean.mul(2).add(1), twiceFirst);
    }

    @ParameterizedTest
    @MethodSource("shapes") void aChangeThatCannotHappenIsRefusedByName(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Tensor residual = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*0.hook_resid_post")).cache()
                .get("blocks.0.hook_resid_post");
        refused(golden, RunOptions.DEFAULT.with(List.of(Changes.of("blocks.0.attn.hook_zz"))), "blocks.0.attn.hook_z");
        refused(golden, RunOptions.DEFAULT.with(List.of(Changes.of("blocks.0.attn.hook_z", List.of(99)))), "99");
        refused(golden, RunOptions.DEFAULT.with(List.of(Changes.of(Site.of("blocks.0.attn.hook_z").at(List.of(99))))),
                "99");
        refused(golden, RunOptions.DEFAULT.stopAt(0).with(List.of(Changes.of("blocks.0.attn.hook_z"))),
                "blocks.0.attn.hook_z");
        refused(golden, RunOptions.DEFAULT.from(Map.of("blocks.0.hook_resid_post", residual))
                .with(List.of(Changes.of("blocks.0.attn.hook_z"))), "blocks.0.attn.hook_z");
        refused(golden, RunOptions.DEFAULT.from(Map.of("blocks.0.hook_resid_post", residual.slice("pos", 0, 2))),
                "blocks.0.hook_resid_post");
        refused(golden, RunOptions.DEFAULT.keep("blocks.0.attn.hook_zz"), "blocks.0.attn.hook_z");
        refused(golden, RunOptions.DEFAULT.keep("*hook_pattern").stopAt(0), "blocks.0.attn.hook_pattern");
        Intervention wrongShape =
                new Intervention.Hook(Site.of("blocks.0.hook_mlp_out"), (value, _) -> value.slice("pos", 0, 1));
        refused(golden, RunOptions.DEFAULT.with(List.of(wrongShape)), "blocks.0.hook_mlp_out");
    }

    private static void refused(Golden golden, RunOptions options, String named) {
        UsageException refusal = assertThrows(UsageException.class, () -> golden.model().run(golden.tokens(), options));
        assertTrue(refusal.getMessage().contains(named), refusal.getMessage());
        assertFalse(refusal.getMessage().contains("\n"), refusal.getMessage());
    }
}
