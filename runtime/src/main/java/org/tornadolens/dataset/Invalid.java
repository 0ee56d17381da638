package org.tornadolens.dataset;

import java.util.ArrayList;
import java.util.List;
import org.tornadolens.UsageException;

/** What had to be left out: counted, and the first few named. */
public final class Invalid {

    private static final int NAMED = 5;

    private final String what;
    private final long most;
    private final List<String> named = new ArrayList<>();
    private long count;

    /**
     * @param what one of them, in words: {@code record}
     * @param most how many there may be
     */
    public Invalid(String what, long most) {
        this.what = what;
        this.most = most;
    }

    /** @throws UsageException with the first of them if there are now more than are allowed */
    public void add(String place, String reason) {
        count++;
        if (named.size() < NAMED) named.add(place + ": " + reason);
        if (count > most)
            throw new UsageException("more than " + most + " " + what + "s cannot be used; the first: "
                    + String.join("; ", named) + ". The option invalid says how many may be left out");
    }

    public long count() { return count; }

    /** Returns the first of them, each with its place and the reason. */
    public List<String> named() {
        return List.copyOf(named);
    }

    /** Returns them in a line; empty if there is none. */
    public String text() {
        if (count == 0) return "";
        return count + " " + what + (count == 1 ? " was" : "s were") + " left out: " + String.join("; ", named)
                + (count > named.size() ? "; …" : "");
    }
}
