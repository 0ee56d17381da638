package org.tornadolens.dsl.script;

import java.io.IOException;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.chart.Chart;
import org.tornadolens.dsl.html.Page;
import org.tornadolens.dsl.report.Part;
import org.tornadolens.dsl.report.Report;
import org.tornadolens.dsl.table.Table;

/** Behind {@code report.js}: charts, tables, pages and texts on one page. */
public final class ReportExports {

    private final Host host;

    ReportExports(Host host) { this.host = host; }

    @HostAccess.Export public Part text(String text) { return Part.text(text); }

    @HostAccess.Export public Part printed(String text) { return Part.printed(text); }

    @HostAccess.Export public Part chart(Chart chart) { return Part.chart(chart); }

    @HostAccess.Export public Part table(Table table) { return Part.table(table); }

    @HostAccess.Export public Part page(Page page) { return Part.page(page); }

    @HostAccess.Export public Report of(String title, Value parts) {
        return Report.of(title, Arguments.objects(parts, Part.class));
    }

    @HostAccess.Export public void save(Report report, String name) throws IOException {
        host.save(Page.fileName(name), out -> report.write(RunFacts.soFar(host), out));
    }

    @HostAccess.Export public String describe(Report report) { return report.description(); }
}
