package org.tornadolens;

import java.util.Collection;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;

/** Finds the known names nearest to one that does not exist, for error messages. */
public final class Nearest {

    private static final int SHOWN = 3;

    /** The largest number of names listed where none is near. */
    private static final int LISTED = 12;

    private Nearest() {}

    /** Returns at most three of {@code known}, nearest first, however far away they are. */
    public static List<String> to(String name, Collection<String> known) {
        return known.stream().distinct().sorted(nearestFirst(name)).limit(SHOWN).toList();
    }

    /**
     * Returns a message such as {@code no hook "blocks.0.hook_rsid_pre"; nearest: blocks.0.hook_resid_pre, …}. It names
     * only what is near; if nothing is, what there is. A name of another library is answered with what it is here.
     */
    public static String message(String kind, String name, Collection<String> known) {
        String start = "no " + kind + " \"" + name + "\"";
        String here = Equivalents.of(kind, name).map(ours -> "; here it is " + ours).orElse(null);
        if (here != null) return start + here;
        if (known.isEmpty()) return start + "; there is none";
        List<String> near = near(name, known);
        if (!near.isEmpty()) return start + "; nearest: " + String.join(", ", near);
        List<String> all = known.stream().distinct().limit(LISTED).toList();
        int more = (int) known.stream().distinct().count() - all.size();
        return start + "; there " + (all.size() == 1 ? "is " : "are ") + String.join(", ", all)
                + (more == 0 ? "" : " and " + more + " more");
    }

    /** Returns at most three names that end as {@code name} does; if none does, of those that are near otherwise. */
    private static List<String> near(String name, Collection<String> known) {
        List<String> near =
                known.stream().distinct().filter(one -> near(name, one)).sorted(nearestFirst(name)).toList();
        List<String> alike = near.stream().filter(one -> sameEnd(lower(name), lower(one))).toList();
        return (alike.isEmpty() ? near : alike).stream().limit(SHOWN).toList();
    }

    private static Comparator<String> nearestFirst(String name) {
        String wanted = lower(name);
        return Comparator.comparing((String known) -> !sameEnd(wanted, lower(known)))
                .thenComparingInt(known -> distance(wanted, lower(known))).thenComparing(Comparator.naturalOrder());
    }

    /** Returns true for names that continue each other, that end alike, or that few edits make equal. */
    private static boolean near(String name, String known) {
        String a = lower(name), b = lower(known);
        if (a.isEmpty()) return false;
        return sameEnd(a, b) || b.startsWith(a) || distance(a, b) <= Math.max(2, a.length() * 4 / 5);
    }

    /** Returns true if one name is the end of the other, or if their parts after the last dot are the same. */
    private static boolean sameEnd(String name, String known) {
        String last = name.substring(name.lastIndexOf('.') + 1);
        return !last.isEmpty() && last.equals(known.substring(known.lastIndexOf('.') + 1))
                || !name.isEmpty() && (known.endsWith("_" + name) || known.endsWith("." + name));
    }

    private static String lower(String name) { return name.toLowerCase(Locale.ROOT); }

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
