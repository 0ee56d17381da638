package org.tornadolens.dsl.report;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collections;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.chart.Chart;
import org.tornadolens.dsl.chart.ChartData;
import org.tornadolens.dsl.chart.Options;
import org.tornadolens.dsl.chart.Values;
import org.tornadolens.dsl.html.Page;
import org.tornadolens.dsl.html.TokensPage;
import org.tornadolens.dsl.table.Table;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

class ReportTest {

    private static final String HOSTILE = "</script></pre><img src=x onerror=alert(1)>\"'&\u202E\u0000\ud83d";
    private static final Facts FACTS = new Facts("done", false, List.of(), List.of(), List.of());

    private static Chart chart(String title) {
        return Chart.of("Heatmap", new ChartData(java.util.Map.of("",
                Values.of(Tensor.of(Shape.of("layer", 2, "head", 2), 1, 2, 3, 4)))), Options.NONE.title(title));
    }

    private static Page page(String token) {
        return TokensPage.of("Tokens " + token, List.of(token, "b"),
                List.of(new TokensPage.Series("loss", Tensor.of(Shape.of("pos", 2), 1, 2))));
    }

    private static String written(Report report, Facts facts) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        report.write(facts, out);
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String body(Part... parts) throws IOException {
        String html = written(Report.of("Title", List.of(parts)), FACTS);
        return html.substring(html.indexOf("<main>") + 6, html.indexOf("</main>")).strip();
    }

    private static List<String> found(String regex, String text) {
        return Pattern.compile(regex, Pattern.DOTALL).matcher(text).results().map(match -> match.group(1)).toList();
    }

    @Test void whateverATextHoldsIsText() throws IOException {
        Facts facts = new Facts(HOSTILE, true, List.of(new Facts.Fact(HOSTILE, HOSTILE)),
                List.of(new Part.Claim(HOSTILE, false)), List.of(new Facts.Fact(HOSTILE, HOSTILE)));
        Table table = new Table(List.of(HOSTILE), List.of(List.of(HOSTILE)));
        List<Part> parts = List.of(Part.text("# " + HOSTILE + "\n" + HOSTILE), Part.printed(HOSTILE),
                Part.error(HOSTILE),
                Part.chart(chart(HOSTILE)), Part.table(table), Part.page(page(HOSTILE)), new Part.Claim(HOSTILE, false),
                new Part.Failure(HOSTILE));
        List<Transcript.Entry> entries = new ArrayList<>();
        for (Part part : parts) entries.add(new Transcript.Entry(part, List.of(HOSTILE)));
        String html = written(new Report(HOSTILE, entries), facts);
        assertFalse(html.contains("<img src=x"));
        html = html.replaceFirst("srcdoc=\"[^\"]*\"", "");     // PagesTest tests the page itself
        assertFalse(html.contains("\u202E") || html.contains("\u0000") || html.contains("\ud83d"));
        assertTrue(html.contains("<span class=\"mark\">\\u{202E}</span>"));
        assertEquals(1, found("(<script>)", html).size(), "the report's own");
        assertEquals(1, found("(</script>)", html).size());
        assertEquals(List.of("data:image/svg+xml"), found("<img [^>]*src=\"([^\";]*)", html));
        assertEquals(List.of(), found("(?:src|href)=\"((?!data:|#)[^\"]*)\"", html), "nothing is loaded");
    }

    @Test void onlyTheScriptsAndStylesOfTheReportAndItsFramesMayRun() throws Exception {
        Page framed = page("a");
        String html = written(Report.of("Title", List.of(Part.page(framed), Part.text("t"))), FACTS);
        String policy = found("Content-Security-Policy\" content=\"([^\"]*)\"", html).getFirst();
        assertTrue(policy.startsWith("default-src 'none'; "), policy);
        String frame = found("srcdoc=\"([^\"]*)\"", html).getFirst().replace("&quot;", "\"").replace("&amp;", "&");
        for (String page : List.of(html.replaceFirst("(?s)<main>.*</main>", ""), frame)) {
            for (String element : List.of("style", "script")) {
                List<String> texts = found("<" + element + ">(.*?)</" + element + ">", page);
                assertFalse(texts.isEmpty());
                for (String text : texts) {
                    byte[] hash = MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
                    String allowed = element + "-src [^;]*" + Pattern.quote("'sha256-"
                            + Base64.getEncoder().encodeToString(hash) + "'");
                    assertTrue(Pattern.compile(allowed).matcher(policy).find(), element + " in " + policy);
                }
            }
        }
        ByteArrayOutputStream alone = new ByteArrayOutputStream();
        framed.write(alone);
        assertEquals(alone.toString(StandardCharsets.UTF_8),
                frame.replaceFirst("(?s)<head><script>.*?</script>", "<head>"));
        assertTrue(html.contains("<iframe sandbox=\"allow-scripts\" "), "the frame cannot reach the report");
    }

    @Test void textsAreParagraphsAndHeadings() throws IOException {
        assertEquals("""
                <h2>One</h2>
                <p class="text">first
                line</p>
                <p class="text">second #2</p>
                <p class="text">#3</p>""",
                body(Part.text("# One\nfirst\nline\n\n \nsecond #2\n\n#3\n"), Part.text(" ")));
    }

