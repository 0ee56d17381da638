package org.tornadolens.tensor;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.tornadolens.UsageException;

/** The parameters of a model by canonical name. Immutable; {@link #with} shares all but the one replaced. */
public final class Weights {

    private final Map<String, Weight> byName;

    public Weights(Map<String, Weight> byName) { this.byName = new LinkedHashMap<>(byName); }

    public Weight get(String name) {
        Weight weight = byName.get(name);
        if (weight == null) throw new UsageException("no parameter " + name);
        return weight;
    }

    public boolean has(String name) { return byName.containsKey(name); }

    public Set<String> names() { return java.util.Collections.unmodifiableSet(byName.keySet()); }

    public Weights with(Weight replacement) {
        get(replacement.name());
        Weights copy = new Weights(byName);
        copy.byName.put(replacement.name(), replacement);
        return copy;
    }

    public long elements() { return byName.values().stream().mapToLong(Weight::elements).sum(); }

    public long bytes() { return byName.values().stream().mapToLong(w -> w.data().byteSize()).sum(); }
}
