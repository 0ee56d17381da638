package org.tornadolens.dsl.script;

import java.util.List;
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

    /** Parses a selector. Which heads it selects depends on the model. */
    @HostAccess.Export public HeadSelector heads(String text) {
        return HeadSelector.parse(text);
    }

    @HostAccess.Export public LayerSelector layers(String text) { return LayerSelector.parse(text); }

    /** Returns the heads of a model as rows [layer, head]. */
    @HostAccess.Export public int[][] headsIn(HeadSelector heads, Model model) {
        return heads.in(model.configuration()).stream().map(h -> new int[]{h.layer(), h.head()}).toArray(int[][]::new);
    }

    @HostAccess.Export public int[] layersIn(LayerSelector layers, Model model) {
        return layers.in(model.configuration()).stream().mapToInt(Integer::intValue).toArray();
    }

    /** Returns the names of the values that are members of an owner ("heads", "layer", "mlp", "residual"). */
    @HostAccess.Export public String[] members(String owner) {
        return Stream.of(HookPoint.values()).flatMap(point -> point.members().stream())
                .filter(member -> member.owner() == owner(owner)).map(HookPoint.Member::name).toArray(String[]::new);
    }

    private static HookPoint.Owner owner(String name) { return HookPoint.Owner.valueOf(name.toUpperCase(Locale.ROOT)); }

    /** @param member the value's name among those of heads */
    record HeadsRequest(HeadSelector heads, String member, Optional<List<Integer>> rows,
            Optional<List<Integer>> positions, Optional<List<Integer>> columns) {}

    @HostAccess.Export public Target ofHeads(Value request) {
        HeadsRequest asked = Requests.read(request, HeadsRequest.class);
        return new Target.Heads(asked.heads(), HookPoint.member(HookPoint.Owner.HEADS, asked.member()).orElseThrow(),
                part(asked.rows(), asked.positions(), asked.columns()));
    }

    /** @param member the value's name among those of the owner */
    record LayersRequest(LayerSelector layers, HookPoint.Owner owner, String member, Optional<List<Integer>> rows,
            Optional<List<Integer>> positions, Optional<List<Integer>> columns) {}

    @HostAccess.Export public Target ofLayers(Value request) {
        LayersRequest asked = Requests.read(request, LayersRequest.class);
        return new Target.Layers(asked.layers(), HookPoint.member(asked.owner(), asked.member()).orElseThrow(),
                part(asked.rows(), asked.positions(), asked.columns()));
    }

    /** @param pattern a hook name, possibly with wildcards */
    record NamedRequest(String pattern, Optional<List<Integer>> rows, Optional<List<Integer>> positions,
            Optional<List<Integer>> columns) {}

    @HostAccess.Export public Target named(Value request) {
        NamedRequest asked = Requests.read(request, NamedRequest.class);
        return new Target.Named(asked.pattern(), part(asked.rows(), asked.positions(), asked.columns()));
    }

    /** Returns true if the columns of a target are source positions. */
    @HostAccess.Export public boolean hasSources(Target target) {
        return target.points().stream().allMatch(HookPoint::hasSources);
    }

    private static Selection part(Optional<List<Integer>> rows, Optional<List<Integer>> positions,
            Optional<List<Integer>> columns) {
        return new Selection(rows, Optional.empty(), positions, columns);
    }
}
