package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStream;
import java.io.InputStreamReader;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Home;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.output.Fingerprint;

class RunCommandTest {

    @TempDir Path folder;

    private Path script(String text) throws IOException { return Files.writeString(folder.resolve("script.js"), text); }

    private Path out() { return folder.resolve("out"); }

    private Lens.Result run(String text, Object... more) throws IOException {
        Object[] arguments = Stream.concat(Stream.of("run", script(text), "--out", out()), Stream.of(more)).toArray();
        return Lens.run(arguments);
    }

    /** Returns the files beside the script, hidden folders included. */
    private List<String> beside() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private JsonObject record() throws IOException {
        return JsonParser.parseString(Files.readString(out().resolve("run.json"))).getAsJsonObject();
    }

    @Test void aRunLeavesItsFilesAndItsRecord() throws IOException {
        Lens.Result result = run("""
                import { args, check, load, print, record, seed, table } from "lens";
                const model = load();
                print(args.k, args.url, args.none, seed);
                table([{ a: 1 }]).save("tables/t");
                check("it holds", true);
                record("value", { x: [1, 2.5], y: "ä" });
                record("none", NaN);
                """, "--arg", "k=v", "--arg", "url=a=b", "--seed", "7");
        assertEquals(Exit.DONE, result.exit(), result.err());
        assertEquals("v a=b undefined 7\n✓ it holds\n", result.out());
        assertEquals("→ " + out() + ": tables/t.csv\n", result.err());
        assertEquals("a\n1\n", Files.readString(out().resolve("tables/t.csv")).replace("\r", ""));

        JsonObject record = record();
        assertEquals(Fingerprint.of(folder.resolve("script.js")).hex(),
                record.getAsJsonObject("script").get("sha256").getAsString());
        assertEquals(7, record.get("seed").getAsLong());
        assertEquals("{\"k\":\"v\",\"url\":\"a=b\"}", record.get("arguments").toString());
        assertEquals("[{\"name\":\"it holds\",\"ok\":true}]", record.get("checks").toString());
        assertEquals("{\"value\":{\"x\":[1,2.5],\"y\":\"ä\"},\"none\":null}", record.get("records").toString());
        assertEquals("[\"tables/t.csv\"]", record.get("files").toString());
        JsonObject model = record.getAsJsonArray("models").get(0).getAsJsonObject();
        assertEquals(Fingerprint.of(Home.bundledModel()).hex(), model.get("sha256").getAsString());
        assertEquals("F16", model.get("dtype").getAsString());
        assertTrue(record.getAsJsonObject("versions").has("tornadolens"));
        assertTrue(record.getAsJsonObject("timings").get("seconds").getAsDouble() > 0);
    }

    @Test void aDryRunPlansEveryRunAndWritesNothing() throws IOException {
        String script = """
                import { check, heads, load, print, table, scores } from "lens";
                const model = load();
                const run = model.run(model.random({ batch: 2, length: 30 }), { cache: heads().pattern });
                print(run.logits.mean());
                check("never true of noise", run.logits.mean() > 1e9);
                model.generate("Once", { max: 3 });
                table([{ induction: scores.induction(model).max() }]).save("scores");
                """;
        Lens.Result planned = run(script, "--dry-run");
        assertEquals(Exit.DONE, planned.exit(), planned.err());
        assertEquals(List.of("script.js"), beside());
        assertTrue(planned.out().contains("2 × 31 tokens") && planned.out().contains("1 × 1 tokens, 2 times")
                && planned.out().contains(": it fits")
                && planned.out()
                        .matches("(?s).*\n  time     about \\d+ (s|min) on this machine \\(cpu, \\d+ threads\\)\n.*"),
                planned.out());
        assertFalse(planned.out().contains("never true"), planned.out());
        assertEquals(Exit.CHECK_FAILED, run(script).exit());
        assertEquals(Exit.OUT_OF_MEMORY, run(
                "import { load } from 'lens'; const model = load(); model.run(model.random({ batch: 20000, length: "
                        + "500 }), { cache: true });",
                "--dry-run").exit());
    }

