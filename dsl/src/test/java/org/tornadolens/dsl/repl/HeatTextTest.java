package org.tornadolens.dsl.repl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

class HeatTextTest {

    private static final Look COLOURS = new Look(true, true, 80, false);

    private static String map(Tensor tensor, Look look) { return HeatText.of(tensor, look).orElse(""); }

    @Test void theSignsHaveTheColoursOfCharts() {
        String text = map(Tensor.of(Shape.of("layer", 2, "head", 2), -1, 0, 0.5f, 1), COLOURS);
        String[] lines = text.split("\n");
        assertTrue(lines[0].startsWith("layer ↓  head →  -1"), lines[0]);
        assertEquals("   0 \u001b[48;2;5;48;97m  \u001b[48;2;255;255;255m  \u001b[0m", lines[2]);
        assertTrue(lines[3].endsWith("\u001b[48;2;103;0;31m  \u001b[0m"), lines[3]);
    }

    @Test void whatIsNotFiniteHasNoColour() {
        assertTrue(map(Tensor.of(Shape.of("a", 1, "b", 2, "c", 2), Float.NaN, 0, 1, 2), COLOURS)
                .contains("   0 \u001b[0m··"));
    }

    @Test void wideTensorsTakeHalfCells() {
        String[] lines = map(random(20, 60), COLOURS).split("\n");
        assertEquals(2 + 10, lines.length);
        assertEquals("     0         10        20        30        40        50", lines[1]);
        assertEquals("", map(random(20, 90), COLOURS), "wider than the terminal");
    }

    private static Tensor random(int rows, int columns) {
        Tensor tensor = Tensor.zeros(Shape.of("a", rows, "b", columns));
        tensor.set(1, 0, 0);
        return tensor;
    }

    @Test void terminalsOf256ColoursGetTheNearest() {
        assertTrue(map(Tensor.of(Shape.of("a", 2, "b", 2), 0, 1, 2, 3), new Look(true, false, 80, false))
                .contains("\u001b[48;5;231m  "));
    }

    /** Scores of a model with 30 layers of 9 heads, in a terminal of 80 columns. */
    @Test void aRowOfTheMapIsALayerAndNoLineIsCut() {
        String[] lines = map(random(30, 9), COLOURS).split("\n");
        assertEquals(2 + 30, lines.length);
        assertEquals("     0         5", lines[1]);
        for (String line : lines) assertTrue(line.replaceAll("\u001b\\[[0-9;]*m", "").length() <= 80, line);
    }

    @Test void aSingleAxisRunsFromLeftToRight() {
        String[] lines = map(Tensor.of(Shape.of("batch", 1, "pos", 3), 0, 1, 2), COLOURS).split("\n");
        assertEquals(3, lines.length);
        assertTrue(lines[0].startsWith("pos →  0"), lines[0]);
        assertEquals("     0", lines[1]);
        assertEquals(3, map(random(1, 60).rename("b", "row"), COLOURS).lines().count());
        assertEquals("", map(Tensor.zeros(Shape.of("pos", 3)), COLOURS), "equal values have no colours to tell apart");
    }

    @Test void onlyTwoAxesAndOnlyInColour() {
        assertEquals("", map(Tensor.zeros(Shape.of("a", 2, "b", 2, "c", 2)), COLOURS));
        assertEquals("", map(random(2, 2), Look.PLAIN));
    }
}
