package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.awt.Color;
import java.awt.image.BufferedImage;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.TreeSet;
import java.util.stream.IntStream;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.output.RunFolder;

/** chart and table as scripts use them. */
class ChartModuleTest {

    @TempDir Path folder;

    /** Runs a script with the imports of these tests; returns what it prints. */
    private String run(String script) throws Exception {
        Path file = Files.writeString(folder.resolve("script.js"),
                "import { chart, table, tensor, print } from \"lens\";\n" + script);
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try (PrintStream stream = new PrintStream(out, true, StandardCharsets.UTF_8);
                RunFolder files = RunFolder.replacing(folder.resolve("out"))) {
            Script.run(file, Hosts.of(stream, folder, files));
            files.deliver();
        }
        return out.toString(StandardCharsets.UTF_8).stripTrailing();
    }

    /** Asserts the errors that expressions throw, both alternating. */
    private static void fail(String... expressionsAndErrors) {
        int count = expressionsAndErrors.length / 2;
        String[] expressions =
                IntStream.range(0, count).mapToObj(i -> expressionsAndErrors[2 * i]).toArray(String[]::new);
        List<String> expected = IntStream.range(0, count).mapToObj(i -> expressionsAndErrors[2 * i + 1]).toList();
        assertEquals(String.join("\n", expected),
                String.join("\n", Scripts.results("import { chart, table, tensor } from 'lens';", "", expressions)));
    }

    private BufferedImage picture(String name) throws Exception {
        return ImageIO.read(folder.resolve("out").resolve(name).toFile());
    }

    private TreeSet<String> files() throws Exception {
        try (var files = Files.walk(folder.resolve("out"))) {
            return new TreeSet<>(files.filter(Files::isRegularFile)
                    .map(file -> folder.resolve("out").relativize(file).toString()).toList());
        }
    }

    @Test void everyKindOfChartIsSavedUnderTheNameItIsGiven() throws Exception {
        run("""
                const t = tensor([[0, 0.5, 1], [1, 0.25, 0]], ["layer", "head"]);
                const labels = { head: ["a", "b", "c"] }, titles = { title: "Scores", x: "Head", y: "Layer" };
                const heat = chart.heatmap(t, { ...titles, diverging: false, labels, range: [0, 1] }).save("heat");
                const series = ["first", "second"];
                const line = chart.line(t, { title: "Lines", series, y: "score", range: [0, 2] }).save("line.png");
                chart.line({ x: [1, 10, 100], y: [3, 2, 1] }, { log: "xy" }).save("loss");
                chart.line({ clean: [1, 2, 3], corrupted: tensor([3, 2, 1], "pos") }).save("by name");
                const bar = chart.bar(t.at({ layer: 0 }), { labels: ["a", "b", 3] }).save("folder/bar");
                const points = ["0.0", "0.1", "0.2", "1.0", "1.1", "1.2"];
                chart.scatter({ x: t, y: t.mul(2) }, { labels: points }).save("scatter");
                chart.scatter([[1, 2], [3, 4]]).save("points");
                chart.histogram(t, { bins: 4 }).save("histogram");
                chart.histogram({ a: [1, 2, 2], b: new Float32Array([2, 3]) }).save("histograms");
                chart.grid([heat, line, bar], { title: "All", columns: 2 }).save("grid");
                """);
        assertEquals(new TreeSet<>(List.of("heat.png", "line.png", "loss.png", "by name.png", "folder/bar.png",
                "scatter.png", "points.png", "histogram.png", "histograms.png", "grid.png")), files());
        for (String name : files()) assertTrue(picture(name).getWidth() > 500, name);
    }

    @Test void everyOptionOfAFigureIsAccepted() throws Exception {
        run("""
                const t = tensor([[0, 0.5, 1], [1, 0.25, -1]], ["layer", "head"]);
                const shown = { range: "robust", label: "score", annotate: true, width: "column" };
                const heat = chart.heatmap(t, { ...shown, mark: ["1.2", { layer: 0, head: 1 }] }).save("heat");
                chart.heatmap(t, { ...shown, annotate: 2, width: "4in" }).save("strongest.pdf");
                const y = { a: [1, 2, 3], b: [3, 2, 1] }, ends = { lower: { a: [0, 1, 2], b: [2, 1, 0] }, upper: y };
                const reference = [{ y: 2, label: "chance", style: "dotted" }, { x: 1 }];
                const look = { band: ends, styles: { b: "dash-dot" }, reference, width: 600 };
                const line = chart.line(y, { ...look, errors: y, xErrors: y }).save("line.svg");
                chart.line([1, 2, 3], { errors: [0, 1, NaN], styles: "dashed", log: "y" }).save("log");
                chart.bar(t, { errors: { lower: t.sub(1), upper: t.add(1) }, reference: { y: 0.5 } }).save("bar");
                const points = { errors: [1, 1, 1], xErrors: [1, 1, 1], reference: "y=x", width: "120mm" };
                chart.scatter({ x: [1, 2, 3], y: [1, 3, 2] }, points).save("scatter");
                chart.histogram(t, { width: "page" }).save("histogram");
                chart.grid([heat, heat], { scale: "shared", letters: true, width: "page" }).save("grid");
                chart.grid([heat, line], { scale: "own", width: "page" }).save("own");
                """);
        assertEquals(new TreeSet<>(List.of("heat.png", "strongest.pdf", "line.svg", "log.png", "bar.png",
                "scatter.png", "histogram.png", "grid.png", "own.png")), files());
        assertEquals(975, picture("heat.png").getWidth());
        assertEquals(2025, picture("grid.png").getWidth());
    }

