package org.tornadolens.dataset;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.UsageException;
import org.tornadolens.model.Model;
import org.tornadolens.testing.ResourceFiles;

/** Texts of every kind of file become the same rows, and what is wrong with a file is told by its place. */
class DatasetTest {

    private static final List<String> TEXTS =
            List.of("Once upon a time, there was a girl.", "Tom said \"no\", and left.", "Zwölf Boxkämpfer.");

    private static Model model;

    @TempDir Path folder;

    @BeforeAll static void open() { model = Model.open(Path.of("../models/bundled")); }

    private static List<Row> rows(Dataset data) {
        List<Row> all = new ArrayList<>();
        try (Rows rows = data.rows(model)) {
            for (Optional<Row> row; (row = rows.next()).isPresent();) all.add(row.get());
        }
        return all;
    }

    private static List<String> texts(Dataset data) {
        return rows(data).stream().map(row -> model.tokenizer().decode(row.ids())).toList();
    }

    private Path file(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private static String json() {
        StringBuilder lines = new StringBuilder();
        for (String text : TEXTS)
            lines.append("{\"id\": 7, \"text\": \"").append(text.replace("\"", "\\\"")).append("\", \"more\": [1]}\n");
        return lines.toString();
    }

    // ---- kinds of files

    @Test void everyKindOfFileGivesTheSameTexts() throws IOException {
        Path gzip = folder.resolve("texts.txt.gz"), zstd = folder.resolve("texts.jsonl.zst");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(gzip))) {
            out.write(String.join("\n", TEXTS).getBytes(StandardCharsets.UTF_8));
        }
        try (OutputStream out = new ZstdOutputStream(Files.newOutputStream(zstd))) {
            out.write(json().getBytes(StandardCharsets.UTF_8));
        }
        List<Path> files = List.of(file("texts.txt", String.join("\r\n", TEXTS) + "\r\n"),
                file("marked.txt", "\ufeff" + String.join("\n", TEXTS)), file("texts.jsonl", json()),
                file("texts.csv", "id,text\n1,\"" + TEXTS.get(0) + "\"\n2,\"" + TEXTS.get(1).replace("\"", "\"\"")
                        + "\"\n3," + TEXTS.get(2) + "\n"),
                file("texts.tsv", "text\tid\n\"" + TEXTS.get(0) + "\"\t1\n\"" + TEXTS.get(1).replace("\"", "\"\"")
                        + "\"\t2\n" + TEXTS.get(2) + "\t3\n"),
                gzip, zstd);
        for (Path file : files) assertEquals(TEXTS, texts(Dataset.of(file, DatasetOptions.DEFAULT)), file.toString());
        assertEquals(TEXTS, texts(Dataset.texts(TEXTS, DatasetOptions.DEFAULT)));
    }

    /** Written by pyarrow, with the columns id (int64) and text (string), in row groups of two and with zstd. */
    @Test void aParquetFileIsReadByRowGroup() {
        Path parquet = ResourceFiles.path("dataset/texts.parquet");
        assertEquals(TEXTS, texts(Dataset.of(parquet, DatasetOptions.DEFAULT)));
        UsageException missing =
                assertThrows(UsageException.class, () -> texts(Dataset.of(parquet, column("txt"))));
        assertEquals("texts.parquet: no column \"txt\"; nearest: text", missing.getMessage());
    }

    private static DatasetOptions column(String name) {
        DatasetOptions d = DatasetOptions.DEFAULT;
        return new DatasetOptions(name, d.template(), d.paragraphs(), d.pack(), d.length(), d.bos(), d.eos(),
                d.special(), d.limit(), d.shuffle(), d.seed(), d.split(), d.invalid());
    }

    private static DatasetOptions template(String text) {
        DatasetOptions d = DatasetOptions.DEFAULT;
        return new DatasetOptions(d.column(), Optional.of(text), true, d.pack(), d.length(), d.bos(), d.eos(),
                d.special(), d.limit(), d.shuffle(), d.seed(), d.split(), d.invalid());
    }

    @Test void paragraphsAndTemplatesMakeTexts() throws IOException {
        Path text = file("p.txt", "one\ntwo\n\n\nthree\n");
        assertEquals(List.of("Say: one\ntwo", "Say: three"), texts(Dataset.of(text, template("Say: {text}"))));
        Path table = file("qa.csv", "question,answer\nWho?,Tom\n");
        assertEquals(List.of("Q {Who?} A Tom"), texts(Dataset.of(table, template("Q {{{question}}} A {answer}"))));
        assertMessage("a { without a name", () -> Dataset.of(text, template("{")));
        assertMessage("no column", () -> Dataset.of(text, template("plain")));
    }

    // ---- rows

    @Test void aRowIsADocumentCutAtTheLengthWithOneBos() {
        int bos = model.tokenizer().bos().orElseThrow();
        for (Row row : rows(Dataset.texts(TEXTS, DatasetOptions.DEFAULT.length(5)))) {
            assertEquals(5, row.ids().length);
            assertEquals(bos, row.ids()[0]);
        }
        assertTrue(rows(Dataset.texts(TEXTS, DatasetOptions.DEFAULT.bos(DatasetOptions.Bos.NONE))).stream()
                .noneMatch(row -> Arrays.stream(row.ids()).anyMatch(id -> id == bos)));
    }

    @Test void packedRowsHoldEveryTokenAndNoBosInside() {
        List<String> many = IntStream.range(0, 50).mapToObj(i -> TEXTS.get(i % 3)).toList();
        int bos = model.tokenizer().bos().orElseThrow();
        int[] all = many.stream().flatMapToInt(text -> Arrays.stream(model.tokenizer().encode(text))).toArray();
        List<Row> rows = rows(Dataset.texts(many, DatasetOptions.DEFAULT.packed(16)));
        List<Integer> joined = new ArrayList<>();
        for (Row row : rows) {
            assertEquals(bos, row.ids()[0]);
            for (int i = 1; i < row.ids().length; i++) joined.add(row.ids()[i]);
            if (row.index() < rows.size() - 1) assertEquals(16, row.ids().length);
        }
        assertArrayEquals(all, joined.stream().mapToInt(Integer::intValue).toArray());
        assertEquals("record 0", rows.getFirst().place());

        List<Row> marked = rows(Dataset.texts(many, DatasetOptions.DEFAULT.packed(16)
                .bos(DatasetOptions.Bos.DOCUMENT)));
        assertEquals(many.size(), marked.stream().flatMapToInt(row -> Arrays.stream(row.ids()))
                .filter(id -> id == bos).count());
    }

    @Test void aLimitCountsRowsAndSkippingLeadsToTheSameRows() {
        for (DatasetOptions options : List.of(DatasetOptions.DEFAULT.limit(2), DatasetOptions.DEFAULT.packed(6),
                DatasetOptions.DEFAULT.shuffle(2, 5))) {
            List<Row> all = rows(Dataset.texts(TEXTS, options));
            try (Rows rows = Dataset.texts(TEXTS, options).rows(model)) {
                assertEquals(1, rows.skip(1));
                Row second = rows.next().orElseThrow();
                assertEquals(1, second.index());
                assertArrayEquals(all.get(1).ids(), second.ids());
            }
        }
        assertEquals(2, rows(Dataset.texts(TEXTS, DatasetOptions.DEFAULT.limit(2))).size());
    }

    // ---- order and shares

    @Test void aShuffleHasEveryTextOnceAndDependsOnTheSeed() {
        List<String> many = IntStream.range(0, 500).mapToObj(i -> "number " + i).toList();
        List<String> once = texts(Dataset.texts(many, DatasetOptions.DEFAULT.shuffle(100, 1))),
                again = texts(Dataset.texts(many, DatasetOptions.DEFAULT.shuffle(100, 1))),
                other = texts(Dataset.texts(many, DatasetOptions.DEFAULT.shuffle(100, 2)));
        assertEquals(once, again);
        assertNotEquals(once, other);
        assertNotEquals(many, once);
        assertEquals(many.stream().sorted().toList(), once.stream().sorted().toList());
    }

    @Test void sharesOfASplitHaveNothingInCommonAndMakeUpTheWhole() {
        List<String> many = IntStream.range(0, 2000).mapToObj(i -> "number " + i).toList();
        List<String> train = texts(Dataset.texts(many, DatasetOptions.DEFAULT.split(0, 0.9))),
                test = texts(Dataset.texts(many, DatasetOptions.DEFAULT.split(0.9, 1)));
        Set<String> all = new HashSet<>(train);
        all.addAll(test);
        assertEquals(2000, train.size() + test.size());
        assertEquals(2000, all.size());
        assertEquals(200, test.size(), 45);
        assertMessage("a split is a share", () -> DatasetOptions.DEFAULT.split(0.5, 0.5));
    }

    // ---- what is wrong

    @Test void invalidLinesAreCountedNamedAndLimited() throws IOException {
        byte[] latin = "{\"text\": \"caf\u00e9\"}\n".getBytes(StandardCharsets.ISO_8859_1);
        Path file = folder.resolve("odd.jsonl");
        try (OutputStream out = Files.newOutputStream(file)) {
            out.write("{\"text\": \"good\"}\n{\"text\": \n[1]\n{\"txt\": \"x\"}\n\n{\"text\": null}\n".getBytes());
            out.write("{\"text\": [1]}\n{\"text\": \"a\"} 3\n{\"text\": \"\"}\n".getBytes());
            out.write(latin);
            out.write("{\"text\": \"last\"}".getBytes());
        }
        Dataset data = Dataset.of(file, DatasetOptions.DEFAULT);
        try (Rows rows = data.rows(model)) {
            List<String> places = new ArrayList<>();
            for (Optional<Row> row; (row = rows.next()).isPresent();) places.add(row.get().place());
            assertEquals(List.of("odd.jsonl line 1", "odd.jsonl line 11"), places);
            assertEquals(7, rows.invalid().count());
            assertEquals(1, rows.empty());
            assertEquals(
                    List.of("odd.jsonl line 2: the line is no JSON", "odd.jsonl line 3: the line is no JSON object",
                            "odd.jsonl line 4: no column \"text\"; nearest: txt", "odd.jsonl line 6: \"text\" is null",
                            "odd.jsonl line 7: \"text\" is no text"),
                    rows.invalid().named());
        }
        assertMessage("more than 2 records cannot be used; the first: odd.jsonl line 2: the line is no JSON",
                () -> rows(Dataset.of(file, DatasetOptions.DEFAULT.invalid(2))));
    }

    @Test void whatIsNoDatasetIsRefusedAtOnce() throws IOException {
        Path json = file("t.jsonl", json());
        assertMessage("t.jsonl line 1: no column \"txt\"; nearest: text", () -> rows(Dataset.of(json, column("txt"))));
        assertMessage("t.csv: no column \"text\"; there are words, id",
                () -> rows(Dataset.of(write("t.csv", "words,id\na,1\n"), DatasetOptions.DEFAULT)));
        assertMessage("plain text has no column \"body\"",
                () -> rows(Dataset.of(write("t.txt", "a\n"), column("body"))));
        assertMessage("a dataset is read from", () -> Dataset.of(folder.resolve("t.pdf"), DatasetOptions.DEFAULT));
        assertMessage("there is no file", () -> rows(Dataset.of(folder.resolve("no.txt"), DatasetOptions.DEFAULT)));
        assertMessage("no Parquet file that can be read",
                () -> rows(Dataset.of(write("t.parquet", "PAR1 nothing"), DatasetOptions.DEFAULT)));
        assertMessage("longer than this model's context",
                () -> rows(Dataset.of(json, DatasetOptions.DEFAULT.length(100_000))));
        assertMessage("bad.csv line 3: 1 fields for 2 columns", () -> rows(Dataset.of(
                write("bad.csv", "text,id\na,1\nb\n"), DatasetOptions.DEFAULT.invalid(0))));
    }

    private Path write(String name, String text) {
        try {
            return file(name, text);
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        }
    }

    @Test void aFileThatIsCutShortIsAnErrorThatNamesIt() throws IOException {
        Path whole = folder.resolve("w.txt.gz");
        try (OutputStream out = new GZIPOutputStream(Files.newOutputStream(whole))) {
            for (int i = 0; i < 20_000; i++) out.write(("line " + i * 7919 % 10_007 + "\n").getBytes());
        }
        byte[] bytes = Files.readAllBytes(whole);
        Path cut = Files.write(folder.resolve("cut.txt.gz"), Arrays.copyOf(bytes, bytes.length / 2));
        assertMessage("cut.txt.gz: ", () -> rows(Dataset.of(cut, DatasetOptions.DEFAULT)));
    }

    private static void assertMessage(String expected, Runnable what) {
        UsageException e = assertThrows(UsageException.class, what::run);
        assertTrue(e.getMessage().contains(expected), e.getMessage());
    }
}
