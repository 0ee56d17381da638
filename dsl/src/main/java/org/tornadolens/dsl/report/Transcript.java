package org.tornadolens.dsl.report;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;

/** What a run printed, checked and saved, in order. It keeps nothing until it is asked to. */
public final class Transcript {

    private static final int MOST_PRINTED = 4 << 20;      // characters; more make a page that browsers open slowly

    /** @param files the files that the part was saved as; none if it was printed */
    public record Entry(Part part, List<String> files) {}

    private final List<Entry> entries = new ArrayList<>();
    private boolean keeps;
    private long printed;

    /** Keeps what follows. */
    public void keep() { keeps = true; }

    /** Returns what was kept. */
    public List<Entry> entries() { return Collections.unmodifiableList(entries); }

    /** Notes something that the run printed. */
    public void add(Part part) {
        if (!keeps) return;
        if (part instanceof Part.Printed(String text, boolean error)) {
            boolean room = printed <= MOST_PRINTED;
            printed += text.length() + 1;
            if (!room) return;
            if (printed > MOST_PRINTED) part = new Part.Printed("… and more, which this report leaves out", error);
        }
        entries.add(new Entry(part, List.of()));
    }

    /** Notes a file that the run saved. What was printed or saved before is shown once, with all its files. */
    public void saved(String file, Part part) {
        if (!keeps) return;
        for (int i = 0; i < entries.size(); i++) {
            Entry before = entries.get(i);
            if (!part.sameAs(before.part())) continue;
            List<String> files = new ArrayList<>(before.files());
            files.add(file);
            entries.set(i, new Entry(before.part(), List.copyOf(files)));
            return;
        }
        entries.add(new Entry(part, List.of(file)));
    }
}
