package org.tornadolens.dsl.chart;

import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The numbers of a chart as a script gives them: one set without a name, or several sets by name in the order given.
 *
 * @param named the sets; the only set has the name "" if the script gave none
 */
public record ChartData(Map<String, Values> named) {

    public ChartData {
        named = Collections.unmodifiableMap(new LinkedHashMap<>(named));
    }

    public static ChartData of(Values values) { return new ChartData(Map.of("", values)); }

    /** Returns the numbers if they are a single set without a name. */
    public Optional<Values> single() {
        return named.size() == 1 ? Optional.ofNullable(named.get("")) : Optional.empty();
    }

    /** Returns whether the two sets {@code x} and {@code y} place points. */
    public boolean places() {
        return named.keySet().equals(Set.of("x", "y"));
    }
}
