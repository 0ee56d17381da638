package org.tornadolens.dsl.html;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.tornadolens.UsageException;

/** What the data of all pages have in common: a title, and the names of characters that nobody sees. */
final class PageData {

    /** More bytes of numbers or text are slow to open in browsers. */
    static final long MOST_BYTES = 96L << 20;

    private PageData() {}

    /** Returns a page of this data, to which the title and the names of unseen characters are added. */
    static Page page(View view, String title, JsonObject data, String description) {
        data.addProperty("title", title);
        JsonObject names = new JsonObject();
        name(data, names);
        data.add("names", names);
        return new Page(view, data, description);
    }

    /**
     * Adds the names in Unicode of all characters of texts that show as nothing or change their surroundings, by their
     * number in hexadecimal: {@code "202E": "RIGHT-TO-LEFT OVERRIDE"}.
     */
    private static void name(JsonElement element, JsonObject names) {
        switch (element) {
            case JsonObject object -> object.asMap().values().forEach(each -> name(each, names));
            case JsonArray array -> array.forEach(each -> name(each, names));
            case JsonPrimitive text when text.isString() -> {
                String string = text.getAsString();
                for (int i = 0, point; i < string.length(); i += Character.charCount(point)) {
                    point = string.codePointAt(i);
                    if (point == '<' && string.startsWith("<U+", i)) escaped(string, i, names);
                    else
                        if (point != ' ' && (point < ' ' || point > '~') && !Character.isLetterOrDigit(point))
                            put(point, names);
                }
            }
            default -> {}
        }
    }

    /** Adds the name of a character that a label of a token has written as {@code <U+202E>}. */
    private static void escaped(String string, int start, JsonObject names) {
        int end = string.indexOf('>', start);
        if (end < 0 || end - start > 9) return;
        try {
            int point = Integer.parseInt(string.substring(start + 3, end), 16);
            if (Character.isValidCodePoint(point)) put(point, names);
        } catch (NumberFormatException e) {
            // a text that only looks like an escape has no name
        }
    }

    private static void put(int point, JsonObject names) {
        String name = Character.getName(point);
        if (name != null) names.addProperty("%04X".formatted(point), name);
    }

    static JsonArray strings(List<String> strings) {
        JsonArray array = new JsonArray();
        strings.forEach(array::add);
        return array;
    }

    static String base64(ByteBuffer numbers) { return Base64.getEncoder().encodeToString(numbers.array()); }

    static String counted(int count, String what) { return count + " " + what + (count == 1 ? "" : "s"); }

    /** Refuses a table that is too large for a page. */
    static void checkElements(String what, long elements) {
        if (elements * Float.BYTES <= MOST_BYTES) return;
        throw new UsageException(String.format(Locale.ROOT,
                "%s has %,d elements, more than browsers open with ease (%,d); slice it first", what, elements,
                MOST_BYTES / Float.BYTES));
    }
}
