package org.tornadolens.tokenizer;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class LabelTest {

    @Test void whatShowsStaysAsItIs() {
        for (String piece : new String[]{"\u2581the", "<0x0A>", "<s>", "\\n", "<U", "猫", "😀", "e\u0301",
                "\u2581\u2581"})
            assertEquals(piece, Label.of(piece));
    }

    @Test void whatDoesNotShowIsWrittenAsItsCodePoint() {
        assertEquals("<U+000A>", Label.of("\n"));
        assertEquals("a<U+200D>b", Label.of("a\u200Db"));
        assertEquals("<U+0020><U+00A0>", Label.of(" \u00A0"));
        assertEquals("<U+202E>", Label.of("\u202E"));
        assertEquals("<U+E0067>", Label.of("\uDB40\uDC67"));
    }

    @Test void aCombiningMarkWithNothingToSitOnIsWrittenAsItsCodePoint() {
        assertEquals("<U+0301>", Label.of("\u0301"));
        assertEquals("\u2581<U+0301>", Label.of("\u2581\u0301"));
    }

    @Test void differentPiecesHaveDifferentLabels() {
        Set<String> labels = new HashSet<>();
        for (String piece : new String[]{"\n", "<U+000A>", "<0x0A>", "\\n", "<U+003C>U+000A>"})
            labels.add(Label.of(piece));
        assertEquals(5, labels.size());
    }

    @Test void quotesInErrorsAreShortAndOnOneLine() {
        assertEquals("'a<U+000A>'", Label.quote("a\n"));
        assertEquals("'" + "x".repeat(40) + "...'", Label.quote("x".repeat(1000)));
    }
}
