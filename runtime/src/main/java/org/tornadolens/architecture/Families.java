package org.tornadolens.architecture;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The families of models that are supported. */
public final class Families {

    public static final Family LLAMA = new Llama();

    private static final List<Family> ALL = List.of(LLAMA);

    private Families() {}

    /** The family of this {@code model_type}. */
    public static Optional<Family> named(String name) { return ALL.stream().filter(family -> family.name().equals(name)).findFirst(); }

    /** The family of this {@code general.architecture}. */
    public static Optional<Family> ofGguf(String architecture) {
        return ALL.stream().filter(family -> family.gguf().equals(architecture)).findFirst();
    }

    /** The names of config.json, for messages. */
    public static String names() { return ALL.stream().map(family -> "\"" + family.name() + "\"").collect(Collectors.joining(", ")); }

    /** The names of GGUF, for messages. */
    public static String ggufNames() {
        return ALL.stream().map(family -> "\"" + family.gguf() + "\"").distinct().collect(Collectors.joining(", "));
    }
}
