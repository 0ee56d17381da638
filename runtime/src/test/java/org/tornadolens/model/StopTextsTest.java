package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;

class StopTextsTest {

    private static List<String> released(StopTexts stops, String... pieces) {
        List<String> released = new ArrayList<>();
        for (String piece : pieces) released.add(stops.accept(piece));
        return released;
    }

    @Test void whatMayBeginAStopTextIsHeldBackUntilItIsDecided() {
        StopTexts stops = new StopTexts(List.of("User:", "###"));
        assertEquals(List.of("Hi ", "", "", "Use# ", ""), released(stops, "Hi U", "s", "e", "# ", "##"));
        assertFalse(stops.stopped());
        assertEquals("##", stops.finish());
        assertEquals("", stops.finish());
    }

    @Test void nothingIsReleasedFromTheStopTextOn() {
        StopTexts stops = new StopTexts(List.of("\nUser:"));
        assertEquals(List.of("Yes.", "", "", ""), released(stops, "Yes.\nUs", "er", ": and", " more"));
        assertTrue(stops.stopped());
        assertEquals("", stops.finish());
    }

    @Test void theEarliestStopTextEndsTheText() {
        assertEquals(List.of("a"), released(new StopTexts(List.of("cd", "b")), "abcd"));
    }

    @Test void aStopTextThatRepeatsItsStartIsFound() {
        StopTexts stops = new StopTexts(List.of("aab"));
        assertEquals(List.of("", "", "a", ""), released(stops, "a", "a", "a", "b"));
        assertTrue(stops.stopped());
    }

    @Test void withoutStopTextsNothingIsHeldBack() {
        assertEquals(List.of("any", ""), released(new StopTexts(List.of()), "any", ""));
        assertThrows(UsageException.class, () -> new StopTexts(List.of("x", "")));
    }
}