    @Test void aSecondFileOfOneNameIsNumbered() throws Exception {
        String printed = run("""
                for (const value of [1, 2, 3]) chart.bar([value]).save("bar");
                chart.bar([4]).save("BAR.png");
                table([{ a: 1 }]).save("bar");
                table([{ a: 2 }]).save("bar");
                """);
        assertEquals(new TreeSet<>(List.of("bar.png", "bar-2.png", "bar-3.png", "BAR-4.png", "bar.csv", "bar-2.csv")),
                files());
        assertEquals("warning: this run has already saved \"bar.png\"; this one is \"bar-2.png\"",
                printed.lines().findFirst().orElseThrow());
        assertEquals("a\r\n2\r\n", Files.readString(folder.resolve("out/bar-2.csv")));
    }

    @Test void anArrayIsDrawnLikeATensor() throws Exception {
        run("""
                const rows = [[0, 1], [0.25, 0.5]];
                chart.heatmap(rows, { x: "head", y: "layer" }).save("array");
                chart.heatmap(rows.map(row => new Float32Array(row)), { x: "head", y: "layer" }).save("typed");
                chart.heatmap(tensor(rows, ["layer", "head"])).save("tensor");
                """);
        assertEquals(-1, Files.mismatch(folder.resolve("out/array.png"), folder.resolve("out/tensor.png")));
        assertEquals(-1, Files.mismatch(folder.resolve("out/typed.png"), folder.resolve("out/tensor.png")));
    }

    @Test void rowZeroOfAnArrayIsOnTop() throws Exception {
        run("chart.heatmap([[1, 1], [0, 0]]).save(\"top\");");
        BufferedImage image = picture("top.png");
        int middle = image.getWidth() / 3;
        assertTrue(new Color(image.getRGB(middle, image.getHeight() / 4)).getRed() < 60, "row 0 is dark");
        assertEquals(Color.WHITE, new Color(image.getRGB(middle, image.getHeight() * 6 / 10)), "row 1 is white");
    }

    @Test void aChartPrintsAsWhatItShows() throws Exception { assertEquals(
            "heat map \"Scores\" of [layer 1, head 2]\nline chart of 2 series of 3 points", run("""
                    print(chart.heatmap(tensor([[1, 2]], ["layer", "head"]), { title: "Scores" }));
                    print(chart.line([[1, 2, 3], [4, 5, 6]]));
                    """)); }

