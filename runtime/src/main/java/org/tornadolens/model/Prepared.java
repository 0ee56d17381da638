package org.tornadolens.model;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.function.Supplier;
import org.tornadolens.backend.Executable;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;

/** The compiled program of a run. It serves every run with the same options and interventions, whatever the tokens. */
record Prepared(RunPlan plan, Executable executable) {

    /** A cache of the most recently used programs, so that a loop of runs compiles its program once. */
    static final class Recent {

        private static final int CAPACITY = 32;

        private record Key(List<Site> keep, List<Object> interventions, Optional<List<Integer>> at, Set<String> from,
                OptionalInt stopAt, boolean logits, boolean loss, boolean past) {}

        private final Map<Key, Prepared> recent = new LinkedHashMap<>(16, 0.75f, true) {
            @Override protected boolean removeEldestEntry(Map.Entry<Key, Prepared> eldest) { return size() > CAPACITY; }
        };

        synchronized Prepared of(RunOptions o, boolean past, Supplier<Prepared> make) {
            Key key = new Key(o.keep(), o.interventions().stream().map(Intervention::structure).toList(), o.at(),
                    Set.copyOf(o.from().keySet()), o.stopAt(), o.logits(), o.loss(), past);
            Prepared known = recent.get(key);
            if (known != null) return known;
            Prepared made = make.get();
            recent.put(key, made);
            return made;
        }
    }
}
