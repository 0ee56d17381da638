package org.tornadolens.dsl.script;

import java.util.Optional;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.intervention.LayerSelector;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.Model;
import org.tornadolens.program.Selection;

/** Behind {@code sites.js}: names of heads, layers and values. */
public final class SiteExports {

    /** Refuses what names no heads; which heads are meant is known once there is a model. */
    @HostAccess.Export
    public HeadSelector heads(String text) { return HeadSelector.parse(text); }

    @HostAccess.Export
    public LayerSelector layers(String text) { return LayerSelector.parse(text); }

    /** The heads of a model, as rows [layer, head]. */
    @HostAccess.Export
    public int[][] headsIn(HeadSelector heads, Model model) {
        return heads.in(model.configuration()).stream().map(h -> new int[] {h.layer(), h.head()}).toArray(int[][]::new);
    }

    @HostAccess.Export
    public int[] layersIn(LayerSelector layers, Model model) {
        return layers.in(model.configuration()).stream().mapToInt(Integer::intValue).toArray();
    }

    /** @param hook the value's name within a block: {@code attn.hook_z} */
    @HostAccess.Export
    public Target ofHeads(HeadSelector heads, String hook, Value rows, Value positions, Value columns) {
        return new Target.Heads(heads, hook, part(rows, positions, columns));
    }

    @HostAccess.Export
    public Target ofLayers(LayerSelector layers, String hook, Value rows, Value positions, Value columns) {
        return new Target.Layers(layers, hook, part(rows, positions, columns));
    }

    /** @param pattern a hook name, perhaps with wildcards */
    @HostAccess.Export
    public Target named(String pattern, Value rows, Value positions, Value columns) { return new Target.Named(pattern, part(rows, positions, columns)); }

    /** Each a list of numbers, or null for all. */
    private static Selection part(Value rows, Value positions, Value columns) {
        return new Selection(Arguments.optionalInts(rows), Optional.empty(), Arguments.optionalInts(positions), Arguments.optionalInts(columns));
    }
}
