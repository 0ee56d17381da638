package org.tornadolens.dsl.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes a report as one HTML file, which loads nothing. */
final class ReportPage {

    static final int MOST = 64 << 20;      // bytes of parts, which browsers still open

    private final Report report;
    private final Facts facts;
    private final int most;
    private final Policy policy = new Policy();
    private final ByteArrayOutputStream body = new ByteArrayOutputStream();

    /** @param most bytes after which no further part is shown */
    ReportPage(Report report, Facts facts, int most) {
        this.report = report;
        this.facts = facts;
        this.most = most;
    }

    void write(OutputStream out) throws IOException {
        String style = resource("report.css"), script = resource("report.js");
        policy.allowText("style-src", style);
        policy.allowText("script-src", script);
        policy.allow("img-src", "data:");
        head();
        parts();
        record();
        out.write("""
                <!doctype html>
                <html lang="en">
                <head>
                <meta charset="utf-8">
                <meta http-equiv="Content-Security-Policy" content="%s">
                <meta name="viewport" content="width=device-width">
                <meta name="color-scheme" content="light dark">
                <title>%s</title>
                <style>%s</style>
                </head>
                <body>
                """.formatted(policy, Markup.attribute(report.title()), style).getBytes(StandardCharsets.UTF_8));
        body.writeTo(out);
        out.write(("<script>" + script + "</script>\n</body>\n</html>\n").getBytes(StandardCharsets.UTF_8));
    }

    // ---- above and below the parts

    private void head() {
        line("<header>");
        line("<h1>" + Markup.text(report.title()) + "</h1>");
        String outcome = Markup.text(facts.outcome());
        StringBuilder state = new StringBuilder("<p class=\"state\">")
                .append(facts.failed() ? "<a class=\"bad\" href=\"#failure\">" + outcome + "</a>"
                        : "<span class=\"good\">" + outcome + "</span>");
        long held = facts.claims().stream().filter(Part.Claim::ok).count(), all = facts.claims().size();
        if (all > 0)
            state.append(" <span class=\"").append(held == all ? "good" : "bad").append("\">").append(held)
                    .append(" of ").append(all).append(all == 1 ? " check holds" : " checks hold").append("</span>");
        line(state + " <a href=\"#record\">record</a></p>");
        if (held < all) {
            line("<ul class=\"claims\">");
            for (Part.Claim claim : facts.claims()) if (!claim.ok()) line("<li>" + claim(claim) + "</li>");
            line("</ul>");
        }
        line("</header>\n<main>");
    }

    private void record() {
        line("</main>\n<footer id=\"record\">\n<h2>Record</h2>");
        facts("facts", facts.facts());
        if (!facts.claims().isEmpty()) {
            line("<h3>Checks</h3>\n<ul class=\"claims\">");
            for (Part.Claim claim : facts.claims()) line("<li>" + claim(claim) + "</li>");
            line("</ul>");
        }
        if (!facts.values().isEmpty()) {
            line("<h3>Recorded values</h3>");
            facts("facts", facts.values());
        }
        line("</footer>");
    }

    private void facts(String name, List<Facts.Fact> rows) {
        line("<table class=\"" + name + "\">");
        for (Facts.Fact fact : rows)
            line("<tr><th scope=\"row\">" + Markup.text(fact.name()) + "</th><td>" + Markup.text(fact.value())
                    + "</td></tr>");
        line("</table>");
    }

    private static String claim(Part.Claim claim) {
        return "<span class=\"" + (claim.ok() ? "good" : "bad") + "\">" + (claim.ok() ? "✓" : "✗") + "</span> "
                + Markup.text(claim.claim());
    }

    // ---- the parts

    /** Printed lines that follow each other become one block, and charts stand side by side where there is room. */
    private void parts() throws IOException {
        Part before = new Part.File();
        for (int i = 0; i < report.entries().size(); i++) {
            Transcript.Entry entry = report.entries().get(i);
            boolean large = body.size() > most, first = large || !joined(before, entry.part());
            if (first) put(end(before));
            if (large) {
                line("<p class=\"file\">… and " + (report.entries().size() - i)
                        + " more parts, with which this page would be too large</p>");
                return;
            }
            if (first) put(begin(entry.part()));
            else if (before instanceof Part.Printed) put("\n");
            part(entry);
            before = entry.part();
        }
        put(end(before));
    }

    private static boolean joined(Part one, Part next) {
        return switch (one) {
            case Part.Printed(String _, boolean error) ->
                    next instanceof Part.Printed(String _, boolean also) && error == also;
            case Part.Picture _ -> next instanceof Part.Picture;
            case Part.Claim _ -> next instanceof Part.Claim;
            default -> false;
        };
    }

    private static String begin(Part part) {
        return switch (part) {
            case Part.Printed(String _, boolean error) -> error ? "<pre class=\"error\">" : "<pre>";
            case Part.Picture _ -> "<div class=\"charts\">\n";
            case Part.Claim _ -> "<ul class=\"claims\">\n";
            default -> "";
        };
    }

    private static String end(Part part) {
        return switch (part) {
            case Part.Printed _ -> "</pre>\n";
            case Part.Picture _ -> "</div>\n";
            case Part.Claim _ -> "</ul>\n";
            default -> "";
        };
    }

    private void part(Transcript.Entry entry) throws IOException {
        String saved = entry.files().isEmpty() ? "" : "saved as " + String.join(", ", entry.files());
        String caption = saved.isEmpty() ? "" : "<figcaption>" + Markup.text(saved) + "</figcaption>";
        switch (entry.part()) {
            case Part.Text(String text) -> paragraphs(text);
            case Part.Printed(String text, boolean _) -> put(Markup.text(text));
            case Part.Claim claim -> line("<li>" + claim(claim) + "</li>");
            case Part.Picture(var chart) -> line("<figure>" + Image.of(chart) + caption + "</figure>");
            case Part.Rows(var table) -> line(Rows.of(table, caption));
            case Part.Framed(var page) ->
                    line("<figure class=\"page\">" + Frame.of(page, policy) + caption + "</figure>");
            case Part.Failure(String message) ->
                    line("<pre class=\"failure\" id=\"failure\">" + Markup.text(message) + "</pre>");
            case Part.File _ -> line("<p class=\"file\">" + Markup.text(saved) + "</p>");
        }
    }

    private void paragraphs(String text) {
        for (String paragraph : text.strip().split("\\n[ \\t]*\\n\\s*")) {
            if (paragraph.isBlank()) continue;
            boolean heading = paragraph.matches("(?s)#+ .*");
            String[] lines = heading ? paragraph.split("\\n", 2) : new String[]{"", paragraph};
            if (heading) line("<h2>" + Markup.text(lines[0].replaceFirst("#+ +", "")) + "</h2>");
            if (lines.length == 2) line("<p class=\"text\">" + Markup.text(lines[1]) + "</p>");
        }
    }

    private void line(String html) { put(html + "\n"); }

    private void put(String html) { body.writeBytes(html.getBytes(StandardCharsets.UTF_8)); }

    static String resource(String name) {
        try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
