package org.tornadolens.dsl.chart;

import org.junit.jupiter.api.Test;

import java.awt.Font;
import java.util.List;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
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
        String text = Glyphs.shortened(List.of("internationalisation"), Fonts.size(9), 40).getFirst();
        assertTrue(text.endsWith("…") && Fonts.width(text, Fonts.size(9)) <= 40, text);
        assertEquals(List.of("cat"), Glyphs.shortened(List.of("cat"), Fonts.size(9), 40));
    }

    @Test void shortenedTextsStayApart() {
        Font font = Fonts.size(8);
        List<String> sites = List.of("blocks.3.attn.hook_z of the first head", "blocks.3.attn.hook_q of the first head",
                "blocks.3.attn.hook_q of the second head");
        for (List<String> texts : List.of(sites, sites.subList(0, 2), sites.subList(1, 3), List.of("a 🧠 b".repeat(9),
                "a 🧩 b".repeat(9)))) {
            List<String> some = Glyphs.shortened(texts, font, 60, 120);
            assertEquals(texts.size(), some.stream().distinct().count(), some.toString());
            for (String text : some) {
                assertTrue(Fonts.width(text, font) <= 120, text);
                assertFalse(Glyphs.visible(text).contains("{D8"), "no half of a character: " + text);
            }
        }
    }
}
