package org.tornadolens.files;

import java.util.List;
import java.util.regex.Pattern;

/**
 * What kept numbers depend on, as texts such as {@code "script 3b7a…"} or {@code "file v.npy 51c0…"}: the first word is
 * a kind, and what is no hash names which one of its kind it is.
 */
public final class Facts {

    private static final Pattern HASH = Pattern.compile(" [0-9a-f]{40,64}\\b.*");

    private Facts() {}

    /** Returns what differs between two lists of facts, for a message: {@code the file v.npy}. */
    public static String changed(List<String> was, List<String> now) {
        for (String fact : was) if (!now.contains(fact)) return named(fact);
        for (String fact : now) if (!was.contains(fact)) return named(fact);
        return "the order of what it reads";
    }

    private static String named(String fact) {
        String name = HASH.matcher(fact).replaceFirst("");
        return "the " + (name.startsWith("argument ") || name.startsWith("file ") || name.startsWith("import ") ? name
                : name.split(" ")[0]);
    }
}
