package org.tornadolens.intervention;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.model.Configuration;
import org.tornadolens.program.Selection;

/** Something to look at or to change, named before there is a model: what it is there, {@link #sites} tells. */
public sealed interface Target {

    /** The values, heads and positions that this names in a model of this configuration. */
    List<Site> sites(Configuration configuration);

    /** One value of some heads: {@code attn.hook_z} of {@code "10.29, 11.*"}. */
    record Heads(HeadSelector heads, String hook, Selection part) implements Target {
        @Override public List<Site> sites(Configuration configuration) {
            Map<Integer, List<Integer>> byLayer = new LinkedHashMap<>();
            for (Head head : heads.in(configuration)) byLayer.computeIfAbsent(head.layer(), l -> new ArrayList<>()).add(head.head());
            return byLayer.entrySet().stream()
                    .map(e -> new Site("blocks." + e.getKey() + "." + hook, part.heads(Optional.of(e.getValue())))).toList();
        }
    }

    /** One value of some layers: {@code hook_mlp_out} of {@code "0-5"}. */
    record Layers(LayerSelector layers, String hook, Selection part) implements Target {
        @Override public List<Site> sites(Configuration configuration) {
            return layers.in(configuration).stream().map(l -> new Site("blocks." + l + "." + hook, part)).toList();
        }
    }

    /** Values by hook name, {@code *} standing for any characters. */
    record Named(String pattern, Selection part) implements Target {
        @Override public List<Site> sites(Configuration configuration) { return List.of(new Site(pattern, part)); }
    }
}
