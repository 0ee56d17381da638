package org.tornadolens.architecture;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;

/** The families of models that are supported. */
public final class Families {

    public static final Family LLAMA = new Llama();

    /** Those that share a name in GGUF files from the particular to the general. */
    private static final List<Family> ALL = List.of(new Mistral(), LLAMA, new Qwen2(), new Qwen3());

    private Families() {}

    /** The family of this {@code model_type}. */
    public static Optional<Family> named(String name) {
        return ALL.stream().filter(family -> family.name().equals(name)).findFirst();
    }

    /** A family and what a file says of its variant. */
    public record Found(Family family, Variant variant) {}

    /**
     * The family of a GGUF file.
     *
     * @param architecture {@code general.architecture}
     * @param metadata     the keys of that architecture
     */
    public static Optional<Found> ofGguf(String architecture, Settings metadata) {
        return ALL.stream().filter(family -> family.gguf().equals(architecture))
                .flatMap(family -> family.gguf(metadata).map(variant -> new Found(family, variant)).stream())
                .findFirst();
    }

    /** The names of config.json, for messages. */
    public static String names() {
        return ALL.stream().map(family -> "\"" + family.name() + "\"").collect(Collectors.joining(", "));
    }

    /** The names of GGUF, for messages. */
    public static String ggufNames() {
        return ALL.stream().map(family -> "\"" + family.gguf() + "\"").distinct().collect(Collectors.joining(", "));
    }
}
