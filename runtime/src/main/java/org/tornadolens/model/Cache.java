package org.tornadolens.model;

import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookNames;
import org.tornadolens.backend.Positions;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Site;
import org.tornadolens.tensor.Tensor;

/** The values that a run kept. Those at padding are masked. */
public final class Cache {

    private static final int NAMES_SHOWN = 6;

    private final HookNames hooks;
    private final Map<String, RunPlan.Entry> entries;
    private final Map<String, Tensor> tensors;
    private final Tokens tokens;
    private final int[] padding;
    private final Optional<Function<String, Cache>> others;

    Cache(HookNames hooks, Map<String, RunPlan.Entry> entries, Map<String, Tensor> tensors, Tokens tokens) {
        this(hooks, entries, tensors, tokens, Optional.empty());
    }

    private Cache(HookNames hooks, Map<String, RunPlan.Entry> entries, Map<String, Tensor> tensors, Tokens tokens,
            Optional<Function<String, Cache>> others) {
        this.others = others;
        this.tokens = tokens;
        this.padding = tokens.padding();
        this.hooks = hooks;
        this.entries = entries;
        this.tensors = tensors;
    }

    /** Returns this cache with another for each value that it does not hold. */
    Cache reading(Function<String, Cache> others) {
        return new Cache(hooks, new LinkedHashMap<>(entries), new LinkedHashMap<>(tensors), tokens,
                Optional.of(others));
    }

    /** Returns the hook names of the values kept, in the order of their computation. */
    public Set<String> names() {
        return Collections.unmodifiableSet(tensors.keySet());
    }

    /** Returns whether everything that the site names was kept; it names one value, without wildcards. */
    public boolean holds(Site site) {
        RunPlan.Entry entry = entries.get(site.value());
        if (entry == null) return false;
        boolean heads = entry.heads().isEmpty() || site.heads().isPresent()
                && entry.heads().get().containsAll(hooks.headIndices(hooks.hook(site.value()), site.heads().get()));
        return heads && (entry.positions().isEmpty()
                || site.positions().isPresent() && entry.positions().get().containsAll(site.positions().get()));
    }

    /** Returns whether only some of a value's heads, or only some of its positions, were kept. */
    public boolean partial(String name, boolean heads) {
        kept(name);
        return (heads ? entries.get(name).heads() : entries.get(name).positions()).isPresent();
    }

    /**
     * Returns the value of this name.
     *
     * @throws UsageException if it was not kept, or only some of its heads were
     */
    public Tensor get(String name) {
        Tensor tensor = kept(name);
        entries.get(name).heads().ifPresent(h -> {
            throw new UsageException(
                    "only heads " + h + " of " + name + " were kept: ask for one of them, as in head(\""
                            + hooks.hook(name).layer() + "." + h.getFirst() + "\")");
        });
        return tensor;
    }

    /** Returns the first number that is not finite of the last value that was kept at all positions. */
    Optional<NonFinite> nonFinite() {
        return tensors.keySet().stream().filter(name -> entries.get(name).positions().isEmpty())
                .reduce((_, last) -> last)
                .flatMap(last -> NonFinite.in(last, hooks.hook(last).point(), tensors.get(last), tokens));
    }

    /** Returns the values kept as data for interventions, with positions aligned at each row's first real token. */
    public Data data() {
        return new Data(this::forSite, Optional.of(padding), OptionalLong.empty());
    }

    /** Returns the whole value if all of it was kept, otherwise the part that the site names. */
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
     * Returns the part of a value that a site names: without the head axis for a single head, and with the positions in
     * the order named.
     *
     * @throws UsageException if the part was not kept, or if the site names several values
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
                    ? tensor.gather(axis, indices(site.positions().get(), entry.positions(), length, name, "position"))
                    : positions(tensor, axis, site.positions().get());
        }
        tensor = narrowed(tensor, site);
        if (site.heads().isEmpty()) return entry.heads().isEmpty() ? tensor : get(name);
        String axis = tensor.shape().indexOf("kvHead") >= 0 ? "kvHead" : "head";
        List<Integer> heads = hooks.headIndices(hooks.hook(name), site.heads().get());
        int[] at = indices(heads, entry.heads(), tensor.shape().size(tensor.shape().indexOf(axis)), name, "head");
        return at.length == 1 ? tensor.at(axis, at[0]) : tensor.gather(axis, at);
    }

    /** Selects the rows and columns of the site; sources are counted from each row's first real token. */
    private Tensor narrowed(Tensor tensor, Site site) {
        if (site.part().columns().isPresent()) {
            String axis = tensor.shape().names().getLast();
            tensor = axis.equals("src") ? positions(tensor, axis, site.part().columns().get())
                    : tensor.gather(axis, indices(site.part().columns().get(), Optional.empty(),
                            tensor.shape().size(tensor.shape().indexOf(axis)), site.value(), axis));
        }
        if (site.part().rows().isEmpty()) return tensor;
        return tensor.gather("batch",
                indices(site.part().rows().get(), Optional.empty(), padding.length, site.value(), "row"));
    }

    /** Selects positions, which are counted from each row's first real token. */
    private Tensor positions(Tensor tensor, String axis, List<Integer> positions) {
        return atPositions(tensor, axis, positions, padding);
    }

    static Tensor atPositions(Tensor tensor, String axis, List<Integer> positions, int[] padding) {
        int length = tensor.shape().size(tensor.shape().indexOf(axis));
        List<Tensor> rows = new ArrayList<>();
        for (int row = 0; row < padding.length; row++) {
            rows.add(tensor.slice("batch", row, row + 1).gather(axis,
                    Positions.indices(positions, padding[row], length)));
        }
        return Tensor.concat("batch", rows);
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

    private Tensor kept(String name) {
        Tensor tensor = tensors.get(name);
        if (tensor != null) return masked(tensor, entries.get(name));
        hooks.match(name);   // rejects a name that does not exist
        if (others.isPresent()) {
            Cache other = others.get().apply(name);
            entries.put(name, other.entries.get(name));
            tensors.put(name, other.tensors.get(name));
            return kept(name);
        }
        String kept = tensors.keySet().stream().limit(NAMES_SHOWN).collect(Collectors.joining(", "))
                + (tensors.size() > NAMES_SHOWN ? ", … " + tensors.size() + " in all" : "");
        throw new UsageException(name + " was not kept: add it to the run's cache option; kept: "
                + (tensors.isEmpty() ? "nothing" : kept));
    }

    /** Masks padding; where only some positions were kept, these are of tokens. */
    private Tensor masked(Tensor tensor, RunPlan.Entry entry) {
        return tokens.masked(tensor, entry.positions().isEmpty() ? List.of("pos", "dest", "src") : List.of("src"));
    }
}
