package org.tornadolens.dsl.report;

import java.util.List;
import org.tornadolens.dsl.table.Table;

/** A table as HTML: its first rows, with the digits that a terminal shows. */
final class Rows {

    private static final int MOST = 200;

    private Rows() {}

    static String of(Table table, String caption) {
        List<Table.Shown> columns = table.shown(MOST);
        int rows = Math.min(MOST, table.rows().size());
        StringBuilder html = new StringBuilder("<figure class=\"table\"><table>\n");
        for (int line = 0; line <= rows; line++) {
            html.append(line == 0 ? "<thead>" : line == 1 ? "<tbody>" : "").append("<tr>");
            for (Table.Shown column : columns) {
                String tag = line == 0 ? "th" : "td";
                html.append('<').append(tag).append(column.numeric() ? " class=\"number\">" : ">")
                        .append(Markup.text(column.lines().get(line))).append("</").append(tag).append('>');
            }
            html.append("</tr>").append(line == 0 ? "</thead>\n" : "\n");
        }
        html.append(rows == 0 ? "" : "</tbody>").append("</table>");
        int more = table.rows().size() - rows;
        if (more > 0) html.append(String.format("<p>… %,d more rows</p>", more));
        return html.append(caption).append("</figure>").toString();
    }
}
