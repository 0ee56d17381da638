package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.tornadolens.testing.TensorAssertions.assertClose;
import static org.tornadolens.testing.TensorAssertions.assertIdentical;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.RopeScaling;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Past;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

/** Properties of every plain run of every model, whatever its weights. */
@BackendSuite class PropertyTest {

    static List<String> shapes() { return GoldenModels.shapes(); }

    /** The results of a run: the values of the cache by name, and the logits as {@code logits}. */
    private static Map<String, Tensor> everything(Model model, Tokens tokens) {
        Run run = model.run(tokens, RunOptions.DEFAULT.keep("*"));
        Map<String, Tensor> all = new LinkedHashMap<>();
        run.cache().names().forEach(name -> all.put(name, run.cache().get(name)));
        all.put("logits", run.logits());
        return all;
    }

    // ---- the residual stream

    @ParameterizedTest
    @MethodSource("shapes") void everyBlockAddsAttentionAndThenTheMlpToTheResidualStream(String shape) {
        Golden golden = Golden.of(shape);
        Map<String, Tensor> values = everything(golden.model(), golden.tokens());
        Tensor stream = values.get("hook_embed");
        for (String block : blocks(golden.model())) {
            assertClose("resid_pre", stream, values.get(block + "hook_resid_pre"));
            assertClose("resid_mid", stream.add(values.get(block + "hook_attn_out")),
                    values.get(block + "hook_resid_mid"));
            stream = values.get(block + "hook_resid_mid").add(values.get(block + "hook_mlp_out"));
            assertClose("resid_post", stream, values.get(block + "hook_resid_post"));
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void everyHeadsResultSumsToAttentionOutput(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Map<String, Tensor> values = everything(model, golden.tokens());
        for (int layer = 0; layer < model.configuration().nLayers(); layer++) {
            Tensor sum = values.get(HookPoint.RESULT.name(layer)).sum("head");
            if (ParameterSpec.B_O.in(model.configuration()))
                sum = sum.add(new Matrices(model.configuration(), model.weights()).get(ParameterSpec.B_O, layer));
            assertClose("attn_out", sum, values.get(HookPoint.ATTN_OUT.name(layer)));
        }
    }

    // ---- attention

    @ParameterizedTest
    @MethodSource("shapes") void patternsSumToOneOverWhatADestinationMaySee(String shape) {
        Golden golden = Golden.of(shape);
        Tokens tokens = golden.tokens();
        Map<String, Tensor> values = everything(golden.model(), tokens);
        for (String block : blocks(golden.model())) {
            Tensor pattern = values.get(block + "attn.hook_pattern");
            for (int row = 0; row < tokens.batch(); row++) {
                for (int head = 0; head < golden.model().configuration().nHeads(); head++) {
                    for (int dest = tokens.padding()[row]; dest < tokens.length(); dest++) {
                        double sum = 0;
                        for (int src = 0; src < tokens.length(); src++) {
                            float weight = pattern.get(row, head, dest, src);
                            if (src > dest || src < tokens.padding()[row])
                                assertEquals(0, weight, "attention from " + dest + " to " + src);
                            sum += weight;
                        }
                        assertEquals(1, sum, 1e-5, "sum of the attention from " + dest);
                    }
                }
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void scoresOfEqualQueriesAndKeysDependOnTheirDistanceOnly(String shape) {
        Model model = Golden.of(shape).model();
        Tokens tokens = Tokens.of(1, 20, 30, 40, 50, 60, 70, 80);
        List<Intervention> sameEverywhere = new ArrayList<>();
        for (String name : List.of("blocks.0.attn.hook_q", "blocks.0.attn.hook_k")) {
            sameEverywhere.add(new Intervention.Hook(Site.of(name), (value, _) -> {
                value.assign(value.at("pos", 3).copy());
                return value;
            }));
        }
        String name = "blocks.0.attn.hook_attn_scores";
        Tensor scores = model.run(tokens, RunOptions.DEFAULT.with(sameEverywhere).keep(name)).cache().get(name);
        int seen = model.configuration().variant().window(0).orElse(tokens.length());   // the others are -∞
        for (int distance = 0; distance < seen; distance++) {
            Tensor sameDistance = scores.diagonal(-distance);   // [batch, head, dest]
            Tensor first = sameDistance.slice("dest", 0, 1);
            assertClose("scores over a distance of " + distance, first.add(sameDistance.mul(0)), sameDistance);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void attentionThatNobodyReadsIsFusedAndGivesTheSame(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        RunOptions unread = RunOptions.DEFAULT.keep("*hook_z"), read = unread.keep("*hook_pattern");
        assertEquals(model.configuration().nLayers(), attendSteps(model, unread));
        assertEquals(0, attendSteps(model, read));
        Run fused = model.run(golden.tokens(), unread), unfused = model.run(golden.tokens(), read);
        int[] padding = golden.tokens().padding();
        for (String name : fused.cache().names())
            assertClose(name, unfused.cache().get(name), fused.cache().get(name), padding, 1e-5);
        assertClose("logits", unfused.logits(), fused.logits(), padding, 1e-5);
    }

    @ParameterizedTest
    @MethodSource("shapes") void whatNobodyReadsLiesAsItSuitsTheProductsAndGivesTheSame(String shape) {
        Model model = Golden.of(shape).model();
        java.util.Random random = new java.util.Random(3);
        // more rows than the threshold of large products, in complete and incomplete groups
        for (int[] lengths : new int[][]{{70}, {21, 33, 12}, {32, 32}}) {
            Tokens tokens = Tokens.of(Arrays.stream(lengths).map(n -> Math.min(n, model.configuration().nCtx()))
                    .mapToObj(n -> random.ints(n, 3, model.configuration().dVocab()).toArray()).toList());
            Run unread = model.run(tokens, RunOptions.DEFAULT);
            for (String[] some : new String[][]{{"*hook_z", "*mlp.hook_pre", "*mlp.hook_pre_linear", "*mlp.hook_post"},
                    {"*hook_resid_mid"}, {"*hook_q"}, {"*hook_rot_k", "*hook_v"},
                    {"*hook_embed", "*hook_q", "*hook_k", "*hook_v", "*hook_rot_*", "*hook_z", "*_out", "*hook_resid_*",
                            "*mlp.hook_p*"}}) {
                Run read = model.run(tokens, RunOptions.DEFAULT.keep(some));
                assertIdentical("logits of " + Arrays.toString(lengths) + " beside " + Arrays.toString(some),
                        read.logits(), unread.logits());
            }
            Run all = model.run(tokens, RunOptions.DEFAULT.keep("*"));
            assertClose("logits of " + Arrays.toString(lengths), all.logits(), unread.logits(), tokens.padding(), 1e-5);
        }
    }

    private static long attendSteps(Model model, RunOptions options) {
        return model.program(options).operations().stream().filter(Operation.Attend.class::isInstance).count();
    }

    // ---- rows, padding, and the past

    @ParameterizedTest
    @MethodSource("shapes") void aPaddedRowIsTheRowAlone(String shape) {
        Model model = Golden.of(shape).model();
        List<int[]> rows = List.of(new int[]{1, 50, 60, 70, 80, 90}, new int[]{1, 20, 30}, new int[]{1},
                new int[]{1, 40, 50, 60, 70});
        Tokens padded = Tokens.of(rows);
        Map<String, Tensor> together = everything(model, padded);
        for (int row = 0; row < rows.size(); row++) {
            Map<String, Tensor> alone = everything(model, Tokens.of(rows.get(row)));
            for (String name : alone.keySet()) {
                Tensor part = together.get(name).slice("batch", row, row + 1);
                for (String axis : List.of("pos", "dest", "src")) {
                    if (part.shape().indexOf(axis) >= 0)
                        part = part.slice(axis, padded.padding()[row], padded.length());
                }
                assertClose("row " + row + ", " + name, alone.get(name), part);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void tokensToComeChangeNothing(String shape) {
        Model model = Golden.of(shape).model();
        int[] row = {1, 20, 30, 40, 50, 60, 70};
        Map<String, Tensor> whole = everything(model, Tokens.of(row));
        for (int length = 1; length < row.length; length++) {
            Map<String, Tensor> start = everything(model, Tokens.of(Arrays.copyOf(row, length)));
            for (String name : start.keySet()) {
                Tensor part = whole.get(name);
                for (String axis : List.of("pos", "dest", "src"))
                    if (part.shape().indexOf(axis) >= 0) part = part.slice(axis, 0, length);
                assertClose(length + " tokens, " + name, start.get(name), part);
            }
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void decodingWithAPastIsTheFullRun(String shape) {
        Golden golden = Golden.of(shape);
        Tokens tokens = golden.tokens();
        // the rotation depends on the length of the run, and keys of a past keep the rotation of their own run
        if (golden.model().configuration().ropeScaling() instanceof RopeScaling.Dynamic dynamic)
            tokens = Tokens.of(Arrays.copyOf(tokens.row(0), dynamic.context()));
        Tensor whole = golden.model().run(tokens).logits();
        int length = tokens.length();
        for (List<Integer> steps : List.of(List.of(length), List.of(1, length - 1), List.of(length - 2, 1, 1),
                List.of(2, length - 4, 2))) {
            Executable executable = golden.model().continuing(RunOptions.DEFAULT).executable();
            Past past = executable.past(tokens.batch(), length);
            assertClose("logits in steps of " + steps, whole, inSteps(executable, past, tokens, steps),
                    tokens.padding(), 1e-5);
            assertEquals(length, past.length());
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void aTruncatedPastContinuesFromWhereItWasCut(String shape) {
        Golden golden = Golden.of(shape);
        Tokens tokens = golden.tokens();
        Executable executable = golden.model().continuing(RunOptions.DEFAULT).executable();
        Past past = executable.past(tokens.batch(), tokens.length());
        Tensor whole = inSteps(executable, past, tokens, List.of(tokens.length()));
        int kept = tokens.length() - 2;
        past.truncate(kept);
        Tensor again = run(executable, past, tokens, kept, tokens.length());
        Tensor expected = whole.slice("pos", kept, tokens.length());
        int[] padding = Arrays.stream(tokens.padding()).map(p -> Math.max(0, p - kept)).toArray();
        assertClose("logits after truncation", expected, again, padding, 1e-5);
    }

    /** Returns the logits [batch, pos, dVocab] of tokens run a few positions at a time. */
    private static Tensor inSteps(Executable executable, Past past, Tokens tokens, List<Integer> steps) {
        List<Tensor> logits = new ArrayList<>();
        int from = 0;
        for (int step : steps) {
            logits.add(run(executable, past, tokens, from, from + step));
            from += step;
        }
        Tensor whole = Tensor.zeros(org.tornadolens.tensor.Shape.of("batch", tokens.batch(), "pos", from, "dVocab",
                logits.getFirst().shape().size(2)));
        int at = 0;
        for (Tensor part : logits) {
            whole.slice("pos", at, at + part.shape().size(1)).assign(part);
            at += part.shape().size(1);
        }
        return whole;
    }

    private static Tensor run(Executable executable, Past past, Tokens tokens, int from, int to) {
        int[] ids = new int[tokens.batch() * (to - from)];
        for (int row = 0; row < tokens.batch(); row++) {
            for (int position = from; position < to; position++)
                ids[row * (to - from) + position - from] = tokens.id(row, position);
        }
        Value logits = executable.program().value("logits").orElseThrow();
        return executable.run(new Inputs(ids, tokens.padding(), Optional.of(past), Map.of())).get(logits);
    }

    // ---- changes of the weights without effect on the results

    @ParameterizedTest
    @MethodSource("shapes") void groupedQueryAttentionIsMultiHeadAttentionWithRepeatedKeysAndValues(String shape) {
        Golden golden = Golden.of(shape);
        Map<String, Tensor> grouped = everything(golden.model(), golden.tokens());
        Map<String, Tensor> repeated = everything(Equivalents.multiHead(golden.model()), golden.tokens());
        for (String name : grouped.keySet()) {
            if (grouped.get(name).shape().indexOf("kvHead") >= 0) continue;   // the repeated model has more of these
            assertClose(name, grouped.get(name), repeated.get(name), golden.tokens().padding(), 1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void foldingTheNormGainsChangesNoLogit(String shape) {
        Golden golden = Golden.of(shape);
        Map<String, Tensor> plain = everything(golden.model(), golden.tokens());
        Map<String, Tensor> folded = everything(Equivalents.folded(golden.model()), golden.tokens());
        for (String name : plain.keySet())
            assertClose(name, plain.get(name), folded.get(name), golden.tokens().padding(), 2e-5);
    }

    // ---- what a run is asked for

    @ParameterizedTest
    @MethodSource("shapes") void positionsAskedForAreThoseOfTheWholeRun(String shape) {
        Golden golden = Golden.of(shape);
        Tokens tokens = Tokens.of(List.of(new int[]{1, 50, 60, 70, 80}, new int[]{1, 20, 30}));
        Run whole = golden.model().run(tokens, RunOptions.DEFAULT.keep("*").withLoss());
        Run some = golden.model().run(tokens, RunOptions.DEFAULT.keep("*").withLoss().at(1, -1));
        int[] padding = {0, 2};
        for (int row = 0; row < 2; row++) {
            int[] positions = {padding[row] + 1, 4};
            for (int i = 0; i < 2; i++) {
                assertClose("logits", whole.logits().at(Map.of("batch", row, "pos", positions[i])),
                        some.logits().at(Map.of("batch", row, "pos", i)), 1e-5);
                for (String name : whole.cache().names()) {
                    Tensor all = whole.cache().get(name);
                    String axis = all.shape().indexOf("dest") >= 0 ? "dest" : "pos";
                    assertClose(name, all.at(Map.of("batch", row, axis, positions[i])),
                            some.cache().get(name).at(Map.of("batch", row, axis, i)), 1e-5);
                }
            }
            assertEquals(whole.loss().get(row, positions[0]), some.loss().get(row, 0), 1e-5);
        }
    }

    @ParameterizedTest
    @MethodSource("shapes") void headsAskedForAreThoseOfTheWholeRun(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Cache whole = model.run(golden.tokens(), RunOptions.DEFAULT.keep("*")).cache();
        for (String name : whole.names()) {
            boolean ofKeys = whole.get(name).shape().indexOf("kvHead") >= 0;
            if (!ofKeys && whole.get(name).shape().indexOf("head") < 0) continue;
            for (int head = 0; head < model.configuration().nHeads(); head++) {
                Site site = Site.of(name).heads(List.of(head));
                Tensor expected = ofKeys ? whole.get(name).at("kvHead", head / model.configuration().headsPerKv())
                        : whole.get(name).at("head", head);
                Tensor actual = model.run(golden.tokens(), RunOptions.DEFAULT.withoutLogits().keep(List.of(site)))
                        .cache().get(site);
                assertClose(name + " of head " + head, expected, actual, golden.tokens().padding(), 1e-5);
            }
        }
    }

    // ---- one run after another

    @ParameterizedTest
    @MethodSource("shapes") void aRunGivesTheSameBitsEveryTime(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Map<String, Tensor> first = everything(model, golden.tokens());
        Map<String, Tensor> second = everything(model, golden.tokens());
        for (String name : first.keySet()) assertIdentical(name, first.get(name), second.get(name));
    }

    @Test void whatARunKeptStaysAsItIsWhateverRunsNext() {
        Golden golden = Golden.of("multi-head");
        Model model = golden.model();
        Map<String, Tensor> kept = everything(model, golden.tokens());
        Map<String, Tensor> copies = new LinkedHashMap<>();
        kept.forEach((name, value) -> copies.put(name, value.copy()));
        everything(model, Tokens.of(1, 2, 3, 4, 5, 6, 7, 8));
        for (String name : kept.keySet()) {
            if (name.startsWith("blocks.0"))
                model.run(golden.tokens(), RunOptions.DEFAULT.with(List.of(Changes.of(name))).keep("*"));
        }
        model.run(golden.tokens(),
                RunOptions.DEFAULT.from(Map.of("blocks.1.hook_resid_pre", kept.get("blocks.1.hook_resid_pre"))));
        copies.forEach((name, copy) -> assertIdentical(name, copy, kept.get(name)));
    }

    private static List<String> blocks(Model model) {
        return java.util.stream.IntStream.range(0, model.configuration().nLayers())
                .mapToObj(layer -> "blocks." + layer + ".").toList();
    }
}
