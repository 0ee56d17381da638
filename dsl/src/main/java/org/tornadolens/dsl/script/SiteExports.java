package org.tornadolens.dsl.script;
import java.util.Locale;
import java.util.Optional;
import java.util.stream.Stream;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.intervention.LayerSelector;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.Model;
import org.tornadolens.program.Selection;

/** Behind {@code sites.js}: names of heads, layers and values. */
public final class SiteExports {

    /** Refuses what names no heads; which heads are meant is known once there is a model. */
    @HostAccess.Export public HeadSelector heads(String text) {
        return HeadSelector.parse(text);
    }

    @HostAccess.Export public LayerSelector layers(String text) { return LayerSelector.parse(text); }

    /** The heads of a model, as rows [layer, head]. */
    @HostAccess.Export public int[][] headsIn(HeadSelector heads, Model model) {
        return heads.in(model.configuration()).stream().map(h -> new int[]{h.layer(), h.head()}).toArray(int[][]::new);
    }

    @HostAccess.Export public int[] layersIn(LayerSelector layers, Model model) {
        return layers.in(model.configuration()).stream().mapToInt(Integer::intValue).toArray();
    }

    /** The names of the values that belong to an owner ("heads", "layer", "mlp", "residual"), as its members. */
    @HostAccess.Export public String[] members(String owner) {
        return Stream.of(HookPoint.values()).flatMap(point -> point.members().stream())
                .filter(member -> member.owner() == owner(owner)).map(HookPoint.Member::name).toArray(String[]::new);
    }

    private static HookPoint.Owner owner(String name) { return HookPoint.Owner.valueOf(name.toUpperCase(Locale.ROOT)); }

    /** @param member the value's name among those of heads */
    @HostAccess.Export public Target ofHeads(HeadSelector heads, String member, Value rows, Value positions,
            Value columns) {
        return new Target.Heads(heads, HookPoint.member(HookPoint.Owner.HEADS, member).orElseThrow(),
                part(rows, positions, columns));
    }

    /** @param member the value's name among those of the owner */
    @HostAccess.Export public Target ofLayers(LayerSelector layers, String owner, String member, Value rows,
            Value positions, Value columns) {
        return new Target.Layers(layers, HookPoint.member(owner(owner), member).orElseThrow(),
                part(rows, positions, columns));
    }

    /** @param pattern a hook name, perhaps with wildcards */
    @HostAccess.Export public Target named(String pattern, Value rows, Value positions, Value columns) {
        return new Target.Named(pattern, part(rows, positions, columns));
    }

    /** Whether the columns of what a target names are source positions. */
    @HostAccess.Export public boolean hasSources(Target target) {
        return target.points().stream().allMatch(HookPoint::hasSources);
    }

    /** Each a list of numbers, or null for all. */
    private static Selection part(Value rows, Value positions, Value columns) {
        return new Selection(Arguments.optionalInts(rows), Optional.empty(), Arguments.optionalInts(positions),
                Arguments.optionalInts(columns));
    }
}
