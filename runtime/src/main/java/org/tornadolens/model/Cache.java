package org.tornadolens.model;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.stream.Collectors;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookNames;
import org.tornadolens.backend.Positions;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Site;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** The values that a run kept. */
public final class Cache {

    private final HookNames hooks;
    private final Map<String, RunPlan.Entry> entries;
    private final Map<String, Tensor> tensors;

    private final int[] padding;

    Cache(HookNames hooks, Map<String, RunPlan.Entry> entries, Map<String, Tensor> tensors, int[] padding) {
        this.padding = padding;
        this.hooks = hooks;
        this.entries = entries;
        this.tensors = tensors;
    }

    /** The hook names kept, in the order they are computed. */
    public Set<String> names() {
        return java.util.Collections.unmodifiableSet(tensors.keySet());
    }

    /** Whether all that the site names was kept; it names one value, without wildcards. */
    public boolean holds(Site site) {
        RunPlan.Entry entry = entries.get(site.value());
        if (entry == null) return false;
        boolean heads = entry.heads().isEmpty() || site.heads().isPresent()
                && entry.heads().get().containsAll(hooks.headIndices(hooks.hook(site.value()), site.heads().get()));
        return heads && (entry.positions().isEmpty()
                || site.positions().isPresent() && entry.positions().get().containsAll(site.positions().get()));
    }

    /** The whole value of this name; an error when only some of its heads were kept. */
    public Tensor get(String name) {
        Tensor tensor = kept(name);
        entries.get(name).heads().ifPresent(h -> {
            throw new UsageException(
                    "only heads " + h + " of " + name + " were kept: ask for one of them, as in head(\""
                            + hooks.hook(name).layer() + "." + h.getFirst() + "\")");
        });
        return tensor;
    }

    /** What was kept as data for interventions, positions lined up by each row's first real token. */
    public Data data() {
        return new Data(this::forSite, Optional.of(padding), OptionalLong.empty());
    }

    /** The whole value where all of it was kept, else the part that the site names. */
    private Tensor forSite(Site site) {
        Tensor tensor = kept(site.value());
        RunPlan.Entry entry = entries.get(site.value());
        if (entry.heads().isEmpty() && entry.positions().isEmpty()) return tensor;
        if (entry.positions().isPresent() && site.positions().isEmpty()) {
            throw new UsageException("only the positions " + entry.positions().get() + " of " + site.value()
                    + " were kept, and all are needed: select them with .at(…), or keep all");
        }
        return get(new Site(site.value(), site.part().rows(Optional.empty()).columns(Optional.empty())));
    }

    /**
     * The part that a site names. One head has no head axis; several keep it. Positions that were kept are selected in
     * the order named.
     */
    public Tensor get(Site site) {
        List<String> matched = hooks.match(site.value()).stream()
                .filter(n -> !site.value().contains("*") || tensors.containsKey(n)).toList();
        if (matched.size() != 1)
            throw new UsageException(site.value() + " names " + matched.size() + " kept values; name one");
        String name = matched.getFirst();
        Tensor tensor = kept(name);
        RunPlan.Entry entry = entries.get(name);
        if (site.positions().isPresent()) {
            String axis = tensor.shape().indexOf("dest") >= 0 ? "dest" : "pos";
            int length = tensor.shape().size(tensor.shape().indexOf(axis));
            tensor = entry.positions().isPresent()
                    ? select(tensor, axis, indices(site.positions().get(), entry.positions(), length, name, "position"))
                    : positions(tensor, axis, site.positions().get());
        }
        tensor = narrowed(tensor, site);
        if (site.heads().isEmpty()) return entry.heads().isEmpty() ? tensor : get(name);
        String axis = tensor.shape().indexOf("kvHead") >= 0 ? "kvHead" : "head";
        List<Integer> heads = hooks.headIndices(hooks.hook(name), site.heads().get());
        int[] at = indices(heads, entry.heads(), tensor.shape().size(tensor.shape().indexOf(axis)), name, "head");
        return at.length == 1 ? tensor.at(axis, at[0]) : select(tensor, axis, at);
    }

    /** Rows and columns as the site names them; sources count from each row's first real token. */
    private Tensor narrowed(Tensor tensor, Site site) {
        if (site.part().columns().isPresent()) {
            String axis = tensor.shape().names().getLast();
            tensor = axis.equals("src") ? positions(tensor, axis, site.part().columns().get())
                    : select(tensor, axis, indices(site.part().columns().get(), Optional.empty(),
                            tensor.shape().size(tensor.shape().indexOf(axis)), site.value(), axis));
        }
        if (site.part().rows().isEmpty()) return tensor;
        return select(tensor, "batch",
                indices(site.part().rows().get(), Optional.empty(), padding.length, site.value(), "row"));
    }

    /** Positions count from each row's first real token, so that rows of different padding are selected by themselves. */
    private Tensor positions(Tensor tensor, String axis, List<Integer> positions) {
        return atPositions(tensor, axis, positions, padding);
    }

    static Tensor atPositions(Tensor tensor, String axis, List<Integer> positions, int[] padding) {
        int length = tensor.shape().size(tensor.shape().indexOf(axis));
        List<Tensor> rows = new ArrayList<>();
        for (int row = 0; row < padding.length; row++) {
            rows.add(select(tensor.slice("batch", row, row + 1), axis,
                    Positions.indices(positions, padding[row], length)));
        }
        Tensor selected = Tensor.zeros(new Shape(rows.getFirst().shape().axes().stream()
                .map(a -> a.name().equals("batch") ? new Axis("batch", padding.length) : a).toList()));
        for (int row = 0; row < padding.length; row++) selected.slice("batch", row, row + 1).assign(rows.get(row));
        return selected;
    }

    private static int[] indices(List<Integer> wanted, Optional<List<Integer>> held, int size, String name,
            String what) {
        return wanted.stream().mapToInt(w -> {
            int index = held.map(h -> h.indexOf(w)).orElse(w < 0 ? size + w : w);
            if (index < 0 || index >= size)
                throw new UsageException(
                        what + " " + w + " of " + name + " was not kept" + held.map(h -> "; kept: " + h).orElse(""));
            return index;
        }).toArray();
    }

    private static Tensor select(Tensor tensor, String axis, int[] indices) {
        List<Axis> axes = tensor.shape().axes().stream()
                .map(a -> a.name().equals(axis) ? new Axis(axis, indices.length) : a).toList();
        Tensor selected = Tensor.zeros(new Shape(axes));
        for (int i = 0; i < indices.length; i++)
            selected.slice(axis, i, i + 1).assign(tensor.slice(axis, indices[i], indices[i] + 1));
        return selected;
    }

    private Tensor kept(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor != null) return tensor;
        hooks.match(name);   // a name that does not exist is another error than one that was not kept
        throw new UsageException(name + " was not kept: add it to the run's cache option; kept: "
                + (tensors.isEmpty() ? "nothing" : tensors.keySet().stream().limit(6).collect(Collectors.joining(", "))
                        + (tensors.size() > 6 ? ", … " + tensors.size() + " in all" : "")));
    }
}
