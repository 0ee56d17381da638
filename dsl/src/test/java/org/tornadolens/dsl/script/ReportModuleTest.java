package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** report and loadTable as scripts use them. */
class ReportModuleTest {

    private static final String IMPORTS =
            "import { chart, check, html, load, loadTable, record, report, table, tensor } from \"lens\";";

    @TempDir Path folder;

    @Test void aReportSaysWhatItIs() {
        Scripts.prints(IMPORTS, "",
                "report('Heads', 'a text', chart.line([1, 2]), table([{ a: 1 }]), [1, 2])",
                "Report \"Heads\" of 4 parts", "report('Nothing')", "Report \"Nothing\" of 0 parts");
    }

    @Test void whatIsNoPartIsNamed() {
        Scripts.prints(IMPORTS, "",
                "report('Heads', 'a text', undefined)",
                "TypeError: part 2 of report(\"Heads\", …) is a chart, a table, a page, a text or another value to "
                        + "print, not undefined",
                "report('Heads', chart.line)",
                "TypeError: part 1 of report(\"Heads\", …) is a chart, a table, a page, a text or another value to "
                        + "print, not a function",
                "report(chart.line([1, 2]))", "TypeError: report's title is a string, not a Chart",
                "report(' ')", "RangeError: a report needs a title",
                "report('Heads').save('heads.pdf')", "RangeError: \"heads.pdf\": a page is an .html file",
                "report('Heads').write('heads')",
                "TypeError: no Report property \"write\"; there is save");
    }

    @Test void aReportHasItsPartsAndTheRecordOfTheRun() throws Exception {
        Scripts.run(folder, IMPORTS + """
                const model = load();
                check("one is one", true);
                record("best", { head: "2.1", scores: [0.123456789, 1, NaN, 2e-30] });
                record("all", Array.from({ length: 500 }, (_, i) => i));
                report("Heads", "# Found", chart.heatmap(tensor([[1, 2]], ["layer", "head"])), table([{ a: 0.123456 }]),
                  html.tokens(["a", "b"], [1, 2]), tensor([1, 2], "pos")).save("found");
                """);
        String page = Files.readString(folder.resolve("out/found.html"));
        for (String part : new String[]{"<h1>Heads</h1>", "<h2>Found</h2>", "alt=\"heat map of [layer 1, head 2]\"",
                "0.1235", "srcdoc=", "Tensor [pos 2]", "1 of 1 check holds", "one is one",
                "{ &quot;head&quot;: &quot;2.1&quot;, &quot;scores&quot;: [0.123457, 1, null, 2E-30] }",
                " … (the whole is in run.json)",
                "<th scope=\"row\">model</th><td>bundled\nsha256 ",
                "<th scope=\"row\">weights</th><td>F16, from safetensors</td>", "<th scope=\"row\">seed</th><td>0</td>",
                "TornadoLens 0."})
            assertTrue(page.contains(part), part);
        assertFalse(page.contains(folder.toString()), "no folders of this machine");
    }

    @Test void rowsOfALoadedTableAreNumbersTextsAndNull() {
        Scripts.prints(IMPORTS, "",
                "table([{ id: 1, big: 2n ** 60n, score: NaN, word: '' }, { word: 'x' }]).save('t.parquet').columns",
                "[\"id\", \"big\", \"score\", \"word\"]",
                "loadTable('t.parquet').rows",
                "[\n  { id: 1, big: 1152921504606846976, score: NaN, word: \"\" },\n"
                        + "  { id: null, big: null, score: null, word: \"x\" }\n]",
                "loadTable('t.parquet', { columns: ['word', 'id'] }).rows[1]", "{ word: \"x\", id: null }",
                "JSON.stringify(loadTable('t.parquet').rows[0].id + 1)", "2",
                "loadTable('t.parquet', { columns: ['idd'] })", "RangeError: t.parquet: no column \"idd\"; nearest: id",
                "loadTable('t.parquet', { column: ['id'] })",
                "TypeError: loadTable: no option \"column\"; nearest: columns",
                "loadTable(3)", "TypeError: loadTable's file is a string, not 3");
    }
}