    @Test void whatIsMisspeltOrOfTheWrongKindIsAnError() {
        fail(
                "chart.heatmap([[1]], { tilte: 'x' })",
                "TypeError: chart.heatmap: no option \"tilte\"; nearest: title",
                "chart.heatmap([[1]], { title: 3 })", "TypeError: chart.heatmap's title is a string, not 3",
                "chart.heatmap([[1]], { range: 1 })",
                "TypeError: chart.heatmap's range is [lo, hi] or \"robust\", not 1",
                "chart.heatmap([[1]], { width: 'wide' })",
                "RangeError: width \"wide\" is not one: give \"column\" (3.25in), \"page\" (6.75in), a length such as "
                        + "\"4in\" or \"120mm\", or a number of pixels",
                "chart.heatmap([[1]], { annotate: 'all' })",
                "TypeError: chart.heatmap's annotate is true or a number of cells, not \"all\"",
                "chart.heatmap([[1]], { mark: ['a'] })",
                "TypeError: each of chart.heatmap's mark is a cell, as { layer: 3, head: 1 } or \"3.1\", not \"a\"",
                "chart.heatmap([[1]], { mark: ['1.0'] })", "RangeError: mark: y 1 is not in [y 1, x 1]",
                "chart.line([1, 2], { reference: { x: 1, y: 1 } })",
                "TypeError: chart.line's reference is \"y=x\", or has one of x and y",
                "chart.line([1, 2], { reference: { z: 1 } })",
                "TypeError: chart.line's reference: no option \"z\"; nearest: x, y",
                "chart.line([1, 2], { styles: 'wavy' })",
                "RangeError: chart.line's styles is one of \"solid\", \"dashed\", \"dotted\", \"dash-dot\", not "
                        + "\"wavy\"",
                "chart.line([1, 2], { band: { lower: [2, 2], upper: [1, 3] } })",
                "RangeError: lower end 0 is 2.0, above the upper end 1.0: lower and upper are the ends themselves, not "
                        + "their distances from the point",
                "chart.grid([chart.bar([1]), chart.bar([2])], { scale: 'shared' })",
                "RangeError: scale: \"shared\" needs a grid of heat maps only: leave it out",
                "chart.heatmap([[1]], { range: [1, 0] })",
                "RangeError: range [1.0, 0.0] is not one: give [lo, hi], finite, lo below hi",
                "chart.heatmap([[1]], { diverging: 'yes' })",
                "TypeError: chart.heatmap's diverging is true or false, not \"yes\"",
                "chart.heatmap([[1]], { labels: [['a']] })",
                "TypeError: each of chart.heatmap's labels is a string, not an array of 1",
                "chart.heatmap([[1]], { labels: { x: ['a', 'b'] } })",
                "RangeError: 2 labels for axis x, which has 1 entries: give one for each", "chart.heatmap('abc')",
                "TypeError: chart.heatmap's first argument is a Tensor or an array of numbers, not \"abc\"",
                "chart.heatmap([[1, 2], [3]])",
                "RangeError: chart.heatmap's first argument: rows differ in length or depth",
                "chart.heatmap([[1, undefined]])",
                "TypeError: each element of chart.heatmap's first argument is a number, not undefined",
                "chart.heatmap(tensor([[[1, 2], [3, 4]], [[1, 2], [3, 4]]], ['batch', 'dest', 'src']))",
                "RangeError: a heat map needs 2 axes, this tensor has [batch 2, dest 2, src 2]: take .at({ batch: 0 })",
                "chart.grid([chart.bar([1]), 'a'])",
                "TypeError: chart.grid's member 1 is a chart, as chart.heatmap(…) gives, not \"a\"",
                "chart.bar([1]).save('a.gif')",
                "RangeError: a chart is saved as PNG, SVG or PDF: name it a.png, a.svg or a.pdf, not a.gif",
                "chart.bar([1]).save()", "TypeError: the name of a chart's file is a string, not undefined",
                "chart.heatmpa([[1]])",
                "TypeError: no Charts property \"heatmpa\"; nearest: heatmap");
    }

    @Test void aTableOfRowsIsPrintedAndSaved() throws Exception {
        assertEquals("""
                head   score
                ────  ──────
                3.1   0.9123
                0.11  0.5000""",
                run("""
                        const heads = [
                          { head: "3.1", score: 0.91234, kind: "induction" }, { head: "0.11", score: 0.5, kind: null },
                        ];
                        table(heads, { columns: ["head", "score"] }).print();
                        table(heads).save("heads");
                        """));
        assertEquals("head,score,kind\r\n3.1,0.91234,induction\r\n0.11,0.5,\r\n",
                Files.readString(folder.resolve("out/heads.csv")));
    }

    @Test void aTensorIsATableToo() throws Exception {
        assertEquals("""
                layer  head 0  head 1
                ─────  ──────  ──────
                    0       1       2
                    1       3       4""", run("table(tensor([[1, 2], [3, 4]], ['layer', 'head'])).print();"));
        assertEquals("head 1\n──────\n     2\n     4",
                run("print(table(tensor([[1, 2], [3, 4]], ['layer', 'head']), { columns: ['head 1'] }));"));
    }

    @Test void rowsMayBeArrays() throws Exception {
        assertEquals("a    b\n─  ───\nx  1.5\ny  2.5",
                run("table([['x', 1.5], ['y', 2.5]], { columns: ['a', 'b'] }).print();"));
    }

    @Test void aLongTableShowsItsStart() throws Exception {
        String printed = run("table(Array.from({ length: 100 }, (_, i) => ({ i }))).print().save('all');");
        assertTrue(printed.endsWith("39\n… 60 more rows"), printed);
        assertEquals(101, Files.readAllLines(folder.resolve("out/all.csv")).size());
    }

    @Test void whatIsNoTableIsAnError() {
        fail(
                "table([{ score: 1 }], { columns: ['scroe'] })",
                "RangeError: the table has no column \"scroe\"; nearest: score",
                "table([{ score: 1 }], { colums: ['score'] })",
                "TypeError: table: no option \"colums\"; nearest: columns",
                "table(3)", "TypeError: table takes an array of rows or a Tensor, not 3",
                "table([{ a: 1 }, 3])", "TypeError: table's rows are all objects or all arrays; row 1 is 3",
                "table([[1, 2], [3]])", "RangeError: table: row 1 has 1 cells, but there are 2 columns",
                "table([{ a: 1 }]).save('a.xlsx')",
                "RangeError: a table is saved as CSV, JSON Lines or Parquet: name it a.csv, a.jsonl or a.parquet, "
                        + "not a.xlsx");
    }
}
