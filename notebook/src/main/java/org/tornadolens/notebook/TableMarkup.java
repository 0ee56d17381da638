package org.tornadolens.notebook;

import java.util.List;
import org.tornadolens.dsl.table.Table;

/** A table as HTML, with its numbers aligned by their decimal points. */
final class TableMarkup {

    private static final String NUMBER =
            " style=\"text-align: right; white-space: pre; font-variant-numeric: tabular-nums\"",
            WORD = " style=\"text-align: left; white-space: pre-wrap\"";
    private static final char FIGURE_SPACE = '\u2007';      // as wide as a digit

    private TableMarkup() {}

    /** @param most the number of rows; of a longer table the first, and how many more there are */
    static String of(Table table, int most) {
        List<Table.Shown> columns = table.shown(most);
        int rows = Math.min(most, table.rows().size()), more = table.rows().size() - rows;
        StringBuilder html = new StringBuilder("<table>\n<thead><tr>");
        for (Table.Shown column : columns) html.append(cell("th", column, 0));
        html.append("</tr></thead>\n<tbody>\n");
        for (int row = 1; row <= rows; row++) {
            html.append("<tr>");
            for (Table.Shown column : columns) html.append(cell("td", column, row));
            html.append("</tr>\n");
        }
        html.append("</tbody>\n</table>");
        return more == 0 ? html.toString() : html + "\n<p>… " + more + " more rows</p>";
    }

    private static String cell(String element, Table.Shown column, int line) {
        String text = column.lines().get(line);
        boolean number = column.numeric() && line > 0;
        return "<" + element + (column.numeric() ? NUMBER : WORD) + ">"
                + Markup.escaped(number ? text.replace(' ', FIGURE_SPACE) : text) + "</" + element + ">";
    }
}
