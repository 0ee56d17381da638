package org.tornadolens.intervention;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.program.Selection;

/** What a script names to read or change before it is known which model that is; {@link #sites} resolves it. */
public sealed interface Target {

    /** Returns the values, heads and positions that this target names in a model of this configuration. */
    List<Site> sites(Configuration configuration);

    /** Returns the hook points that this target can name in any model. */
    List<HookPoint> points();

    /** One value of the selected heads: {@link HookPoint#Z} of {@code "10.29, 11.*"}. */
    record Heads(HeadSelector heads, HookPoint point, Selection part) implements Target {
        @Override public List<HookPoint> points() { return List.of(point); }

        @Override public List<Site> sites(Configuration configuration) {
            Map<Integer, List<Integer>> byLayer = new LinkedHashMap<>();
            for (Head head : heads.in(configuration))
                byLayer.computeIfAbsent(head.layer(), l -> new ArrayList<>()).add(head.head());
            return byLayer.entrySet().stream()
                    .map(e -> new Site(point.name(e.getKey()), part.heads(Optional.of(e.getValue())))).toList();
        }
    }

    /** One value of the selected layers: {@link HookPoint#MLP_OUT} of {@code "0-5"}. */
    record Layers(LayerSelector layers, HookPoint point, Selection part) implements Target {
        @Override public List<HookPoint> points() { return List.of(point); }

        @Override public List<Site> sites(Configuration configuration) {
            return layers.in(configuration).stream().map(l -> new Site(point.name(l), part)).toList();
        }
    }

    /** Values by hook name, in which {@code *} matches any characters. */
    record Named(String pattern, Selection part) implements Target {
        @Override public List<HookPoint> points() { return HookPoint.matching(pattern); }

        @Override public List<Site> sites(Configuration configuration) { return List.of(new Site(pattern, part)); }
    }
}
