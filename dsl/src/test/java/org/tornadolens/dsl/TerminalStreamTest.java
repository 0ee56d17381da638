package org.tornadolens.dsl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TerminalStreamTest {

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    private final TerminalStream stream = new TerminalStream(bytes);

    private String shown() {
        stream.flush();
        return bytes.toString(StandardCharsets.UTF_8);
    }

    @ParameterizedTest
    @ValueSource(ints = {0, 7, 8, 0x0B, 0x0C, '\r', 0x1B, 0x1F, 0x7F, 0x80, 0x9B, 0x9D, 0x9F, 0x061C, 0x200E, 0x200F,
            0x202A, 0x202E, 0x2066, 0x2069}) void aControlIsShownByItsNumber(int point) {
        String text = "a" + Character.toString(point) + "b";
        stream.print(text);
        stream.print(Character.toString(point));
        String number = "<U+%04X>".formatted(point);
        assertEquals("a" + number + "b" + number, shown());
        assertEquals("a" + number + "b", TerminalStream.escaped(text));
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "plain\ttext\nof two lines\n", "\u2581caf\u00e9 \u00a0\u00ff", "\u4f60\u597d",
            "\ud83d\ude00\ud83d\udc69\u200d\ud83d\udd2c", "\u061b\u061d\u200d\u2010\u2029\u202f\u2065\u206a", "\r\n",
            "\u0416\u0600"}) void textIsNotChanged(String text) {
        stream.print(text);
        assertEquals(text, shown());
        assertEquals(text.replace("\r", "<U+000D>"), TerminalStream.escaped(text));
    }

    @Test void everyWayToPrintEscapes() {
        stream.printf("%s|", "\u001b[2J");
        stream.println('\u001b');
        stream.append("\u001b").print(new char[]{'\u001b'});
        stream.write(0x1B);
        stream.print((Object) "\u009b");
        assertEquals("<U+001B>[2J|<U+001B>\n<U+001B><U+001B><U+001B><U+009B>",
                shown().replace(System.lineSeparator(), "\n"));
    }

    @Test void aCharacterMayArriveByteByByte() {
        String text = "\u009b\u00e9\u202e\u2581\u061c\ud83d\ude00";
        for (byte each : text.getBytes(StandardCharsets.UTF_8)) stream.write(each);
        assertEquals("<U+009B>\u00e9<U+202E>\u2581<U+061C>\ud83d\ude00", shown());
    }

    @Test void bytesThatAreNoCharacterAreKept() {
        for (int each : new int[]{0xE2, 'a', 0xC2, 0x1B, 0xE2, 0x80, 'b'}) stream.write(each);
        stream.close();
        assertEquals("\u00e2a\u00c2<U+001B>\u00e2\u0080b", bytes.toString(StandardCharsets.ISO_8859_1));
    }

    @Test void sequencesOfTheProgramItselfPass() {
        stream.print("a\u001b");
        TerminalStream.sequence(stream, "\r\u001b[K");
        stream.print("b");
        assertEquals("a<U+001B>\r\u001b[Kb", shown());
    }
}
