package org.tornadolens.dsl.html;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import org.tornadolens.UsageException;

/**
 * One self-contained web page: a view's script and its data. It loads nothing, and its content security policy allows
 * only that script to run, because tokens may hold any text.
 *
 * @param view        the name of the script in the resources beside this class
 * @param data        the data shown; its {@code title} is that of the page
 * @param description one line that describes the page
 */
public record Page(String view, JsonObject data, String description) {

    /** Escapes characters that could end the data's element, and writes NaN and infinities as null. */
    private static final Gson GSON = new GsonBuilder().serializeNulls().create();

    public void write(OutputStream out) throws IOException {
        String style = resource("page.css"),
                script = "(() => {\n" + resource("common.js") + "\n" + resource(view + ".js") + "})();\n";
        out.write(
                """
                        <!doctype html>
                        <html lang="en">
                        <head>
                        <meta charset="utf-8">
                        <meta http-equiv="Content-Security-Policy"
                          content="default-src 'none'; style-src 'sha256-%s'; script-src 'sha256-%s'">
                        <meta name="viewport" content="width=device-width">
                        <title>%s</title>
                        <style>%s</style>
                        </head>
                        <body>
                        <script type="application/json" id="data">%s</script>
                        <script>%s</script>
                        </body>
                        </html>
                        """
                        .formatted(hash(style), hash(script), escaped(data.get("title").getAsString()), style,
                                GSON.toJson(data), script)
                        .getBytes(StandardCharsets.UTF_8));
    }

    /** Returns the name of a page's file; {@code .html} is added to a name without it. */
    public static String fileName(String name) {
        if (name.isBlank()) throw new UsageException("a page needs a name");
        int dot = name.lastIndexOf('.');
        if (dot <= name.lastIndexOf('/')) return name + ".html";
        if (name.substring(dot).equals(".html")) return name;
        throw new UsageException("\"" + name + "\": a page is an .html file");
    }

    private static String resource(String name) {
        try (InputStream in = Page.class.getResourceAsStream(name)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static String hash(String text) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);   // every Java has it
        }
    }

    private static String escaped(String text) { return text.replace("&", "&amp;").replace("<", "&lt;"); }
}
