package org.tornadolens.notebook;

import com.google.gson.Gson;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;

/** Makes and reads the objects of messages. */
final class Json {

    private static final Gson GSON = new Gson();

    private Json() {}

    /** Returns an object of names and values in turn: {@code of("status", "ok", "count", 3)}. */
    static JsonObject of(Object... namesAndValues) {
        JsonObject json = new JsonObject();
        for (int i = 0; i < namesAndValues.length; i += 2) {
            Object value = namesAndValues[i + 1];
            json.add((String) namesAndValues[i], value instanceof JsonElement one ? one : GSON.toJsonTree(value));
        }
        return json;
    }

    static String text(JsonObject json, String name, String otherwise) {
        JsonElement value = json.get(name);
        return value != null && value.isJsonPrimitive() ? value.getAsString() : otherwise;
    }

    static boolean flag(JsonObject json, String name, boolean otherwise) {
        JsonElement value = json.get(name);
        return value != null && value.isJsonPrimitive() ? value.getAsBoolean() : otherwise;
    }

    static int number(JsonObject json, String name, int otherwise) {
        JsonElement value = json.get(name);
        return value != null && value.isJsonPrimitive() ? value.getAsInt() : otherwise;
    }
}
