package org.tornadolens.architecture;

import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The supported families of models. */
public final class Families {

    public static final Family LLAMA = new Llama();

    /** Of families that share a GGUF architecture, the more specific one precedes the more general one. */
    private static final List<Family> ALL = List.of(new Mistral(), LLAMA, new Qwen2(), new Qwen3());

    private Families() {}

    /** Returns the family of this {@code model_type}. */
    public static Optional<Family> named(String name) {
        return ALL.stream().filter(family -> family.name().equals(name)).findFirst();
    }

    /** A family and the variant that a file describes. */
    public record Found(Family family, Variant variant) {}

    /**
     * Returns the family and variant of a GGUF file.
     *
     * @param architecture the value of {@code general.architecture}
     * @param metadata     the keys of that architecture
     */
    public static Optional<Found> ofGguf(String architecture, Settings metadata) {
        return ALL.stream().filter(family -> family.gguf().equals(architecture))
                .flatMap(family -> family.gguf(metadata).map(variant -> new Found(family, variant)).stream())
                .findFirst();
    }

    /** Returns the names in config.json, for messages. */
    public static String names() {
        return ALL.stream().map(family -> "\"" + family.name() + "\"").collect(Collectors.joining(", "));
    }

    /** Returns the names in GGUF files, for messages. */
    public static String ggufNames() {
        return ALL.stream().map(family -> "\"" + family.gguf() + "\"").distinct().collect(Collectors.joining(", "));
    }
}
