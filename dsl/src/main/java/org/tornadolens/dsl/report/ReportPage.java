package org.tornadolens.dsl.report;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Writes a report as one HTML file, which loads nothing. */
final class ReportPage {

    private final Report report;
    private final Facts facts;
    private final Policy policy = new Policy();
    private final StringBuilder body = new StringBuilder();

    ReportPage(Report report, Facts facts) {
        this.report = report;
        this.facts = facts;
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
        out.write(body.toString().getBytes(StandardCharsets.UTF_8));
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
        List<Transcript.Entry> entries = report.entries();
        for (int i = 0; i < entries.size(); i++) {
            boolean first = i == 0 || !joined(entries.get(i - 1).part(), entries.get(i).part());
            boolean last = i == entries.size() - 1 || !joined(entries.get(i).part(), entries.get(i + 1).part());
            part(entries.get(i), first, last);
        }
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

    private void part(Transcript.Entry entry, boolean first, boolean last) throws IOException {
        String saved = entry.files().isEmpty() ? "" : "saved as " + String.join(", ", entry.files());
        String caption = saved.isEmpty() ? "" : "<figcaption>" + Markup.text(saved) + "</figcaption>";
        switch (entry.part()) {
            case Part.Text(String text) -> paragraphs(text);
            case Part.Printed(String text, boolean error) -> {
                body.append(first ? "<pre" + (error ? " class=\"error\"" : "") + ">" : "").append(Markup.text(text));
                line(last ? "</pre>" : "");
            }
            case Part.Claim claim -> {
                if (first) line("<ul class=\"claims\">");
                line("<li>" + claim(claim) + "</li>");
                if (last) line("</ul>");
            }
            case Part.Picture(var chart) -> {
                if (first) line("<div class=\"charts\">");
                line("<figure>" + Image.of(chart) + caption + "</figure>");
                if (last) line("</div>");
            }
            case Part.Rows(var table) -> line(Rows.of(table, caption));
            case Part.Framed(var page) -> line("<figure class=\"page\">" + Frame.of(page, policy) + caption
                    + "</figure>");
            case Part.Failure(String message) -> line("<pre class=\"failure\" id=\"failure\">" + Markup.text(message) + "</pre>");
            case Part.File _ -> line("<p class=\"file\">" + Markup.text(saved) + "</p>");
        }
    }

    private void paragraphs(String text) {
        for (String paragraph : text.strip().split("\\n[ \\t]*\\n\\s*")) {
            if (paragraph.isBlank()) continue;
            boolean heading = paragraph.matches("(?s)#+ .*");
            String[] lines = heading ? paragraph.split("\\n", 2) : new String[] {"", paragraph};
            if (heading) line("<h2>" + Markup.text(lines[0].replaceFirst("#+ +", "")) + "</h2>");
            if (lines.length == 2) line("<p class=\"text\">" + Markup.text(lines[1]) + "</p>");
        }
    }

    private void line(String html) { body.append(html).append('\n'); }

    static String resource(String name) {
        try (InputStream in = ReportPage.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