    @Test void linesThatFollowEachOtherAreOneBlock() throws IOException {
        assertEquals("""
                <pre>a
                b</pre>
                <pre class="error">c</pre>
                <ul class="claims">
                <li><span class="good">✓</span> d</li>
                <li><span class="bad">✗</span> e</li>
                </ul>
                <pre>f</pre>""",
                body(Part.printed("a"), Part.printed("b"), Part.error("c"), new Part.Claim("d", true),
                        new Part.Claim("e", false), Part.printed("f")));
        String charts = body(Part.chart(chart("a")), Part.chart(chart("b")), Part.text("t"), Part.chart(chart("c")));
        assertEquals(2, found("(<div class=\"charts\">)", charts).size());
        assertEquals(3, found("(<figure>)", charts).size());
        assertTrue(charts.contains("alt=\"heat map &quot;a&quot; of [layer 2, head 2]\""), charts);
    }

    @Test void aReportThatWouldBeTooLargeSaysWhatItLeavesOut() throws IOException {
        String text = "x".repeat(600);
        Report report =
                Report.of("Title", List.of(Part.text(text), Part.printed(text), Part.printed("y"), Part.text("z")));
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new ReportPage(report, FACTS, 1000).write(out);
        String html = out.toString(StandardCharsets.UTF_8);
        assertTrue(html.contains(
                "x</pre>\n<p class=\"file\">… and 2 more parts, with which this page would be too large</p>\n</main>"),
                html.substring(html.indexOf("<main>")));
    }

    @Test void aTableShowsItsFirstRowsWithTheDigitsOfATerminal() throws IOException {
        Table table = new Table(List.of("n", "word"), Collections.nCopies(1201, List.of(0.123456, "a b")));
        String html = body(Part.table(table));
        assertTrue(html.contains("<thead><tr><th class=\"number\">n</th><th>word</th></tr></thead>"), html);
        assertEquals(200, found("(<td class=\"number\">0.1235</td><td>a b</td>)", html).size());
        assertTrue(html.contains("<p>… 1,001 more rows</p>"), html);
        assertTrue(body(Part.table(new Table(List.of("n"), List.of()))).contains("<th>n</th>"));
    }

    @Test void failedChecksStandAtTheTopAndAllInTheRecord() throws IOException {
        Facts facts = new Facts("failed with exit code 3: the script threw", true,
                List.of(new Facts.Fact("seed", "7")),
                List.of(new Part.Claim("holds", true), new Part.Claim("fails", false)),
                List.of(new Facts.Fact("best", "{\"head\":\"2.1\"}")));
        String html = written(Report.of("Title", List.of()), facts);
        String head = html.substring(html.indexOf("<header>"), html.indexOf("</header>"));
        String record = html.substring(html.indexOf("<footer"));
        assertTrue(head.contains("failed with exit code 3") && head.contains("1 of 2 checks hold"), head);
        assertTrue(head.contains("fails") && !head.contains("holds"), head);
        assertTrue(record.contains("fails") && record.contains("holds"), record);
        assertTrue(record.contains("<th scope=\"row\">seed</th><td>7</td>"), record);
        assertTrue(record.contains("{&quot;head&quot;:&quot;2.1&quot;}"), record);
        assertThrows(UsageException.class, () -> Report.of(" ", List.of()));
    }

    // ---- what is kept of a run

    @Test void aTranscriptKeepsNothingUntilItIsAskedTo() {
        Transcript transcript = new Transcript();
        transcript.add(Part.printed("a"));
        transcript.saved("b", new Part.File());
        assertEquals(List.of(), transcript.entries());
    }

    @Test void whatIsSavedTwiceOrPrintedAndSavedIsShownOnce() {
        Transcript transcript = new Transcript();
        transcript.keep();
        Table table = new Table(List.of("n"), List.of(List.of(1L))),
                equal = new Table(List.of("n"), List.of(List.of(1L)));
        transcript.add(Part.table(table));
        transcript.add(Part.printed("between"));
        transcript.saved("t.csv", Part.table(table));
        transcript.saved("t.parquet", Part.table(table));
        transcript.saved("equal.csv", Part.table(equal));
        transcript.saved("t.npy", new Part.File());
        transcript.saved("u.npy", new Part.File());
        assertEquals(List.of(List.of("t.csv", "t.parquet"), List.of(), List.of("equal.csv"), List.of("t.npy"),
                List.of("u.npy")), transcript.entries().stream().map(Transcript.Entry::files).toList());
    }

    @Test void aTranscriptOfEndlessOutputEnds() {
        Transcript transcript = new Transcript();
        transcript.keep();
        for (int i = 0; i < 10_000; i++) transcript.add(Part.printed("x".repeat(1000)));
        long characters = transcript.entries().stream()
                .mapToLong(entry -> ((Part.Printed) entry.part()).text().length()).sum();
        assertTrue(characters > 4_000_000 && characters < 4_300_000, characters + " characters");
        Matcher last = Pattern.compile("… and more.*")
                .matcher(((Part.Printed) transcript.entries().getLast().part()).text());
        assertTrue(last.matches());
    }
}
