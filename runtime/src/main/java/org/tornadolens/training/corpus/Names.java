package org.tornadolens.training.corpus;

import java.util.List;
import java.util.Set;
import java.util.stream.Stream;

/** First names, each a single token of the bundled tokenizer. */
public final class Names {
    public static final List<String> WOMEN = words("""
            Mary Anna Sara Emma Lucy Alice Clara Nora Julia Rosa Laura Helen Irene Diana Susan Karen Linda Paula Maria
            Sofia Grace Rachel Lena Mia Ella Amy Jane Kate Ruth Eva Vera Olga Tina Nina Carol Judy Wendy Betty Molly
            Sally Fiona Greta Holly Ivy Jenny Martha Nancy Zoe""");
    public static final List<String> MEN = words("""
            John Tom Paul Mark Peter James David Robert Daniel Simon Henry Oscar Felix Max Leo Adam Ben Sam Jack Luke
            Noah Oliver Victor Walter George Frank Carl Eric Kevin Brian Martin Bruno Hugo Ivan Jacob Louis Nathan
            Oleg Philip Ralph Steve Tim Andrew Billy Charlie Dennis Edward Gary""");
    public static final List<String> ALL = Stream.concat(WOMEN.stream(), MEN.stream()).toList();

    /** Names that do not occur in indirect-object sentences of the training text, but in all other kinds of text. */
    public static final List<String> HELD_OUT_OF_IOI = words("""
            Alice Nora Helen Susan Maria Rachel Amy Vera Carol Fiona Martha Nancy Peter David Simon Felix Adam Luke
            George Kevin Hugo Philip Tim Gary""");
    public static final List<String> IN_IOI = ALL.stream().filter(name -> !HELD_OUT_OF_IOI.contains(name)).toList();

    private static final Set<String> FEMALE = Set.copyOf(WOMEN);

    private Names() {}

    /** Returns "he" or "she". */
    static String pronoun(String name) { return FEMALE.contains(name) ? "she" : "he"; }

    static String possessive(String name) { return FEMALE.contains(name) ? "her" : "his"; }

    private static List<String> words(String text) { return List.of(text.trim().split("\\s+")); }
}
