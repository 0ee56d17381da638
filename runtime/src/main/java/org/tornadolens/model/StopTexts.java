package org.tornadolens.model;

import java.util.List;
import org.tornadolens.UsageException;

/**
 * Watches a text that grows piece by piece for texts that end it, and releases what it has decided on: text that may be
 * the start of a stop text is held back until the next pieces tell.
 */
public final class StopTexts {

    private final List<String> stops;
    private final StringBuilder held = new StringBuilder();
    private boolean stopped;

    /** @throws UsageException if a stop text is empty, since it would end every text */
    public StopTexts(List<String> stops) {
        if (stops.contains("")) throw new UsageException("a stop text is empty, and would end every text");
        this.stops = List.copyOf(stops);
    }

    /** Returns the text before the first stop text that is now decided on; empty once the text has ended. */
    public String accept(String piece) {
        if (stopped) return "";
        held.append(piece);
        int end = stops.stream().mapToInt(held::indexOf).filter(at -> at >= 0).min().orElse(-1);
        stopped = end >= 0;
        return release(stopped ? end : decided());
    }

    /** Returns what is still held back when the text ends without a stop text. */
    public String finish() {
        return stopped ? "" : release(held.length());
    }

    /** Returns whether the text contains a stop text. */
    public boolean stopped() { return stopped; }

    /** Returns the length of the text that no stop text can begin in. */
    private int decided() {
        for (int from = 0; from < held.length(); from++) {
            String rest = held.substring(from);
            if (stops.stream().anyMatch(stop -> stop.startsWith(rest))) return from;
        }
        return held.length();
    }

    private String release(int length) {
        String text = held.substring(0, length);
        held.delete(0, length);
        return text;
    }
}
