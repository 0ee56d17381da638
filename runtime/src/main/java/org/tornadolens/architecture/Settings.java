package org.tornadolens.architecture;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * What a checkpoint says about its model, by key: Hugging Face's config.json, or the metadata of a GGUF file without the
 * architecture's prefix.
 */
public interface Settings {

    /** Whether the key is there and not null. */
    boolean has(String key);

    /** Whether the key is there, perhaps with null. */
    boolean mentions(String key);

    /** The texts of an array. */
    List<String> texts(String key);

    /** An error that names the file and the key where it is missing or no integer. */
    int integer(String key);

    int integer(String key, int otherwise);

    double number(String key, double otherwise);

    boolean flag(String key, boolean otherwise);

    String text(String key, String otherwise);

    /** Whether the file holds a tensor of this name, for what a format does not say otherwise. */
    boolean holds(String tensor);

    /** Keys that a written configuration has with null, which says that there is no such thing. */
    static Map<String, Object> nulls(String... keys) {
        Map<String, Object> nulls = new HashMap<>();
        for (String key : keys) nulls.put(key, null);
        return nulls;
    }

    /** An error that names the file and the key. */
    RuntimeException problem(String key, String text);
}
