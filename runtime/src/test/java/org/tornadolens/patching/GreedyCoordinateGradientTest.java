package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Matrices;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.GreedyCoordinateGradient.Prompt;
import org.tornadolens.patching.GreedyCoordinateGradient.Settings;
import org.tornadolens.patching.GreedyCoordinateGradient.Suffix;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

@BackendSuite class GreedyCoordinateGradientTest {

    private static final Prompt PROMPT = new Prompt(new int[]{1, 5, 9}, new int[]{30, 7}, new int[]{8, 11});
    private static final int[] FIRST = {4, 4, 4};

    private static Settings settings(int candidates, int top, int... without) {
        BitSet tokens = new BitSet();
        tokens.set(3, 40);
        for (int token : without) tokens.clear(token);
        return new Settings(candidates, top, tokens, _ -> true, 1);
    }

    /** Mean of -log p of the target's tokens, by the loss of a plain run. */
    private static double loss(Model model, int[] suffix) {
        return loss(model, PROMPT, suffix);
    }

    private static double loss(Model model, Prompt prompt, int[] suffix) {
        int[] row = IntStream.concat(Arrays.stream(prompt.with(suffix)), Arrays.stream(prompt.target())).toArray();
        return new Metric.Loss(row.length - 1 - prompt.target().length).of(model.run(Tokens.of(row)))[0];
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query", "qwen3"}) void everyStepMeasuresItsSuffixExactly(
            String shape) {
        Model model = GoldenModels.open(shape);
        GreedyCoordinateGradient search = new GreedyCoordinateGradient(model, List.of(PROMPT), FIRST, settings(16, 8));
        assertEquals(loss(model, FIRST), search.suffix().loss(), 1e-4);
        Suffix first = search.suffix(), last = first;
        for (int step = 0; step < 6; step++) {
            last = search.step();
            assertEquals(loss(model, last.ids()), last.loss(), 1e-4, "step " + step);
        }
        assertTrue(last.loss() < first.loss() - 0.05, first.loss() + " → " + last.loss());
    }

    @Test void aSuffixOfSeveralPromptsHasTheMeanOfTheirLosses() {
        Model model = GoldenModels.open("grouped-query");
        List<Prompt> prompts = List.of(PROMPT, new Prompt(new int[]{1, 12, 5, 9, 6}, new int[0], new int[]{8}),
                new Prompt(new int[]{1}, new int[]{7, 9, 30}, new int[]{11, 8, 5}),
                new Prompt(new int[]{1, 6, 21}, new int[]{12, 7}, new int[]{9, 10}));
        GreedyCoordinateGradient search = new GreedyCoordinateGradient(model, prompts, FIRST, settings(16, 8));
        float[][] mean = search.estimates();
        for (Prompt prompt : prompts) {
            float[][] one =
                    new GreedyCoordinateGradient(model, List.of(prompt), FIRST, settings(1, 1)).estimates();
            for (int i = 0; i < one.length; i++)
                for (int token = 0; token < one[i].length; token++) mean[i][token] -= one[i][token] / prompts.size();
        }
        for (float[] differences : mean) for (float difference : differences) assertEquals(0, difference, 1e-4);
        double first = search.suffix().loss();
        for (int step = 0; step < 6; step++) {
            Suffix next = search.step();
            double expected = prompts.stream().mapToDouble(p -> loss(model, p, next.ids())).average().orElseThrow();
            assertEquals(expected, next.loss(), 1e-4, "step " + step);
        }
        assertTrue(search.suffix().loss() < first - 0.05, first + " → " + search.suffix().loss());
    }

    /** A position that an intervention names is one of the whole prompt, not of what follows its unchanged part. */
    @Test void interventionsApplyAsInAPlainRun() {
        Model model = GoldenModels.open("multi-head")
                .with(List.of(new Intervention.Scale(Site.of("blocks.0.hook_resid_pre").at(List.of(1, 4)), 3)));
        GreedyCoordinateGradient search = new GreedyCoordinateGradient(model, List.of(PROMPT), FIRST, settings(8, 8));
        for (int step = 0; step < 2; step++) {
            Suffix next = search.step();
            assertEquals(loss(model, next.ids()), next.loss(), 1e-4, "step " + step);
        }
    }

