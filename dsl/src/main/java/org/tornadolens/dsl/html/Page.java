package org.tornadolens.dsl.html;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Base64;
import java.util.regex.Pattern;
import org.tornadolens.UsageException;

/**
 * One self-contained web page: a view and its data. It loads nothing, and its content security policy allows only the
 * view's script to run, because tokens may hold any text. In a window a page fills it; in a frame it is as high as what
 * it shows.
 *
 * @param view        what the page shows
 * @param data        the data shown; its {@code title} is that of the page
 * @param description one line that describes the page
 */
public record Page(View view, JsonObject data, String description) {

    /** Escapes characters that could end the data's element, and writes NaN and infinities as null. */
    private static final Gson GSON = new GsonBuilder().serializeNulls().create();

    /** Half of a surrogate pair; patterns read whole pairs as one character. */
    private static final Pattern LONE = Pattern.compile("\\p{Cs}");

    public void write(OutputStream out) throws IOException { out.write(html().getBytes(StandardCharsets.UTF_8)); }

    /** Returns the whole document. */
    public String html() {
        String style = view.style(), script = view.script();
        return """
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
                <body class="page">
                <section class="view %s" data-view="%s">
                <script type="application/json">%s</script>
                </section>
                <script>%s</script>
                </body>
                </html>
                """.formatted(hash(style), hash(script), escaped(title()), style, view.text(), view.text(),
                paired(GSON.toJson(data)), script);
    }

    public String title() { return data.get("title").getAsString(); }

    /** Returns the name of a page's file; {@code .html} is added to a name without it. */
    public static String fileName(String name) {
        if (name.isBlank()) throw new UsageException("a page needs a name");
        int dot = name.lastIndexOf('.');
        if (dot <= name.lastIndexOf('/')) return name + ".html";
        if (name.substring(dot).equals(".html")) return name;
        throw new UsageException("\"" + name + "\": a page is an .html file");
    }

    private static String hash(String text) {
        try {
            return Base64.getEncoder()
                    .encodeToString(MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8)));
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException(e);   // every Java has it
        }
    }

    /** Writes halves of surrogate pairs, which UTF-8 cannot encode, as escapes of JSON. */
    private static String paired(String json) {
        return LONE.matcher(json).replaceAll(half -> "\\\\u%04x".formatted((int) half.group().charAt(0)));
    }

    private static String escaped(String text) { return LONE.matcher(text).replaceAll("\ufffd").replace("&", "&amp;").replace("<", "&lt;"); }
}
