package org.tornadolens.dsl.report;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.tornadolens.dsl.html.Page;

/** A page in a frame, which reaches neither the report nor other pages. */
final class Frame {

    private static final int MOST = 16 << 20;      // bytes of a page; a larger one is opened by itself

    /** Tells the report how high the page is; the report's script sets the frame's height. */
    private static final String HEIGHT = ReportPage.resource("frame.js");

    private Frame() {}

    static String of(Page page, Policy policy) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        page.write(out);
        if (out.size() > MOST) {
            return "<p class=\"file\">" + Markup.text("A page of " + (out.size() >> 20) + " MB (" + page.description()
                    + "), too large for a report: save it, and open its own file") + "</p>";
        }
        String html = out.toString(StandardCharsets.UTF_8);
        policy.allowAsIn(html);
        policy.allowText("script-src", HEIGHT);
        // before the page's own policy, which does not know this script
        String framed = html.replaceFirst("<head>", "<head><script>" + HEIGHT.replace("$", "\\$") + "</script>");
        return "<iframe sandbox=\"allow-scripts\" title=\"" + Markup.attribute(page.description()) + "\" srcdoc=\""
                + framed.replace("&", "&amp;").replace("\"", "&quot;") + "\"></iframe>";
    }
}
