package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.testing.TensorAssertions.assertClose;
import static org.tornadolens.testing.TensorAssertions.assertIdentical;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Basis;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.program.Rule;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;

/** Compares declared interventions with the same change written as a host function; the two must not differ. */
@BackendSuite class DeclaredInterventionTest {

    static List<String> shapes() {
        return List.of("multi-head", "grouped-query", "odd-sizes", "one-head", "left-padded", "llama-bias", "mistral",
                "qwen3");
    }

    private static List<String> changeable(Model model) {
        boolean grouped = model.configuration().nKvHeads() < model.configuration().nHeads();
        return model.hookNames().all().stream().filter(name -> !grouped || !name.endsWith("hook_attn_in")).toList();
    }

    /** Returns sites of a value: the whole value, and every kind of part that it has. */
    private static List<Site> sites(String name, Tensor value) {
        List<Site> sites = new ArrayList<>(List.of(Site.of(name), Site.of(name).rows(List.of(0)),
                Site.of(name).at(List.of(-1, 0)), Site.of(name).columns(List.of(0))));
        if (value.shape().indexOf("head") >= 0 || value.shape().indexOf("kvHead") >= 0) {
            sites.add(Site.of(name).heads(List.of(0)));
            sites.add(Site.of(name).heads(List.of(0)).at(List.of(-1)).columns(List.of(0)));
        }
        return sites;
    }

