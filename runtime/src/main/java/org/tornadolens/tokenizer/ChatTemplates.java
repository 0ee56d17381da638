package org.tornadolens.tokenizer;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.Map;

/** Chat templates as tokenizer_config.json holds them: one, or a list of named ones. */
final class ChatTemplates {

    private static final String KEY = "chat_template", DEFAULT = "default";

    private ChatTemplates() {}

    static void write(Map<String, String> templates, JsonObject config) {
        if (templates.isEmpty()) return;
        if (templates.keySet().equals(java.util.Set.of(DEFAULT))) {
            config.addProperty(KEY, templates.get(DEFAULT));
            return;
        }
        JsonArray named = new JsonArray();
        templates.forEach((name, template) -> {
            JsonObject entry = new JsonObject();
            entry.addProperty("name", name);
            entry.addProperty("template", template);
            named.add(entry);
        });
        config.add(KEY, named);
    }
}
