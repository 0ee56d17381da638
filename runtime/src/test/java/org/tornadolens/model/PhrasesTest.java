package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.model.Phrases.Which;

/** Where a piece or a phrase stands in rows of tokens. */
class PhrasesTest {

    private static final Model MODEL = Model.open(Path.of("../models/bundled"));

    private static int[] positions(Which which, String phrase, String... texts) {
        return Phrases.positions(MODEL, TextTokens.of(MODEL, List.of(texts), true), phrase, which);
    }

    @Test void aPhraseStandsWhereItsLastTokenDoes() {
        Tokens row = TextTokens.of(MODEL, List.of("Mary and John went to the park"), true);
        int john = positions(Which.ONLY, " John", "Mary and John went to the park")[0];
        assertEquals("▁John", MODEL.tokenizer().piece(row.row(0)[john]));
        assertEquals(john, positions(Which.ONLY, "John", "Mary and John went to the park")[0]);
        assertEquals(john, positions(Which.ONLY, "Mary and John", "Mary and John went to the park")[0]);
        assertEquals(1, positions(Which.ONLY, "Mary", "Mary and John went to the park")[0]);
    }

    @Test void positionsCountFromTheFirstRealTokenOfPaddedRows() {
        int[] found = positions(Which.ONLY, " John", "Mary and John went to the park", "John");
        assertArrayEquals(new int[]{3, 1}, found);
    }

    @Test void severalPlacesNeedAChoice() {
        String text = "John and John went";
        assertEquals(1, positions(Which.FIRST, "John", text)[0]);
        assertEquals(3, positions(Which.LAST, "John", text)[0]);
        String message = assertThrows(UsageException.class, () -> positions(Which.ONLY, "John", text)).getMessage();
        assertTrue(message.contains("[1, 3]") && message.contains("which"), message);
    }

    @Test void aRowWithoutItIsNamedAndShown() {
        String message = assertThrows(UsageException.class,
                () -> positions(Which.ONLY, "John", "John went", "Mary went")).getMessage();
        assertEquals("\"John\" is not in row 1: \"Mary went\"", message);
        assertThrows(UsageException.class, () -> positions(Which.ONLY, "ar", "Mary went"));
        assertThrows(UsageException.class, () -> positions(Which.ONLY, "", "Mary went"));
    }
}
