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
        assertEquals(1 + 10, map(random(20, 60), COLOURS).lines().count());
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

    @Test void onlyTwoAxesAndOnlyInColour() {
        assertEquals("", map(Tensor.zeros(Shape.of("a", 2, "b", 2, "c", 2)), COLOURS));
        assertEquals("", map(random(2, 2), Look.PLAIN));
    }
}
