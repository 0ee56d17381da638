package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.List;
import java.util.TreeSet;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

/** Compares every activation of every golden checkpoint with TransformerLens. */
@BackendSuite class GoldenTest {

    static List<String> shapes() { return GoldenModels.shapes(); }

    @ParameterizedTest
    @MethodSource("shapes") void hasTransformerLenssHookPoints(String shape) {
        Golden golden = Golden.of(shape);
        assertEquals(golden.hooks(), new TreeSet<>(golden.model().hookNames().all()));
    }

    @ParameterizedTest
    @MethodSource("shapes") void logitsAndLossOfAPlainRunAreTransformerLenss(String shape) {
        Golden golden = Golden.of(shape);
        Run run = golden.model().run(golden.tokens(), RunOptions.DEFAULT.withLoss());
        golden.assertMatches("logits", run.logits());
        golden.assertMatches("loss", run.loss());
    }

    @ParameterizedTest
    @MethodSource("shapes") void everyHookIsTransformerLenssWhenAllAreKept(String shape) {
        Golden golden = Golden.of(shape);
        Run run = golden.model().run(golden.tokens(), RunOptions.DEFAULT.keep("*").withLoss());
        golden.assertMatches("logits", run.logits());
        golden.assertMatches("loss", run.loss());
        for (String hook : golden.hooks()) golden.assertMatches(hook, run.cache().get(hook));
    }

    /** The values kept determine what is pruned, fused and overwritten: each hook alone gives another program. */
    @ParameterizedTest
    @MethodSource("shapes") void everyHookIsTransformerLenssWhenItAloneIsKept(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        for (String hook : golden.hooks()) {
            golden.assertMatches(hook,
                    model.run(golden.tokens(), RunOptions.DEFAULT.withoutLogits().keep(hook)).cache().get(hook));
        }
    }
}
