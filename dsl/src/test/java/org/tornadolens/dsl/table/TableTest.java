package org.tornadolens.dsl.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

class TableTest {

    private static Map<String, Object> row(Object... namesAndCells) {
        Map<String, Object> row = new LinkedHashMap<>();
        for (int i = 0; i < namesAndCells.length; i += 2) row.put((String) namesAndCells[i], namesAndCells[i + 1]);
        return row;
    }

    @Test void numbersStandUnderEachOtherByTheirPoints() {
        Table table = Table.of(List.of(row("head", "3.1", "score", 0.912345, "rank", 1),
                row("head", "10.29", "score", 12.5, "rank", 12), row("head", "0.0", "score", -0.000123456, "rank", 3)));
        assertEquals("""
                head        score  rank
                ─────  ──────────  ────
                3.1     0.9123        1
                10.29  12.5          12
                0.0    -0.0001235     3""", table.text());
    }

    @Test void wideCharactersTakeTwoColumns() {
        Table table = Table.of(List.of(row("token", "東京", "n", 1), row("token", "▁cat", "n", 2),
                row("token", "e\u0301", "n", 3), row("token", "🧠", "n", 4)));
        assertEquals("""
                token  n
                ─────  ─
                東京   1
                ▁cat   2
                e\u0301      3
                🧠     4""", table.text());
    }

    @Test void numbersKeepFourDigitsAndNoDigitBeforeThePointIsLost() {
        List<Object> numbers = List.of(123456.789, 0.1f, 1e-7, 3e9 + 0.5, 7.0, Double.NaN, 1.0f / 3);
        List<String> cells = new Table(List.of("x"), numbers.stream().map(List::of).toList()).text().lines().skip(2)
                .map(String::strip).toList();
        assertEquals(List.of("123457", "0.1", "1.000e-7", "3.000e9", "7", "–", "0.3333"), cells);
    }

    @Test void numbersOfOneSizeHaveAsManyDecimals() {
        List<Object> scores = List.of(0.91239, 0.5, 0.25f, 0, -0.0501);
        List<String> cells = new Table(List.of("x"), scores.stream().map(List::of).toList()).text().lines().skip(2)
                .map(String::strip).toList();
        assertEquals(List.of("0.9124", "0.5000", "0.2500", "0.0000", "-0.0501"), cells);
    }

    @Test void aRowStaysOneLine() {
        String text = Table.of(List.of(row("token", "a\nb\tc\0"))).text();
        assertEquals("a\\nb\\tc\\u{0}", text.lines().toList().get(2));
    }

    @Test void aMatrixHasARowForEachIndexOfItsFirstAxis() {
        Table table = Table.of(Tensor.of(Shape.of("layer", 2, "head", 3), 1, 2, 3, 4, 5, 6));
        assertEquals(List.of("layer", "head 0", "head 1", "head 2"), table.columns());
        assertEquals(List.of(List.of(0, 1f, 2f, 3f), List.of(1, 4f, 5f, 6f)), table.rows());
    }

    @Test void otherTensorsHaveARowForEachElement() {
        Table cube = Table.of(Tensor.of(Shape.of("layer", 1, "head", 2, "pos", 2), 1, 2, 3, 4));
        assertEquals(List.of("layer", "head", "pos", "value"), cube.columns());
        assertEquals(List.of(List.of(0, 0, 0, 1f), List.of(0, 0, 1, 2f), List.of(0, 1, 0, 3f), List.of(0, 1, 1, 4f)),
                cube.rows());
        assertEquals(List.of(List.of(0, 5f), List.of(1, 6f)), Table.of(Tensor.of(Shape.of("pos", 2), 5, 6)).rows());
    }

    @Test void columnsAreChosenAndOrdered() {
        Table table = Table
                .of(List.of(row("head", "3.1", "kind", "induction", "score", 0.5), row("head", "1.2", "score", 0.25)))
                .select(List.of("score", "head"));
        assertEquals(List.of("score", "head"), table.columns());
        assertEquals(List.of(List.of(0.5, "3.1"), List.of(0.25, "1.2")), table.rows());
    }