    @Test void aDryRunDrawsWhateverNoiseCameOut() throws IOException {
        String script =
                "import { chart, tensor } from 'lens'; chart.heatmap(tensor([[1, Infinity]], ['layer', "
                        + "'head'])).save('map'); chart.line([-1, Infinity], { log: 'y' });";
        assertEquals(Exit.DONE, run(script, "--dry-run").exit());
        assertEquals(Exit.SCRIPT_THREW, run(script).exit());
    }

    @Test void aDryRunsNoiseTellsPromptsApart() throws IOException {
        String script =
                "import { load } from 'lens'; const model = load(), run = ids => model.run([ids]).logits; if (run([1, "
                        + "5]).sub(run([1, 6])).abs().max() === 0 || run([1, 5]).sub(run([1, 5])).abs().max() > 0) "
                        + "throw new Error('noise');";
        assertEquals(Exit.DONE, run(script, "--dry-run").exit());
    }

    @Test void aFailedCheckDeliversAndExitsWithOne() throws IOException {
        Lens.Result result = run("import { check } from 'lens'; check('the moon is cheese', 1 > 2);");
        assertEquals(Exit.CHECK_FAILED, result.exit());
        assertEquals("✗ the moon is cheese\n", result.out());
        assertEquals("[{\"name\":\"the moon is cheese\",\"ok\":false}]", record().get("checks").toString());
    }

    @Test void aScriptThatThrowsLeavesTheEarlierRunAsItWas() throws IOException {
        run("import { record, table } from 'lens'; record('run', 1); table([[1]]).save('first');");
        Lens.Result result = run("import { table } from 'lens'; table([[2]]).save('second'); throw new Error('stop');");
        assertEquals(Exit.SCRIPT_THREW, result.exit());
        assertEquals("{\"run\":1}", record().get("records").toString());
        assertTrue(Files.exists(out().resolve("first.csv")));
        assertEquals(List.of("out", "out.failed", "script.js"), beside(), "nothing half-written is left");
    }

    @Test void whatAFailedRunSavedIsKeptBesideTheEarlierRun() throws IOException {
        String text = "import { record, table } from 'lens'; record('n', 1); table([[2]]).save('second'); ";
        Lens.Result result = run(text + "throw new Error('stop');");
        Path failed = folder.resolve("out.failed");
        assertTrue(result.err().contains("what it saved before is in " + failed + ": second.csv\n"), result.err());
        assertTrue(Files.exists(failed.resolve("second.csv")));
        JsonObject record = JsonParser.parseString(Files.readString(failed.resolve("run.json"))).getAsJsonObject();
        assertEquals("{\"exit\":3,\"error\":\"Error: stop\"}", record.get("failed").toString());
        assertEquals("{\"n\":1}", record.get("records").toString());

        assertEquals(Exit.DONE, run(text).exit());
        assertEquals(List.of("out", "script.js"), beside(), "a run that succeeds replaces it");
    }

    @Test void aReportShowsWhatAnyScriptPrintedCheckedAndSavedInOrder() throws IOException {
        String text = "import { chart, check, load, print, table, tensor } from 'lens'; load(); print('first'); "
                + "chart.line([1, 2]).save('line'); console.warn('careful'); "
                + "table([{ a: 1 }]).print().save('t.jsonl'); "
                + "check('it fails', false); tensor([1], 'pos').save('x.npy');";
        Lens.Result result = run(text, "--report", "--seed", "3");
        assertEquals(Exit.CHECK_FAILED, result.exit(), result.err());
        assertEquals("first\na\n─\n1\n✗ it fails\n", result.out());
        assertTrue(result.err().endsWith(": line.png, t.jsonl, x.npy, report.html\n"), result.err());
        assertTrue(record().get("files").toString().contains("report.html"));
        String page = Files.readString(out().resolve("report.html"));
        int at = page.indexOf("<main>");
        for (String part : List.of("<pre>first</pre>", "saved as line.png", "<pre class=\"error\">careful</pre>",
                "<td class=\"number\">1</td>", "saved as t.jsonl", "✗</span> it fails", "saved as x.npy",
                "sha256 " + Fingerprint.of(folder.resolve("script.js")).hex(), "lens run script.js --seed 3")) {
            assertTrue(page.indexOf(part, at) > at, part);
            at = page.indexOf(part, at);
        }
        run(text);
        assertFalse(Files.exists(out().resolve("report.html")), "only where it is asked for");
    }

