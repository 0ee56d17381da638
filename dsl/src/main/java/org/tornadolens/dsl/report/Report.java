package org.tornadolens.dsl.report;

import java.io.IOException;
import java.io.OutputStream;
import java.util.List;
import org.tornadolens.UsageException;

/** Parts of a run under a title, for one page. */
public record Report(String title, List<Transcript.Entry> entries) {

    public Report {
        if (title.isBlank()) throw new UsageException("a report needs a title");
        entries = List.copyOf(entries);
    }

    /** Returns a report of parts that have no files of their own. */
    public static Report of(String title, List<Part> parts) {
        return new Report(title, parts.stream().map(part -> new Transcript.Entry(part, List.of())).toList());
    }

    /** Writes the page, with the record of the run. */
    public void write(Facts facts, OutputStream out) throws IOException {
        new ReportPage(this, facts, ReportPage.MOST).write(out);
    }

    /** Returns a description in one line. */
    public String description() {
        return "Report \"" + title + "\" of " + entries.size() + (entries.size() == 1 ? " part" : " parts");
    }
}