    /** The estimate is the derivative along the embedding of the other token, which a small step on that way shows. */
    @Test void estimatesAreTheSlopeTowardsEachToken() {
        Model model = GoldenModels.open("multi-head");
        float[][] estimates = new GreedyCoordinateGradient(model, List.of(PROMPT), FIRST, settings(1, 1)).estimates();
        assertEquals(model.configuration().dVocab(), estimates[0].length);
        int[] row = IntStream.concat(Arrays.stream(PROMPT.with(FIRST)), Arrays.stream(PROMPT.target())).toArray();
        Tokens tokens = Tokens.of(row);
        Tensor embeddings = model.run(tokens, RunOptions.DEFAULT.keep("hook_embed")).cache().get("hook_embed");
        Matrices matrices = new Matrices(model.configuration(), model.weights());
        for (int token : new int[]{3, 17, 39}) {
            for (int i = 0; i < FIRST.length; i++) {
                assertEquals(0, estimates[i][FIRST[i]], 1e-6);
                Tensor way = matrices.embeddingRows(token, token + 1).at("dVocab", 0)
                        .sub(embeddings.at("batch", 0).at("pos", 3 + i));
                Site there = Site.of("hook_embed").at(List.of(3 + i));
                double h = 0.01, up = loss(model.with(List.of(new Intervention.Add(there, Data.of(way), h))), FIRST),
                        down = loss(model.with(List.of(new Intervention.Add(there, Data.of(way), -h))), FIRST);
                double slope = (up - down) / (2 * h);
                assertEquals(slope, estimates[i][token], 0.02 * Math.abs(slope) + 2e-3, "token " + token + " at " + i);
            }
        }
    }

    @Test void theSameSeedFindsTheSameSuffix() {
        Model model = GoldenModels.open("multi-head");
        int[][] found = new int[2][];
        for (int i = 0; i < 2; i++) {
            GreedyCoordinateGradient search =
                    new GreedyCoordinateGradient(model, List.of(PROMPT), FIRST, settings(8, 8));
            for (int step = 0; step < 4; step++) found[i] = search.step().ids();
        }
        assertArrayEquals(found[0], found[1]);
    }

    @Test void onlyAllowedTokensAndSuffixesAreProposed() {
        Model model = GoldenModels.open("multi-head");
        BitSet tokens = new BitSet();
        tokens.set(20, 23);
        Settings last = new Settings(8, 8, tokens, ids -> ids[0] == 4, 1);
        GreedyCoordinateGradient search = new GreedyCoordinateGradient(model, List.of(PROMPT), FIRST, last);
        for (int step = 0; step < 5; step++) {
            int[] ids = search.step().ids();
            assertEquals(4, ids[0]);
            assertTrue(IntStream.of(ids).allMatch(id -> id == 4 || tokens.get(id)), Arrays.toString(ids));
        }
    }

    @Test void whatCannotBeSearchedIsRefused() {
        Model model = GoldenModels.open("multi-head");
        assertThrows(UsageException.class, () -> new Prompt(new int[]{1}, new int[0], new int[0]));
        assertThrows(UsageException.class, () -> new Prompt(new int[0], new int[0], new int[]{1}));
        assertThrows(UsageException.class,
                () -> new GreedyCoordinateGradient(model, List.of(PROMPT), new int[0], settings(1, 1)));
        assertThrows(UsageException.class,
                () -> new GreedyCoordinateGradient(model, List.of(), FIRST, settings(1, 1)));
        assertThrows(UsageException.class, () -> settings(0, 1));
        assertThrows(UsageException.class, () -> settings(1, 0));
    }
}
