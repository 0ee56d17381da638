package org.tornadolens.architecture;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookPoint.Place;

/** The hook points of a model, in the order of their computation. */
public final class HookNames {

    private final Configuration configuration;
    private final List<String> all = new ArrayList<>();
    private final Set<String> names;

    public HookNames(Configuration configuration) {
        this.configuration = configuration;
        points(Place.START).forEach(point -> all.add(point.text()));
        List<HookPoint> block = points(Place.BLOCK).toList();
        for (int layer = 0; layer < configuration.nLayers(); layer++) {
            for (HookPoint point : block) all.add(point.name(layer));
        }
        points(Place.END).forEach(point -> all.add(point.text()));
        names = Set.copyOf(all);
    }

    private Stream<HookPoint> points(Place place) {
        return Stream.of(HookPoint.values()).filter(point -> point.place() == place && point.in(configuration));
    }

    public List<String> all() { return List.copyOf(all); }

    /**
     * Returns the names that match a pattern, in which {@code *} matches any characters.
     *
     * @throws UsageException with the nearest names if none matches
     */
    public List<String> match(String pattern) {
        if (names.contains(pattern)) return List.of(pattern);   // fast path: sweeps match a plain name for every cell
        List<String> matched = all.stream().filter(HookPoint.matcher(pattern)).toList();
        if (matched.isEmpty()) throw new UsageException(Nearest.message("hook", pattern, all));
        return matched;
    }

    /** Returns the hooks whose names match a pattern, as {@link #match} does. */
    public List<Hook> hooks(String pattern) {
        return match(pattern).stream().map(name -> Hook.of(name).orElseThrow()).toList();
    }

    /** @throws UsageException with the nearest names if the model has no hook of this name */
    public Hook hook(String name) {
        if (!names.contains(name)) throw new UsageException(Nearest.message("hook", name, all));
        return Hook.of(name).orElseThrow();
    }

    /**
     * Returns query heads as indices along the head axis of a value; of keys and values, the groups that they read.
     *
     * @throws UsageException if the model has no such head, or the value has no head axis
     */
    public List<Integer> headIndices(Hook hook, List<Integer> heads) {
        for (int head : heads) {
            if (head < 0 || head >= configuration.nHeads()) {
                throw new UsageException("no head " + head + " in layer " + hook.layer() + ": heads run from 0 to "
                        + (configuration.nHeads() - 1));
            }
        }
        if (hook.point().headAxis().isEmpty()) throw new UsageException(hook + " has no heads to select");
        int shared = hook.point().ofKvHeads() ? configuration.headsPerKv() : 1;
        return heads.stream().map(head -> head / shared).distinct().toList();
    }

    /** Returns every index along the head axis of a value. */
    public List<Integer> allHeads(Hook hook) {
        int heads = hook.point().headAxis().orElseThrow().size(configuration);
        return Stream.iterate(0, head -> head + 1).limit(heads).collect(Collectors.toList());
    }
}
