package org.tornadolens.architecture;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The settings of a model in its checkpoint, by key: Hugging Face's config.json, or the metadata of a GGUF file without
 * the architecture's prefix. A value of the wrong type is an error that names the file and the key.
 */
public interface Settings {

    /** Returns whether the key is present and not null. */
    boolean has(String key);

    /** Returns whether the key is present, even if null. */
    boolean mentions(String key);

    /** Returns an array of strings. */
    List<String> texts(String key);

    /** Returns an integer; a missing key is an error. */
    int integer(String key);

    int integer(String key, int otherwise);

    double number(String key, double otherwise);

    boolean flag(String key, boolean otherwise);

    String text(String key, String otherwise);

    /** Returns whether the file holds a tensor of this name, for formats that do not mention it in their settings. */
    boolean holds(String tensor);

    /** Returns these keys with null values, which a written configuration contains to disable a feature. */
    static Map<String, Object> nulls(String... keys) {
        Map<String, Object> nulls = new HashMap<>();
        for (String key : keys) nulls.put(key, null);
        return nulls;
    }

    /** Returns an error that names the file and the key. */
    RuntimeException problem(String key, String text);
}