    @Test void theReportOfAFailedRunEndsWithItsError() throws IOException {
        Lens.Result result =
                run("import { print } from 'lens'; print('first'); throw Error('</pre> stop');", "--report");
        assertEquals(Exit.SCRIPT_THREW, result.exit());
        String page = Files.readString(folder.resolve("out.failed/report.html"));
        assertTrue(page.contains("failed with exit code 3: the script threw"));
        assertTrue(page.matches("(?s).*<pre>first</pre>.*script.js:1:\\d+: Error: &lt;/pre&gt; stop.*"), page);
        assertFalse(Files.exists(out()));
    }

    @Test void aReportDoesNotReplaceAFileOfTheScript() throws IOException {
        run("import { report } from 'lens'; report('Mine', 'text').save('report');", "--report");
        assertTrue(Files.readString(out().resolve("report.html")).contains("<h1>Mine</h1>"));
        assertTrue(Files.readString(out().resolve("report-2.html")).contains("<h1>script.js</h1>"));
    }

    @Test void aScriptLoadsWhatItSaved() throws IOException {
        Lens.Result result = run("import { load, loadTensor, print, tasks, tensor, train } from 'lens'; "
                + "tensor([1, 2], 'pos').save('t.npy'); print(loadTensor('t.npy').toArray()); "
                + "const path = train({ config: { nLayers: 1, nHeads: 1, dModel: 8 }, data: tasks.dyck(), steps: 1 })"
                + ".save('small'); print(load(path).config.dModel, load('small').config.dModel);");
        assertEquals("[1, 2]\n8 8\n", result.out(), result.err());
        assertTrue(record().get("models").toString().contains(out().resolve("small").toString()));
    }

    @Test void aSecondRunReplacesTheFirst() throws IOException {
        run("import { table } from 'lens'; table([[1]]).save('first');");
        run("import { table } from 'lens'; table([[2]]).save('second');");
        assertFalse(Files.exists(out().resolve("first.csv")));
        assertTrue(Files.exists(out().resolve("second.csv")));
        assertEquals(List.of("out", "script.js"), beside());
    }

    @Test void aFolderThatIsNotARunsIsNotTouched() throws IOException {
        Files.createDirectories(out());
        Files.writeString(out().resolve("thesis.tex"), "years of work");
        Lens.Result result = run("");
        assertEquals(Exit.USAGE, result.exit());
        assertTrue(result.err().contains("holds files that are not a run's"), result.err());
        assertEquals("years of work", Files.readString(out().resolve("thesis.tex")));
    }

    @Test void anEmptyFolderMayBeUsed() throws IOException {
        Files.createDirectories(out());
        assertEquals(Exit.DONE, run("").exit());
        assertTrue(Files.exists(out().resolve("run.json")));
    }

    @Test void filesStayInTheRunFolder() throws IOException {
        for (String name : new String[]{"../x", "a/../../x", ".hidden", "a\\\\b"}) {
            Lens.Result result = run("import { table } from 'lens'; table([[1]]).save('" + name + ".csv');");
            assertEquals(Exit.SCRIPT_THREW, result.exit(), name);
            assertTrue(result.err().contains("script.js:1:31: RangeError: \""), result.err());
        }
        assertEquals(List.of("script.js"), beside());
    }

    @Test void anAbsoluteNameNeedsPermission() throws IOException {
        Path elsewhere = Files.createDirectories(folder.resolve("elsewhere"));
        String save = "import { table } from 'lens'; table([[1]]).save('" + elsewhere.resolve("t.csv") + "');";
        Lens.Result refused = run(save);
        assertEquals(Exit.SCRIPT_THREW, refused.exit());
        assertTrue(refused.err().contains("--allow-write " + elsewhere), refused.err());
        assertEquals(Exit.DONE, run(save, "--allow-write", elsewhere).exit());
        assertTrue(Files.exists(elsewhere.resolve("t.csv")));
    }

