package org.tornadolens.training.corpus;

import java.util.ArrayDeque;
import java.util.StringJoiner;

/** Writes balanced strings of four kinds of brackets, separated by spaces; a full stop follows the last closing one. */
final class Brackets implements Writer {
    static final String OPEN = "([{<";
    static final String CLOSED = ")]}>";
    private static final int MAX_DEPTH = 6;

    @Override public Document write(Draw draw, Split split) {
        return split.firstOwned(() -> {
            var lines = new StringJoiner(" ");
            for (int line = draw.between(1, 3); line > 0; line--) lines.add(balanced(draw, draw.between(3, 20)));
            return new Document.Prose(lines.toString());
        }, Document.Prose::text);
    }

    private static String balanced(Draw draw, int pairs) {
        var open = new ArrayDeque<Integer>();
        var line = new StringJoiner(" ", "", " .");
        int kinds = draw.between(1, OPEN.length());
        for (int left = pairs; left > 0 || !open.isEmpty();) {
            boolean opens = open.isEmpty() || left > 0 && open.size() < MAX_DEPTH && draw.chance(0.55);
            if (opens) {
                int kind = draw.between(0, kinds - 1);
                open.push(kind);
                left--;
                line.add(OPEN.substring(kind, kind + 1));
            } else {
                int kind = open.pop();
                line.add(CLOSED.substring(kind, kind + 1));
            }
        }
        return line.toString();
    }
}
