package org.tornadolens;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;

/** Finds the known names nearest to one that does not exist, for error messages. */
public final class Nearest {

    private static final int SHOWN = 3;

    private Nearest() {}

    /** Returns at most three of {@code known}, nearest first. */
    public static List<String> to(String name, Collection<String> known) {
        String wanted = name.toLowerCase(Locale.ROOT);
        return known.stream().distinct()
                .sorted(Comparator.comparingInt((String k) -> distance(wanted, k.toLowerCase(Locale.ROOT)))
                        .thenComparing(Comparator.naturalOrder()))
                .limit(SHOWN).toList();
    }

    /** Returns a message such as {@code no hook "blocks.0.hook_rsid_pre"; nearest: blocks.0.hook_resid_pre, …}. */
    public static String message(String kind, String name, Collection<String> known) {
        String start = "no " + kind + " \"" + name + "\"";
        if (known.isEmpty()) return start + "; there is none";
        return start + "; nearest: " + to(name, known).stream().collect(Collectors.joining(", "));
    }

    /** Returns an edit distance in which a transposition counts as one edit, and a missing suffix as half the edits. */
    static int distance(String a, String b) {
        int[][] d = new int[a.length() + 1][b.length() + 1];
        for (int i = 0; i <= a.length(); i++) d[i][0] = 2 * i;
        for (int j = 0; j <= b.length(); j++) d[0][j] = 2 * j;
        for (int i = 1; i <= a.length(); i++) {
            for (int j = 1; j <= b.length(); j++) {
                int change = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 2;
                int best = Math.min(d[i - 1][j - 1] + change,
                        Math.min(d[i - 1][j] + 2, d[i][j - 1] + (i == a.length() ? 1 : 2)));
                if (i > 1 && j > 1 && a.charAt(i - 1) == b.charAt(j - 2) && a.charAt(i - 2) == b.charAt(j - 1)) {
                    best = Math.min(best, d[i - 2][j - 2] + 2);
                }
                d[i][j] = best;
            }
        }
        return d[a.length()][b.length()];
    }
}
