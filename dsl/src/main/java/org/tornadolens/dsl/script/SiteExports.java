package org.tornadolens.dsl.script;

import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.intervention.LayerSelector;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.Model;

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
    public Target ofHeads(HeadSelector heads, String hook, Value positions) { return new Target.Heads(heads, hook, Arguments.optionalInts(positions)); }

    @HostAccess.Export
    public Target ofLayers(LayerSelector layers, String hook, Value positions) { return new Target.Layers(layers, hook, Arguments.optionalInts(positions)); }

    /** @param pattern a hook name, perhaps with wildcards */
    @HostAccess.Export
    public Target named(String pattern, Value positions) { return new Target.Named(pattern, Arguments.optionalInts(positions)); }
}
