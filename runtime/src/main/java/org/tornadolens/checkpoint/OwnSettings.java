package org.tornadolens.checkpoint;

import java.util.List;
import java.util.Set;
import org.tornadolens.architecture.Settings;

/**
 * The metadata of a GGUF file that belong to its architecture, by their keys without the architecture's name.
 *
 * @param prefix  the architecture's name and a dot
 * @param tensors the names of the file's tensors
 */
record OwnSettings(GgufMetadata metadata, String prefix, Set<String> tensors) implements Settings {

    @Override public boolean has(String key) { return metadata.has(prefix + key); }

    @Override public boolean mentions(String key) { return has(key); }

    @Override public List<String> texts(String key) { return metadata.array(prefix + key).strings(prefix + key); }

    @Override public int integer(String key) { return metadata.integer(prefix + key); }

    @Override public int integer(String key, int otherwise) { return metadata.integer(prefix + key, otherwise); }

    @Override public double number(String key, double otherwise) { return metadata.number(prefix + key, otherwise); }

    @Override public boolean flag(String key, boolean otherwise) { return metadata.flag(prefix + key, otherwise); }

    @Override public String text(String key, String otherwise) { return metadata.text(prefix + key, otherwise); }

    @Override public boolean holds(String tensor) { return tensors.contains(tensor); }

    @Override public RuntimeException problem(String key, String text) { return metadata.problem(prefix + key, text); }
}