    /** Returns the same change as a host function: it receives the whole value and changes the part under a mask. */
    private static Intervention byHand(Model model, Tokens tokens, Site site,
            java.util.function.UnaryOperator<Tensor> change) {
        Tensor mask = model.run(tokens, RunOptions.DEFAULT.with(List.of(
                new Intervention.Hook(Site.of(site.value()), (value, _) -> value.mul(0).add(1)),
                new Intervention.AblateZero(site))).keep(site.value())).cache().get(site.value());
        return new Intervention.Hook(Site.of(site.value()), (value, _) -> {
            Tensor finite = value.copy(), changed = change.apply(value);
            Tensor result = Tensor.zeros(value.shape());
            for (long i = 0; i < value.elements(); i++) {
                // NaN (a masked score times 0) counts as changed
                boolean kept = mask.data().getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i) != 0;
                result.data().setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i,
                        (kept ? finite : changed).data().getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i));
            }
            return result;
        });
    }

    private static boolean infinite(String name) { return name.endsWith("hook_attn_scores"); }

    private static void assertSame(Model model, Golden golden, Intervention declared, Intervention byHand) {
        Run expected = model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(byHand)));
        Run actual = model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(declared)));
        assertClose(declared.toString(), expected.logits(), actual.logits(), golden.tokens().padding(), 1e-5);
    }

    @ParameterizedTest
    @MethodSource("shapes") void scalingIsMultiplyingTheSite(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Cache clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*")).cache();
        for (String name : changeable(model)) {
            if (infinite(name)) continue;
            for (Site site : sites(name, clean.get(name)))
                assertSame(model, golden, new Intervention.Scale(site, -0.5),
                        byHand(model, golden.tokens(), site, value -> value.mul(-0.5)));
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void clampingIsLimitingEveryNumberOfTheSite(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Rule.Clamp range = new Rule.Clamp(-0.1, 0.2);
        Cache clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*")).cache();
        for (String name : changeable(model)) {
            if (infinite(name)) continue;
            for (Site site : sites(name, clean.get(name))) {
                Intervention byHand = byHand(model, golden.tokens(), site, value -> limited(value, range));
                assertSame(model, golden, new Intervention.Clamp(site, range), byHand);
            }
        }
    }

    @Test void anUpperLimitLeavesMaskedScoresMasked() {
        String name = "blocks.0.attn.hook_attn_scores";
        Intervention clamp = new Intervention.Clamp(Site.of(name), new Rule.Clamp(Double.NEGATIVE_INFINITY, 0));
        RunOptions options = RunOptions.DEFAULT.with(List.of(clamp)).keep(name);
        Tensor scores = Golden.of("multi-head").model().run(Tokens.of(1, 20, 30), options).cache().get(name);
        for (int head = 0; head < scores.shape().size(1); head++) {
            for (int query = 0; query < 3; query++) {
                for (int key = 0; key < 3; key++) {
                    float score = scores.get(0, head, query, key);
                    assertTrue(key > query ? score == Float.NEGATIVE_INFINITY : Float.isFinite(score) && score <= 0);
                }
            }
        }
    }

    private static Tensor limited(Tensor value, Rule.Clamp range) {
        Tensor limited = value.copy();
        for (long i = 0; i < limited.elements(); i++) {
            float x = limited.data().getAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i);
            float inside = (float) Math.min(Math.max(x, range.min()), range.max());
            limited.data().setAtIndex(java.lang.foreign.ValueLayout.JAVA_FLOAT, i, inside);
        }
        return limited;
    }

    @Test void rangesThatLimitNothingOrHoldNothingAreRefused() {
        double none = Double.POSITIVE_INFINITY;
        for (double[] limits : new double[][]{{-none, none}, {2, 1}, {Double.NaN, 1}, {0, Double.NaN}, {none, none}}) {
            assertThrows(UsageException.class, () -> new Rule.Clamp(limits[0], limits[1]), Arrays.toString(limits));
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void patchingTakesTheSiteFromTheOtherRun(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Cache clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*")).cache();
        Run other = model.run(rotated(golden.tokens(), model.configuration().dVocab()), RunOptions.DEFAULT.keep("*"));
        for (String name : changeable(model)) {
            if (infinite(name)) continue;
            for (Site site : sites(name, clean.get(name))) {
                assertSame(model, golden, new Intervention.Patch(site, other.cache().data()),
                        byHand(model, golden.tokens(), site, _ -> other.cache().get(name)));
                assertSame(model, golden, new Intervention.Patch(site, Data.of(other.cache().get(name))),
                        byHand(model, golden.tokens(), site, _ -> other.cache().get(name)));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void patchingOnlyWhatWasKeptIsPatchingFromTheWholeCache(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Tokens otherTokens = rotated(golden.tokens(), model.configuration().dVocab());
        Run whole = model.run(otherTokens, RunOptions.DEFAULT.keep("*"));
        for (String hook : List.of("blocks.0.attn.hook_z", "blocks.0.attn.hook_k", "blocks.0.attn.hook_pattern",
                "blocks.0.attn.hook_result", "blocks.0.hook_q_input")) {
            Site site = Site.of(hook).heads(List.of(model.configuration().nHeads() - 1)).at(List.of(-1));
            Run part = model.run(otherTokens, RunOptions.DEFAULT.keep(List.of(site)));
            Tensor expected = model
                    .run(golden.tokens(),
                            RunOptions.DEFAULT.with(List.of(new Intervention.Patch(site, whole.cache().data()))))
                    .logits();
            for (Data data : List.of(part.cache().data(), Data.of(part.cache().get(site)))) {
                assertClose(hook, expected,
                        model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(new Intervention.Patch(site, data))))
                                .logits(),
                        golden.tokens().padding(), 1e-6);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void steeringAddsTheVectorEverywhereItIsAsked(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Cache clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*")).cache();
        for (String name : changeable(model)) {
            if (infinite(name)) continue;
            Shape own = clean.get(name).shape();
            String last = own.names().getLast();
            if (last.equals("src")) continue;   // a vector of sources fits one length of the prompt only
            Tensor vector = ramp(Shape.of(last, own.size(own.rank() - 1)));
            for (Site site : sites(name, clean.get(name))) {
                assertSame(model, golden, new Intervention.Add(site, Data.of(vector), 2),
                        byHand(model, golden.tokens(), site, value -> value.add(vector.mul(2))));
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void projectingOutADirectionLeavesNothingAlongItAndTwiceIsOnce(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        for (String name : List.of("blocks.0.hook_resid_pre", "blocks.0.attn.hook_z", "blocks.0.mlp.hook_post")) {
            Tensor clean = model.run(golden.tokens(), RunOptions.DEFAULT.keep(name)).cache().get(name);
            String last = clean.shape().names().getLast();
            Tensor direction = ramp(Shape.of(last, clean.shape().size(clean.shape().rank() - 1)));
            Intervention out = new Intervention.Project(Site.of(name), Basis.of(direction), false),
                    onto = new Intervention.Project(Site.of(name), Basis.of(direction), true);
            Tensor without =
                    model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(out)).keep(name)).cache().get(name);
            Tensor along =
                    model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(onto)).keep(name)).cache().get(name);
            Tensor twice =
                    model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(out, out)).keep(name)).cache().get(name);
            assertTrue(without.dot(direction.div(direction.norm())).abs().max() < 1e-4 * Math.max(1, clean.abs().max()),
                    name);
            assertClose(name, clean, without.add(along));
            assertClose(name, without, twice);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void rowsTakeTheirOwnInterventions(String shape) {
        Model model = Golden.of(shape).model();
        Tokens one = Tokens.of(1, 20, 30, 40), three = Tokens.of(List.of(one.row(0), one.row(0), one.row(0)));
        Site z = Site.of("blocks.0.attn.hook_z").heads(List.of(0));
        Tensor rows = model.run(three, RunOptions.DEFAULT.with(List.of(new Intervention.AblateZero(z.rows(List.of(1))),
                new Intervention.Scale(z.rows(List.of(2)), 3)))).logits();
        assertClose("untouched", model.run(one).logits().at("batch", 0), rows.at("batch", 0));
        assertClose("ablated", model.run(one, RunOptions.DEFAULT.with(List.of(new Intervention.AblateZero(z)))).logits()
                .at("batch", 0), rows.at("batch", 1));
        assertClose("scaled",
                model.run(one, RunOptions.DEFAULT.with(List.of(new Intervention.Scale(z, 3)))).logits().at("batch", 0),
                rows.at("batch", 2));
    }

    @ParameterizedTest
    @MethodSource("shapes") void positionsAreLinedUpByTheFirstRealToken(String shape) {
        Model model = Golden.of(shape).model();
        int[] shorter = {1, 20, 30}, longer = {1, 50, 60, 70, 80};
        Tokens padded = Tokens.of(List.of(longer, shorter));
        String name = "blocks.0.hook_resid_post";
        Run source = model.run(Tokens.of(longer), RunOptions.DEFAULT.keep(name));
        Site site = Site.of(name).at(List.of(1, 2));
        Tensor alone = model.run(Tokens.of(shorter),
                RunOptions.DEFAULT.with(List.of(new Intervention.Patch(site, source.cache().data())))).logits();
        Tensor inBatch =
                model.run(padded, RunOptions.DEFAULT.with(List.of(new Intervention.Patch(site, source.cache().data()))))
                        .logits();
        assertClose("the shorter row", alone.at("batch", 0), inBatch.at("batch", 1).slice("pos", 2, 5));
    }

    /** A norm divides by the patched scale: in padding, where there is no data, it must not divide by zero. */
    @ParameterizedTest
    @MethodSource("shapes") void aPatchedScaleLeavesNumbersInPaddedRows(String shape) {
        Model model = Golden.of(shape).model();
        Tokens tokens = Tokens.of(List.of(new int[]{1, 20, 30, 40, 50}, new int[]{1, 60}));
        String scale = "blocks.0.ln1.hook_scale", pattern = "blocks.0.attn.hook_pattern";
        Data data = model.run(tokens, RunOptions.DEFAULT.keep(scale)).cache().data();
        RunOptions patched = RunOptions.DEFAULT.with(List.of(new Intervention.Patch(Site.of(scale), data)));
        Tensor expected = model.run(tokens).logits();
        assertClose("logits", expected, model.run(tokens, patched).logits(), tokens.padding(), 1e-5);
        Tensor unfused = model.run(tokens, patched.keep(pattern)).logits();
        assertClose("logits beside the pattern", expected, unfused, tokens.padding(), 1e-5);
    }

    @ParameterizedTest
    @MethodSource("shapes") void resamplingDrawsWholeRowsOfTheReference(String shape) {
        Model model = Golden.of(shape).model();
        Tokens tokens = Tokens.of(1, 20, 30),
                references = Tokens.of(List.of(new int[]{1, 50, 60}, new int[]{1, 70, 80}, new int[]{1, 90}));
        String name = "blocks.0.hook_mlp_out";
        Cache reference = model.run(references, RunOptions.DEFAULT.keep(name)).cache();
        // the third row is too short
        List<Tensor> possible = List.of(reference.get(name).at("batch", 0), reference.get(name).at("batch", 1));
        List<Integer> drawn = new ArrayList<>();
        for (int seed = 0; seed < 20; seed++) {
            Data data = new Data(reference.data().values(), reference.data().padding(), OptionalLong.of(seed));
            Tensor patched = model
                    .run(tokens,
                            RunOptions.DEFAULT.with(List.of(new Intervention.Patch(Site.of(name), data))).keep(name))
                    .cache().get(name).at("batch", 0);
            int which = java.util.Arrays.equals(floats(patched), floats(possible.get(0))) ? 0 : 1;
            assertIdentical("drawn", possible.get(which), patched);
            drawn.add(which);
        }
        assertTrue(drawn.contains(0) && drawn.contains(1), drawn.toString());
    }

    // ---- generation

    @ParameterizedTest
    @MethodSource("shapes") void interventionsHoldForEveryGeneratedToken(String shape) {
        Model model = Golden.of(shape).model();
        Tensor vector = ramp(Shape.of("dModel", model.configuration().dModel())).mul(0.05);
        List<Intervention> changes =
                List.of(new Intervention.Scale(Site.of("blocks.0.attn.hook_z").heads(List.of(0)), 0.3),
                        new Intervention.Clamp(Site.of("blocks.0.mlp.hook_post"), new Rule.Clamp(-0.05, 0.05)),
                        new Intervention.Add(Site.of("blocks.0.hook_resid_post"), Data.of(vector), 1));
        assertArrayEquals(greedily(model, changes, new int[]{1, 20, 30}, 6),
                generated(model.with(changes), new int[]{1, 20, 30}, 6));
    }

    @ParameterizedTest
    @MethodSource("shapes") void positionsOfThePromptAreChangedOnceAndAPatchStandsForThePrompt(String shape) {
        Model model = Golden.of(shape).model();
        int[] prompt = {1, 20, 30, 40};
        Run other = model.run(Tokens.of(1, 50, 60, 70), RunOptions.DEFAULT.keep("blocks.0.hook_resid_post"));
        List<Intervention> changes = List.of(
                new Intervention.AblateZero(Site.of("blocks.0.attn.hook_z").at(List.of(1))),
                new Intervention.Patch(Site.of("blocks.0.hook_resid_post").at(List.of(2)), other.cache().data()),
                new Intervention.Hook(Site.of("blocks.0.hook_mlp_out").at(List.of(0)), (value, _) -> value.mul(2)));
        assertArrayEquals(greedily(model, changes, prompt, 6), generated(model.with(changes), prompt, 6));
    }

    /** Keys and values of the prompt remain patched in the past. */
    @ParameterizedTest
    @MethodSource("shapes") void patchedKeysAndValuesStayInThePast(String shape) {
        Model model = Golden.of(shape).model();
        int[] prompt = {1, 20, 30, 40};
        for (String name : List.of("blocks.0.attn.hook_v", "blocks.0.attn.hook_rot_k", "blocks.0.attn.hook_k")) {
            Run other = model.run(Tokens.of(1, 50, 60, 70), RunOptions.DEFAULT.keep(name));
            List<Intervention> changes =
                    List.of(new Intervention.Patch(Site.of(name).at(List.of(0, 1, 2, 3)), other.cache().data()));
            assertArrayEquals(greedily(model, changes, prompt, 6), generated(model.with(changes), prompt, 6), name);
        }
    }

    private static int[] generated(Model model, int[] prompt, int max) {
        return Generation.generate(model, Tokens.of(prompt), new Generation.Options(max, Sampling.GREEDY, 0, List.of()),
                (r, t) -> true).rows().getFirst();
    }

    /** Generates every token by a whole run of all tokens before it. */
    private static int[] greedily(Model model, List<Intervention> changes, int[] prompt, int max) {
        int[] tokens = prompt;
        for (int i = 0; i < max; i++) {
            Tensor last = model.run(Tokens.of(tokens), RunOptions.DEFAULT.with(changes).at(-1)).logits();
            tokens = java.util.Arrays.copyOf(tokens, tokens.length + 1);
            tokens[tokens.length - 1] = (int) last.argmax();
        }
        return tokens;
    }

    // ---- data that does not fit

    @Test void dataThatDoesNotFitIsRefusedWithTheReason() {
        Golden golden = Golden.of("multi-head");
        Model model = golden.model();
        Tokens tokens = Tokens.of(1, 20, 30, 40);
        Run shorter = model.run(Tokens.of(1, 20), RunOptions.DEFAULT.keep("blocks.0.attn.hook_z"));
        Site z = Site.of("blocks.0.attn.hook_z");
        refused(model, tokens, new Intervention.Patch(z, shorter.cache().data()), "2 positions");
        refused(model, tokens, new Intervention.Patch(Site.of("blocks.0.attn.hook_q"), shorter.cache().data()),
                "was not kept");
        refused(model, tokens, new Intervention.Patch(z, Data.of(Tensor.zeros(Shape.of("dModel", 3)))), "dModel");
        refused(model, tokens, new Intervention.Patch(z, Data.of(Tensor.zeros(Shape.of("dHead", 3)))), "dHead");
        refused(model, tokens, new Intervention.Project(z, Basis.of(Tensor.of(Shape.of("dHead", 2), 1, 2)), false),
                "2 components");
        refused(model, tokens, new Intervention.Scale(Site.of("blocks.0.mlp.hook_post").columns(List.of(100_000)), 2),
                "100000");
        refused(model, tokens, new Intervention.Scale(z.rows(List.of(1)), 2), "row 1");
        refused(model, tokens, new Intervention.Scale(Site.of("blocks.0.hook_resid_pre").heads(List.of(0)), 2),
                "no heads");
        Site scores = Site.of("blocks.0.attn.hook_attn_scores");
        refused(model, tokens, new Intervention.AblateZero(scores), "undo the mask");
        refused(model, tokens, new Intervention.Scale(scores.at(List.of(1)), -1), "undo the mask");
        Rule.Clamp positive = new Rule.Clamp(0, Double.POSITIVE_INFINITY);
        refused(model, tokens, new Intervention.Clamp(scores, positive), "undo the mask");
        refused(model, tokens,
                new Intervention.Project(scores, Basis.of(Tensor.of(Shape.of("src", 4), 1, 1, 1, 1)), false),
                "undo the mask");
        model.run(tokens, RunOptions.DEFAULT
                .with(List.of(new Intervention.AblateZero(scores.at(List.of(2)).columns(List.of(1))))));
        assertThrows(UsageException.class, () -> new Intervention.Scale(z, Double.NaN));
        assertThrows(UsageException.class, () -> Basis.of(Tensor.zeros(Shape.of("dModel", 4))));
        assertThrows(UsageException.class,
                () -> Basis.of(Tensor.of(Shape.of("direction", 2, "dModel", 2), 1, 2, 2, 4)));
    }

    private static void refused(Model model, Tokens tokens, Intervention intervention, String named) {
        UsageException refusal = assertThrows(UsageException.class,
                () -> model.run(tokens, RunOptions.DEFAULT.with(List.of(intervention))), intervention.toString());
        assertTrue(refusal.getMessage().contains(named), refusal.getMessage());
    }

    // ---- helpers

    private static Tokens rotated(Tokens tokens, int vocabulary) {
        int[] ids = tokens.ids().clone();
        for (int i = 0; i < ids.length; i++) ids[i] = (ids[i] + 7) % vocabulary;
        return new Tokens(ids, tokens.padding());
    }

    private static Tensor ramp(Shape shape) {
        float[] values = new float[(int) shape.elements()];
        for (int i = 0; i < values.length; i++) values[i] = (i % 7 - 3) * 0.4f + 0.1f;
        return Tensor.of(shape, values);
    }

    private static float[] floats(Tensor tensor) {
        return tensor.copy().data().toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT);
    }
}
