package org.tornadolens.dsl.html;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * What a page shows, and the files beside this class that it is made of: those in {@code shared/}, and in the view's
 * own folder a style sheet and scripts, the last of which adds the view's function to {@code views}.
 */
public enum View {
    ATTENTION("patterns", "grid", "matrix", "text", "toolbar", "view"), TOKENS("profiles", "view"), LINKS("view"),
    LENS("view"), HEATMAP("table", "picture", "view"), CIRCUIT("layout", "drawing", "view"),
    EXAMPLES("histogram", "view");

    private static final List<String> SHARED = List.of("elements", "colours", "canvas", "bytes", "keyboard");

    private final List<String> scripts;

    View(String... scripts) { this.scripts = List.of(scripts); }

    /** The name of the view's folder, and of its section of a page. */
    String text() {
        return name().toLowerCase(Locale.ROOT);
    }

    String style() { return resource("shared/page.css") + resource(text() + "/" + text() + ".css"); }

    /** Returns one script, which leaves nothing behind in the page's global scope. */
    String script() {
        String shared = SHARED.stream().map(name -> resource("shared/" + name + ".js")).collect(Collectors.joining());
        String own = scripts.stream().map(name -> resource(text() + "/" + name + ".js")).collect(Collectors.joining());
        return Stream.of("(() => {", "\"use strict\";", "const views = {};", shared, own, resource("shared/mount.js"),
                "})();", "").collect(Collectors.joining("\n"));
    }

    private static String resource(String name) {
        try (InputStream in = View.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
