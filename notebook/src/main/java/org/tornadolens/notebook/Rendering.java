package org.tornadolens.notebook;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.tornadolens.dsl.chart.Chart;
import org.tornadolens.dsl.chart.Picture;
import org.tornadolens.dsl.html.Page;
import org.tornadolens.dsl.table.Table;

/** Charts, tables and pages in the formats that notebooks show. */
final class Rendering {

    private static final int LARGEST_SVG = 256 << 10;      // bytes; of larger charts there is the PNG alone
    private static final int MOST_ROWS = 60;

    private Rendering() {}

    /**
     * @param view a chart, a table or a page
     * @param text the value as text
     */
    static Bundle of(Object view, String text) {
        Bundle bundle = Bundle.text(text);
        return switch (view) {
            case Chart chart -> chart(chart, bundle);
            case Table table -> bundle.with("text/html", TableMarkup.of(table, MOST_ROWS));
            case Page page -> bundle.with("text/html",
                    PageFrame.of(new String(bytes(page::write), StandardCharsets.UTF_8), page.description()));
            default -> throw new IllegalArgumentException(view.getClass() + " is not shown in notebooks");
        };
    }

    private static Bundle chart(Chart chart, Bundle bundle) {
        byte[] png = bytes(out -> chart.write(Picture.PNG, out)), svg = bytes(out -> chart.write(Picture.SVG, out));
        PngSize size = PngSize.of(png);
        bundle.with("image/png", Base64.getEncoder().encodeToString(png))
                .sized("image/png", size.cssWidth(), size.cssHeight());
        return svg.length > LARGEST_SVG ? bundle : bundle.with("image/svg+xml", InlineSvg.of(svg));
    }

    private interface Writer {
        void write(OutputStream out) throws IOException;
    }

    private static byte[] bytes(Writer writer) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            writer.write(out);
        } catch (IOException e) {
            throw new UncheckedIOException(e);      // not in memory
        }
        return out.toByteArray();
    }
}
