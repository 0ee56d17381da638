package org.tornadolens.dsl.report;

import org.tornadolens.dsl.chart.Chart;
import org.tornadolens.dsl.html.Page;
import org.tornadolens.dsl.table.Table;

/** A part of a report. */
public sealed interface Part {

    /** Paragraphs, separated by empty lines; one that begins with {@code #} and a space is a heading. */
    record Text(String text) implements Part {}

    /** Lines as a terminal shows them. @param error whether they are warnings or errors */
    record Printed(String text, boolean error) implements Part {}

    record Picture(Chart chart) implements Part {}

    record Rows(Table table) implements Part {}

    /** A page in a frame. */
    record Framed(Page page) implements Part {}

    /** A claim of the run and whether it holds. */
    record Claim(String claim, boolean ok) implements Part {}

    /** What ended a run that failed. */
    record Failure(String message) implements Part {}

    /** A file, or a folder, that the report does not show. */
    record File() implements Part {}

    static Part text(String text) { return new Text(text); }

    static Part printed(String text) { return new Printed(text, false); }

    static Part error(String text) { return new Printed(text, true); }

    static Part chart(Chart chart) { return new Picture(chart); }

    static Part table(Table table) { return new Rows(table); }

    static Part page(Page page) { return new Framed(page); }

    /** Returns true if both show one and the same chart, table or page. */
    default boolean sameAs(Part other) {
        return switch (this) {
            case Picture(Chart chart) -> other instanceof Picture(Chart theirs) && chart == theirs;
            case Rows(Table table) -> other instanceof Rows(Table theirs) && table == theirs;
            case Framed(Page page) -> other instanceof Framed(Page theirs) && page == theirs;
            default -> false;
        };
    }
}
