package org.tornadolens.notebook;

import com.google.gson.JsonObject;
import java.util.Map;

/**
 * A value in several formats, of which a front end shows the richest it can.
 *
 * @param data     the value by MIME type; binary formats in base64
 * @param metadata by MIME type, too
 */
record Bundle(JsonObject data, JsonObject metadata) {

    static Bundle text(String text) { return new Bundle(Json.of("text/plain", text), new JsonObject()); }

    /** Returns this with a further format. */
    Bundle with(String type, String value) {
        data.addProperty(type, value);
        return this;
    }

    /** Returns this with how large a picture is shown, in CSS pixels. */
    Bundle sized(String type, long width, long height) {
        metadata.add(type, Json.of("width", width, "height", height));
        return this;
    }

    /** Returns the number of characters in all formats. */
    int size() {
        return data.entrySet().stream().map(Map.Entry::getValue).mapToInt(value -> value.getAsString().length()).sum();
    }
}
