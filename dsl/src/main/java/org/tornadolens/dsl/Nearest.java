package org.tornadolens.dsl;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** The known names most like one that matched nothing. */
public final class Nearest {

    private static final int SHOWN = 3;

    private Nearest() {}

    /** Up to three names of {@code known}, nearest first; empty where nothing is like {@code name}. */
    public static List<String> of(String name, Collection<String> known) {
        record Candidate(String name, int distance) {}
        int tolerance = Math.max(2, name.length() / 3);
        List<Candidate> candidates = new ArrayList<>();
        for (String candidate : known) {
            int distance = distance(name.toLowerCase(Locale.ROOT), candidate.toLowerCase(Locale.ROOT));
            boolean extended = name.length() >= 2 && (startsWith(candidate, name) || candidate.length() >= 2 && startsWith(name, candidate));
            if (extended) distance = Math.min(distance, 1);
            if (distance <= tolerance && distance < Math.max(name.length(), candidate.length())) candidates.add(new Candidate(candidate, distance));
        }
        candidates.sort(Comparator.comparingInt(Candidate::distance));
        return candidates.stream().limit(SHOWN).map(Candidate::name).toList();
    }

    /** {@code ; did you mean "pos"?}, or nothing where nothing is like it: made to follow a message. */
    public static String hint(String name, Collection<String> known) {
        List<String> nearest = of(name, known);
        if (nearest.isEmpty()) return "";
        return nearest.stream().map(n -> '"' + n + '"').collect(Collectors.joining(" or ", "; did you mean ", "?"));
    }

    private static boolean startsWith(String whole, String beginning) {
        return whole.regionMatches(true, 0, beginning, 0, beginning.length());
    }

    /** Edits (insert, delete, replace, swap neighbours) that turn {@code a} into {@code b}: Damerau-Levenshtein with adjacent swaps. */
    static int distance(String a, String b) {
        int[] twoBack = new int[b.length() + 1], previous = new int[b.length() + 1], row = new int[b.length() + 1];
        for (int j = 0; j <= b.length(); j++) previous[j] = j;
        for (int i = 1; i <= a.length(); i++) {
            row[0] = i;
            for (int j = 1; j <= b.length(); j++) {
                int replaced = previous[j - 1] + (a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1);
                row[j] = Math.min(replaced, Math.min(previous[j], row[j - 1]) + 1);
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    row[j] = Math.min(row[j], twoBack[j - 2] + 1);
                }
            }
            int[] recycled = twoBack;
            twoBack = previous;
            previous = row;
            row = recycled;
        }
        return previous[b.length()];
    }
}
