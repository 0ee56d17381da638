package org.tornadolens.dsl.table;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Tables in files that keep the types of columns. Python wrote the files beside this class: see python.py. */
class TableFilesTest {

    private static final Object NONE = Table.EMPTY;

    /** What python.py writes, too. */
    private static final Table ALL = new Table(List.of("whole", "real", "text", "yes", "none"), List.of(
            List.of(9007199254740993L, 0.1, " Zürich \"q\",\n東京", true, NONE),
            List.of(-5L, Double.NaN, "", false, NONE),
            Arrays.asList(NONE, Double.POSITIVE_INFINITY, NONE, NONE, NONE),
            List.of(Long.MIN_VALUE, Double.NEGATIVE_INFINITY, "NaN", true, NONE),
            List.of(0L, NONE, "\\NaN\"Infinity", true, NONE),
            List.of(Long.MAX_VALUE, -0.0, "🧠\u2028", false, NONE)));

    @TempDir Path folder;

    private Path written(Table table, String name) throws IOException {
        Path file = folder.resolve(name);
        try (OutputStream out = Files.newOutputStream(file)) {
            TableFormat.of(name).write(table, out);
        }
        return file;
    }

    private static Table read(Path file, String... columns) throws IOException {
        return TableFormat.read(file, file.getFileName().toString(), List.of(columns));
    }

