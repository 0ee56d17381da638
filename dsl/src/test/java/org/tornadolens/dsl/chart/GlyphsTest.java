package org.tornadolens.dsl.chart;

import org.junit.jupiter.api.Test;

import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

class GlyphsTest {

    @Test void whatTheFontLacksIsEscaped() {
        assertEquals("\\u{6771}\\u{4EAC}", Glyphs.visible("東京"));
        assertEquals("\\u{1F9E0}", Glyphs.visible("🧠"));
        assertEquals("\\u{D83D}", Glyphs.visible("\ud83d"));
    }

    @Test void scriptsThatTheFontHasStayAsTheyAre() {
        for (String text : List.of("naïve", "Привет", "αβγ", "سلام", "∞ ≤ ±")) assertEquals(text, Glyphs.visible(text));
    }

    @Test void invisibleCharactersGetAMark() {
        assertEquals("a↵b→c\\u{0}\\u{202E}\\u{200D}\\u{A0}\\u{7F}",
                Glyphs.visible("a\nb\tc\0\u202e\u200d\u00a0\u007f"));
        assertEquals("␣a b␣␣", Glyphs.token(" a b  "));
        assertEquals("␣␣␣", Glyphs.token("   "));
        assertEquals("␣The", Glyphs.token("▁The"));
        assertEquals("", Glyphs.token(""));
    }

    @Test void wrappedLinesLoseNothingAndFit() {
        String text =
                "Path patching into the queries of the name movers Donaudampfschifffahrtsgesellschaftskapitänsmütze "
                        + "end";
        List<String> lines = Glyphs.wrap(text, Fonts.size(12), 120);
        for (String line : lines) assertTrue(Fonts.width(line, Fonts.size(12)) <= 120, line);
        assertEquals(text.replace(" ", ""), String.join("", lines).replace(" ", ""));
        assertEquals(List.of("one", "two"), Glyphs.wrap("one\ntwo", Fonts.size(12), 500));
    }

    @Test void aShortenedTextFitsAndSaysThatItIsShort() {
        String text = Glyphs.shorten("internationalisation", Fonts.size(9), 40);
        assertTrue(text.endsWith("…") && Fonts.width(text, Fonts.size(9)) <= 40, text);
        assertEquals("cat", Glyphs.shorten("cat", Fonts.size(9), 40));
    }
}
