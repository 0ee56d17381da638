package org.tornadolens.dsl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class ProgressTest {

    private static final long SECOND = 1_000_000_000L;

    @Test void theLineSaysHowFarAndHowLong() {
        assertEquals("opening the model: 3 s", Progress.line("opening the model", 0, 0, "", 3 * SECOND));
        assertEquals("scoring: 0 of 1,024 heads", Progress.line("scoring", 0, 1024, "heads", 3 * SECOND));
        assertEquals("scoring: 256 of 1,024 heads, 30 s left",
                Progress.line("scoring", 256, 1024, "heads", 10 * SECOND));
        assertEquals("x: 1 of 100 y, 3 min 18 s left", Progress.line("x", 1, 100, "y", 2 * SECOND));
        assertEquals("x: 1 of 9,001 y, 2 h 30 min left", Progress.line("x", 1, 9001, "y", SECOND));
    }

    private static ProgressLine lineOn(ByteArrayOutputStream err, boolean terminal) {
        PrintStream stream = new PrintStream(err, true, StandardCharsets.UTF_8);
        return new ProgressLine(new Console(stream, stream, terminal, new Interrupts()).progress());
    }

    @Test void itAppearsAfterASecondOnATerminalOnlyAndGoesAgain() throws InterruptedException {
        ByteArrayOutputStream terminal = new ByteArrayOutputStream(), file = new ByteArrayOutputStream();
        ProgressLine onTerminal = lineOn(terminal, true);
        ProgressLine inFile = lineOn(file, false);
        try (Progress shown = onTerminal.begin("waiting"); Progress silent = inFile.begin("waiting")) {
            while (terminal.size() == 0) Thread.sleep(50);
        }
        String text = terminal.toString(StandardCharsets.UTF_8);
        assertTrue(text.startsWith("\r\u001b[Kwaiting: "), text);
        assertTrue(text.endsWith("\r\u001b[K"), "erased at the end");
        assertEquals(0, file.size());
    }
}