    @Test void anUnknownColumnIsRefusedWithTheNearest() {
        assertFails("the table has no column \"scroe\"; nearest: score",
                () -> Table.of(List.of(row("score", 1))).select(List.of("scroe")));
    }

    @Test void whatIsNoTableIsRefused() {
        assertFails("a table needs at least one column", () -> Table.of(List.of()));
        assertFails("two columns have the same name in a, a", () -> new Table(List.of("a", "a"), List.of()));
        assertFails("a row has 1 cells, the table 2 columns: [1]",
                () -> new Table(List.of("a", "b"), List.of(List.of(1))));
        assertFails("a table's cell is a number, a string or true or false, not [1]",
                () -> Table.of(List.of(row("a", List.of(1)))));
    }

    @Test void whatIsWrittenIsReadBack() throws IOException {
        List<Object> cells = List.of("plain", "with, comma", "with \"quotes\"", "two\r\nlines", " spaces ", "東京 🧠", "",
                "=", "-", 3, -0.1, 0.1f, 1e-30, Double.NaN, true);
        Table table = new Table(List.of("a", "b, c"), cells.stream().map(cell -> List.of(cell, cell)).toList());
        List<List<String>> read = parse(written(table));
        assertEquals(List.of("a", "b, c"), read.getFirst());
        for (int i = 0; i < cells.size(); i++)
            assertEquals(List.of(cells.get(i).toString(), cells.get(i).toString()), read.get(i + 1));
    }

    private static String written(Table table) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        TableFormat.CSV.write(table, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    @Test void aFormulaIsDisarmedAndHalfACharacterEscaped() throws IOException {
        Table table = new Table(List.of("token"),
                List.of(List.of("=HYPERLINK(\"x\")"), List.of("@cmd"), List.of("+1"), List.of("a\ud83d"), List.of(-5)));
        List<List<String>> read = parse(written(table));
        assertEquals(List.of(List.of("token"), List.of("'=HYPERLINK(\"x\")"), List.of("'@cmd"), List.of("'+1"),
                List.of("a\\u{D83D}"), List.of("-5")), read);
    }

    @Test void anotherFormatIsRefusedByName() {
        for (String name : List.of("heads.xlsx", "heads.json", "heads.feather", "heads.duckdb", "heads.GZ")) {
            assertFails(
                    "a table is saved as CSV, JSON Lines or Parquet: name it heads.csv, heads.jsonl or heads.parquet, "
                            + "not " + name,
                    () -> TableFormat.fileName(name));
        }
        assertEquals("heads 3.1.csv", TableFormat.fileName("heads 3.1"));
        assertEquals("table.csv", TableFormat.fileName("table"));
        assertEquals("a/table.Parquet", TableFormat.fileName("a/table.Parquet"));
    }

    /** Parses CSV as RFC 4180 defines it: the oracle for saved tables. */
    private static List<List<String>> parse(String text) {
        List<List<String>> lines = new ArrayList<>();
        List<String> line = new ArrayList<>();
        StringBuilder field = new StringBuilder();
        boolean quoted = false;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (quoted && c == '"' && i + 1 < text.length() && text.charAt(i + 1) == '"')
                field.append(text.charAt(i++));
            else
                if (c == '"') quoted = !quoted;
                else if (!quoted && (c == ',' || c == '\r')) {
                    line.add(field.toString());
                    field.setLength(0);
                    if (c == ',') continue;
                    assertEquals('\n', text.charAt(++i), "lines end with CRLF");
                    lines.add(line);
                    line = new ArrayList<>();
                } else field.append(c);
        }
        assertTrue(line.isEmpty() && field.isEmpty(), "the last line ends too");
        return lines;
    }

    private static void assertFails(String start, Executable executable) {
        String message = assertThrows(UsageException.class, executable).getMessage();
        assertTrue(message.startsWith(start), () -> message + "\n instead of\n" + start);
    }
}
