package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.testing.GoldenModels;

class RandomTokensTest {

    private final Model model = GoldenModels.open("multi-head");

    @Test void everyRowIsABosAndThenCopiesOfDistinctTokens() {
        RandomTokens random = RandomTokens.of(model, 3, 10, 4, 7, true);
        assertEquals(41, random.tokens().length());
        for (int row = 0; row < 3; row++) {
            int[] ids = random.tokens().row(row);
            assertEquals(model.configuration().bos().orElseThrow(), ids[0]);
            for (int i = 11; i < 41; i++) assertEquals(ids[i - 10], ids[i]);
            assertEquals(10, Arrays.stream(ids, 1, 11).distinct().count());
            assertTrue(Arrays.stream(ids, 1, 41).allMatch(id -> id > 2 && id < model.configuration().dVocab()));
        }
        assertNotEquals(Arrays.toString(random.tokens().row(0)), Arrays.toString(random.tokens().row(1)));
    }

    @Test void theSeedDecidesTheTokens() {
        assertEquals(RandomTokens.of(model, 2, 5, 2, 1, true).tokens(),
                RandomTokens.of(model, 2, 5, 2, 1, true).tokens());
        assertNotEquals(RandomTokens.of(model, 2, 5, 2, 1, true).tokens(),
                RandomTokens.of(model, 2, 5, 2, 2, true).tokens());
    }

    @Test void aWholeVocabularyCanBeDrawnAndMoreThanThatRepeats() {
        int ordinary = model.configuration().dVocab() - 3;
        assertEquals(ordinary,
                Arrays.stream(RandomTokens.of(model, 1, ordinary, 1, 1, false).tokens().row(0)).distinct().count());
        assertEquals(ordinary + 5, RandomTokens.of(model, 1, ordinary + 5, 1, 1, false).tokens().length());
    }

    @Test void nothingToDrawIsRefused() {
        assertThrows(UsageException.class, () -> RandomTokens.of(model, 0, 5, 2, 1, true));
        assertThrows(UsageException.class, () -> RandomTokens.of(model, 1, 0, 2, 1, true));
    }
}
