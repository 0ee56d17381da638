package org.tornadolens.notebook;

/**
 * A page in a frame of its own. The frame is sandboxed: the page's script runs, but reaches neither the notebook nor
 * the network.
 */
final class PageFrame {

    private static final int HEIGHT = 700;      // CSS pixels; the reader can drag the lower edge

    private PageFrame() {}

    /** @param description what the frame holds, for screen readers */
    static String of(String page, String description) {
        return """
                <iframe title="%s" sandbox="allow-scripts" srcdoc="%s"
                  style="width: 100%%; height: %dpx; border: 0; resize: vertical; overflow: auto"></iframe>"""
                .formatted(Markup.escaped(description), Markup.escaped(page), HEIGHT);
    }
}