    @Test void readingElsewhereNeedsPermission() throws IOException {
        Path elsewhere = Files.createDirectories(folder.resolve("../" + folder.getFileName() + "-data").normalize());
        Files.writeString(elsewhere.resolve("names.js"), "export const names = ['Mary'];");
        String text = "import { print } from 'lens'; import { names } from '" + elsewhere.resolve("names.js")
                + "'; print(names[0]);";
        Lens.Result refused = run(text);
        assertTrue(refused.err().contains("--allow-read " + elsewhere + " would allow it"), refused.err());
        assertEquals("Mary\n", run(text, "--allow-read", elsewhere).out());
    }

    @Test void importedFilesAreRecordedWithTheirHash() throws IOException {
        Path other = Files.writeString(folder.resolve("other.js"), "export const x = 1;");
        assertEquals(Exit.DONE, run("import './other.js';").exit());
        JsonObject imported = record().getAsJsonArray("imports").get(0).getAsJsonObject();
        assertEquals(other.toRealPath().toString(), imported.get("path").getAsString());
        assertEquals(Fingerprint.of(other).hex(), imported.get("sha256").getAsString());
    }

    @Test void theScriptsModelIsOpenedUnlessTheCommandLineNamesOne() throws IOException {
        String text = "import { load } from 'lens'; load('" + folder.resolve("none") + "');";
        Lens.Result missing = run(text);
        assertEquals(Exit.BAD_MODEL, missing.exit());
        assertTrue(missing.err().contains("no such file or folder"), missing.err());
        assertTrue(missing.err().contains("script.js:1:30"), missing.err());
        assertEquals(Exit.DONE, run(text, "--model", Home.bundledModel()).exit());
        assertEquals(Exit.DONE, run(text, "--model", Home.bundledModel(), "--dtype", "f32").exit());
        assertEquals("F32", record().getAsJsonArray("models").get(0).getAsJsonObject().get("dtype").getAsString());
    }

    @Test void theSeedComesFromTheFlagOrTheEnvironment() throws IOException {
        Path script = script("import { print, seed } from 'lens'; print(seed, Math.random());");
        Map<String, String> environment = Map.of("TORNADOLENS_SEED", "5");
        String five = Lens.run(environment, "", "run", script, "--out", out()).out();
        assertTrue(five.startsWith("5 0."), five);
        assertEquals(five, Lens.run("run", script, "--out", out(), "--seed", "5").out());
        assertTrue(Lens.run(environment, "", "run", script, "--out", out(), "--seed", "6").out().startsWith("6 "));
        assertTrue(Lens.run("run", script, "--out", out()).out().startsWith("0 "));
    }

    @Test void aScriptThatIsNotThereIsAnsweredWithTheNearest() throws IOException {
        Path script = script("");
        Lens.Result result = Lens.run("run", script.resolveSibling("scrpt.js"));
        assertEquals(Exit.USAGE, result.exit());
        assertTrue(result.err().contains("nearest: script.js"), result.err());
    }

    @Test void moreMemoryThanThereIsExitsWithFive() throws IOException {
        Lens.Result result = run(
                "import { load } from 'lens'; const model = load(); model.run(model.random({ batch: 400000, length: "
                        + "200 }), { cache: true });");
        assertEquals(Exit.OUT_OF_MEMORY, result.exit(), result.err());
        assertFalse(Files.exists(out()));
    }

    @Test
    @Timeout(value = 60, unit = TimeUnit.SECONDS) void anInterruptEndsALoopAndKeepsWhatWasSaved() throws Exception {
        Path script =
                script("import { print, table } from 'lens'; table([[1]]).save('a'); print('looping'); while (true);");
        Interrupts interrupts = new Interrupts();
        PipedInputStream printed = new PipedInputStream();
        PipedOutputStream out = new PipedOutputStream(printed);
        CompletableFuture<Lens.Result> running = CompletableFuture.supplyAsync(
                () -> Lens.run(Map.of(), InputStream.nullInputStream(), out, interrupts, "run", script, "--out",
                        out()));
        assertEquals("looping", new BufferedReader(new InputStreamReader(printed)).readLine());
        assertTrue(interrupts.interrupt());
        Lens.Result result = running.get();
        assertEquals(Exit.INTERRUPTED, result.exit());
        assertTrue(result.err().endsWith("interrupted\n"), result.err());
        assertEquals(List.of("out.failed", "script.js"), beside());
    }
}
