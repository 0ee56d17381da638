package org.tornadolens.dsl.chart;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * What a figure's file says about its origin, by name and in order: Script, Model, Seed, Command. No date is among
 * them: the same run gives the same bytes.
 */
public record About(Map<String, String> entries) {

    public static final About NOTHING = new About(Map.of());
    public static final String SOFTWARE = "Software";
    static final String TITLE = "Title";

    public About {
        entries = Collections.unmodifiableMap(new LinkedHashMap<>(entries));
    }

    /** Returns this with a title before the rest, if there is one. */
    About titled(String title) {
        Map<String, String> more = new LinkedHashMap<>();
        if (!title.isBlank()) more.put(TITLE, title.strip().replaceAll("\\s+", " "));
        more.putAll(entries);
        return new About(more);
    }
}
