package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import java.util.OptionalInt;
import java.util.concurrent.CancellationException;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.GoldenModels;

/** Generations that begin with the keys and values of the one before. */
@BackendSuite class PromptCacheTest {

    private static final int[] PROMPT = {1, 5, 9, 13, 40, 7, 3};
    private static final Generation.Options FIVE =
            new Generation.Options(5, Sampling.GREEDY, 0, List.of()).reporting(3);

    private final Model model = GoldenModels.open("grouped-query");

    private Generated alone(int[] prompt) {
        return Generation.generate(model, Tokens.of(prompt), FIVE, (_, _) -> true);
    }

    private static int[] with(int[] ids, int... more) {
        return IntStream.concat(IntStream.of(ids), IntStream.of(more)).toArray();
    }

    /** The same tokens, and log-probabilities that differ by no more than other orders of summation make them. */
    private static void assertSame(Generated expected, Generated actual) {
        assertArrayEquals(expected.rows().getFirst(), actual.rows().getFirst());
        for (int i = 0; i < expected.choices().getFirst().size(); i++) {
            assertEquals(expected.choices().getFirst().get(i).logProb(), actual.choices().getFirst().get(i).logProb(),
                    1e-4);
        }
        assertEquals(expected.endings(), actual.endings());
    }

    private void answersAsAlone(PromptCache cache, int reused, int[] prompt) {
        assertEquals(reused, cache.reusable(prompt));
        assertSame(alone(prompt), Generation.generate(cache, prompt, FIVE, (_, _) -> true));
    }

    @Test void aConversationRunsEachTokenOnce() {
        try (PromptCache cache = new PromptCache(model)) {
            answersAsAlone(cache, 0, PROMPT);
            int[] first = alone(PROMPT).rows().getFirst();
            answersAsAlone(cache, first.length - 1, with(first, 2, 8));      // the newest token was only chosen
        }
    }

    @Test void whatBeginsOtherwiseIsRunFromThereOn() {
        try (PromptCache cache = new PromptCache(model)) {
            answersAsAlone(cache, 0, PROMPT);
            answersAsAlone(cache, 3, new int[]{1, 5, 9, 14, 40});
            answersAsAlone(cache, 1, new int[]{1, 5});      // the last token of a prompt always is
            answersAsAlone(cache, 0, new int[]{2, 5, 9});
        }
    }

    @Test void aLongerPromptThanThereIsRoomForRunsWhole() {
        try (PromptCache cache = new PromptCache(model)) {
            answersAsAlone(cache, 0, new int[]{1, 5});
            int[] longer = with(alone(new int[]{1, 5}).rows().getFirst(), 4, 4, 4, 4, 4, 4, 4, 4);
            assertSame(alone(longer), Generation.generate(cache, longer, FIVE, (_, _) -> true));
            answersAsAlone(cache, longer.length, with(longer, alone(longer).rows().getFirst()[longer.length] + 1));
        }
    }

    @Test void whatAStoppedGenerationHasRunIsKept() {
        try (PromptCache cache = new PromptCache(model)) {
            Generation.generate(cache, PROMPT, FIVE, (_, _) -> false);
            int[] next = with(PROMPT, alone(PROMPT).rows().getFirst()[PROMPT.length], 3);
            answersAsAlone(cache, PROMPT.length, next);
            assertThrows(CancellationException.class, () -> Generation.generate(cache, with(next, 6, 6), FIVE,
                    (_, _) -> {
                        throw new CancellationException();
                    }));
            answersAsAlone(cache, next.length + 2, with(next, 6, 6, 6));
        }
    }

    @Test void interventionsAndKeptValuesNeedWholePrompts() {
        Model ablated = model.with(List.of(new Intervention.AblateZero(Site.of("blocks.0.attn.hook_z"))));
        assertThrows(IllegalArgumentException.class, () -> new PromptCache(ablated));
        Generation.Options keeping = new Generation.Options(1, Sampling.GREEDY, 0, List.of(), List.of(),
                OptionalInt.empty(), List.of(Site.of("hook_embed")));
        try (PromptCache cache = new PromptCache(model)) {
            assertThrows(IllegalArgumentException.class,
                    () -> Generation.generate(cache, PROMPT, keeping, (_, _) -> true));
        }
    }
}
