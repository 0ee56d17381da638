package org.tornadolens.tokenizer;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * How byte-level tokenizers cut a text into words, which no merge crosses: regular expressions that are applied one
 * after another, each match being a word. GGUF names them ({@code tokenizer.ggml.pre}); the expressions are those of
 * the models' own tokenizer.json.
 */
enum Split {
    GPT_2(Set.of("gpt-2", "default"), false, false, Patterns.GPT_2),
    SMOLLM(Set.of("smollm", "starcoder", "refact", "command-r"), false, false, "\\p{N}", Patterns.GPT_2),
    LLAMA_3(Set.of("llama-bpe", "llama3", "llama-v3", "smaug-bpe"), true, true, Patterns.digits("{1,3}")),
    QWEN_2(Set.of("qwen2", "deepseek-r1-qwen"), false, false, Patterns.digits("")),
    TEKKEN(Set.of("tekken"), true, true, Patterns.TEKKEN);

    private static final class Patterns {

        static final String GPT_2 =
                "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
        static final String TEKKEN = "[^\\r\\n\\p{L}\\p{N}]?((?=[\\p{L}])([^a-z]))*((?=[\\p{L}])([^A-Z]))+"
                + "|[^\\r\\n\\p{L}\\p{N}]?((?=[\\p{L}])([^a-z]))+((?=[\\p{L}])([^A-Z]))*"
                + "|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";

        static String digits(String count) {
            return "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}" + count
                    + "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
        }
    }

    private final Set<String> names;
    private final boolean ignoreMerges, addsBos;
    private final List<String> patterns;

    Split(Set<String> names, boolean ignoreMerges, boolean addsBos, String... patterns) {
        this.names = names;
        this.ignoreMerges = ignoreMerges;
        this.addsBos = addsBos;
        this.patterns = List.of(patterns);
    }

    static Optional<Split> named(String name) {
        return Arrays.stream(values()).filter(split -> split.names.contains(name)).findFirst();
    }

    /** Returns all names, for messages. */
    static String allNames() {
        return Arrays.stream(values()).flatMap(split -> split.names.stream().sorted())
                .collect(Collectors.joining(", "));
    }

    /** Whether a word that stands in the vocabulary is taken whole, before any merge. */
    boolean ignoresMerges() {
        return ignoreMerges;
    }

    /** Whether the models with this split begin texts with a BOS where their file does not say so. */
    boolean addsBos() {
        return addsBos;
    }

    List<String> patterns() { return patterns; }
}
