package org.tornadolens.architecture;


/**
 * What a checkpoint says about its model, by key: Hugging Face's config.json, or the metadata of a GGUF file without the
 * architecture's prefix.
 */
public interface Settings {

    boolean has(String key);

    /** An error that names the file and the key where it is missing or no integer. */
    int integer(String key);

    int integer(String key, int otherwise);

    double number(String key, double otherwise);

    boolean flag(String key, boolean otherwise);

    String text(String key, String otherwise);

    /** Whether the file holds a tensor of this name, for what a format does not say otherwise. */
    boolean holds(String tensor);

    /** An error that names the file and the key. */
    RuntimeException problem(String key, String text);
}