    private Path text(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static void assertFails(String message, Path file, String... columns) {
        UsageException failure = assertThrows(UsageException.class, () -> read(file, columns));
        assertTrue(failure.getMessage().startsWith(message), failure.getMessage());
    }

    @ParameterizedTest
    @EnumSource(names = {"JSON_LINES", "PARQUET"}) void everyCellComesBackAsItWas(TableFormat format)
            throws IOException {
        String name = format == TableFormat.PARQUET ? "t.parquet" : "t.jsonl";
        assertEquals(ALL, read(written(ALL, name)));
        Table some = read(folder.resolve(name), "text", "whole");
        assertEquals(ALL.select(List.of("text", "whole")), some);
    }

    @ParameterizedTest
    @ValueSource(strings = {"pyarrow-snappy.parquet", "pyarrow-zstd.parquet", "duckdb.parquet",
            "python.jsonl"}) void whatPythonWroteIsReadAsItWas(String name) throws IOException {
        Path file = folder.resolve(name);
        try (InputStream in = TableFilesTest.class.getResourceAsStream(name)) {
            Files.copy(in, file);
        }
        assertEquals(ALL, read(file, "whole", "real", "text", "yes", "none"));
        String place =
                name.endsWith(".jsonl") ? name + ":1: \"more\" is a list" : name + ": column \"more\" holds a list";
        assertFails(place, file, "more");
        assertFails(name + ": no column \"reals\"; nearest: real", file, "reals");
    }

    @Test void thousandsOfRowsFillSeveralPagesAndGroups() throws IOException {
        List<List<Object>> rows = new ArrayList<>();
        for (int i = 0; i < 300_000; i++)
            rows.add(List.of((long) i, Math.sin(i), i % 7 == 0 ? NONE : "text " + i % 1000, i % 3 == 0));
        Table table = new Table(List.of("i", "sine", "text", "third"), rows);
        assertEquals(table, read(written(table, "many.parquet")));
        assertTrue(Files.size(folder.resolve("many.parquet")) < 6_000_000);
    }

    @Test void aTensorsNumbersAreRealAndItsIndicesWhole() throws IOException {
        Table grid = Table.of(Tensor.of(Shape.of("layer", 2, "head", 2), 1, 2, Float.NaN, 0.1f));
        List<List<Object>> rows =
                List.of(List.of(0L, 1.0, 2.0), List.of(1L, Double.NaN, (double) 0.1f));
        assertEquals(new Table(List.of("layer", "head 0", "head 1"), rows), read(written(grid, "grid.parquet")));
        written(grid, "grid.jsonl");
        assertEquals("{\"layer\":0,\"head 0\":1.0,\"head 1\":2.0}\n{\"layer\":1,\"head 0\":NaN,\"head 1\":0.1}\n",
                Files.readString(folder.resolve("grid.jsonl")));
    }

    @Test void wholeNumbersAmongOthersAreRealAndAColumnWithoutCellsIs() throws IOException {
        Table mixed = new Table(List.of("n", "none"), List.of(List.of(1L, NONE), List.of(0.5, NONE)));
        Table back = new Table(List.of("n", "none"), List.of(List.of(1.0, NONE), List.of(0.5, NONE)));
        assertEquals(back, read(written(mixed, "n.parquet")));
        assertEquals(back, read(written(mixed, "n.jsonl")));
        Table none = new Table(List.of("a", "b"), List.of());
        assertEquals(none, read(written(none, "none.parquet")));
    }

    @Test void aColumnMayHaveAnyName() throws IOException {
        Table table = new Table(List.of("a.b", "a", "ü \"q\""), List.of(List.of(1L, 2L, 4L)));
        assertEquals(table, read(written(table, "names.parquet")));
        assertEquals(table, read(written(table, "names.jsonl")));
        assertEquals(table.select(List.of("a.b")), read(folder.resolve("names.parquet"), "a.b"));
        Table nameless = new Table(List.of("a", ""), List.of(List.of(1L, 2L)));
        assertEquals(nameless, read(written(nameless, "nameless.jsonl")));
        assertEquals("a column of a Parquet file needs a name; one of these has none: a, ",
                assertThrows(UsageException.class, () -> written(nameless, "nameless.parquet")).getMessage());
    }

    @Test void halfACharacterIsNamed() throws IOException {
        Table table = new Table(List.of("\ud83d"), List.of(List.of("a\ud83d")));
        Table named = new Table(List.of("\\u{D83D}"), List.of(List.of("a\\u{D83D}")));
        assertEquals(named, read(written(table, "half.parquet")));
        assertEquals(named, read(written(table, "half.jsonl")));
    }

    @Test void aColumnOfSeveralTypesIsRefusedByParquetOnly() throws IOException {
        Table table = new Table(List.of("a"), List.of(List.of(NONE), List.of(1L), List.of(2.5), List.of("x")));
        assertEquals(
                "column \"a\" has a whole number in row 1 and a string in row 3; a column of a Parquet file has one "
                        + "type: make all of them strings, or save the table as .jsonl or .csv",
                assertThrows(UsageException.class, () -> written(table, "a.parquet")).getMessage());
        assertEquals(table, read(written(table, "a.jsonl")));
    }

    @Test void whatIsNoTableIsNamedWithItsLine() throws IOException {
        assertFails("a.jsonl:2: not one object of JSON", text("a.jsonl", "{\"a\":1}\n{\"a\":}\n"));
        assertFails("b.jsonl:1: not one object of JSON", text("b.jsonl", "[1]\n"));
        assertFails("c.jsonl:2: \"a\" is a list or an object", text("c.jsonl", "{\"a\":1}\n{\"a\":[1]}\n"));
        assertFails("d.jsonl:1: not one object of JSON", text("d.jsonl", "{\"a\":1} {\"a\":1}\n"));
        assertFails("e.jsonl:1: two values of \"a\"", text("e.jsonl", "{\"a\":1,\"a\":2}\n"));
        assertFails("f.jsonl has no rows", text("f.jsonl", "\n"));
        assertFails("g.jsonl:1: not one object of JSON", text("g.jsonl", "{\"a\":NaNny}\n"));
        Path latin = Files.write(folder.resolve("h.jsonl"), "{\"a\":\"ü\"}".getBytes(StandardCharsets.ISO_8859_1));
        assertFails("h.jsonl:1: is not UTF-8", latin);
        assertFails("a.parquet is no Parquet file that can be read: ", text("a.parquet", "PAR1 and no more PAR1"));
        assertFails("b.parquet is no Parquet file that can be read: ", text("b.parquet", ""));
        byte[] whole = Files.readAllBytes(written(ALL, "whole.parquet"));
        Path cut = Files.write(folder.resolve("cut.parquet"), Arrays.copyOf(whole, whole.length / 2));
        assertFails("cut.parquet is no Parquet file that can be read: ", cut);
        assertFails("t.csv: CSV does not say which cells are numbers", written(ALL, "t.csv"));
        assertFails("tables are loaded from .jsonl and .parquet, not from \"t.xlsx\"", text("t.xlsx", ""));
    }
}
