package org.tornadolens.model;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.TreeSet;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ForwardPass;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookNames;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.intervention.Source;
import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;

/**
 * Builds the forward pass of an experiment: a list of cells, each with interventions on its own batch rows, and the
 * interventions of the model on every row. An ordinary run is an experiment of one cell.
 */
public final class Experiment {

    private final Configuration configuration;
    private final HookNames names;
    private final Set<Hook> given;
    private final Map<Integer, TreeSet<Integer>> resultHeads = new HashMap<>();
    private final Set<Hook> written = new HashSet<>();
    private final Set<Hook> touched = new HashSet<>();

    /** Decides which part of a value the interventions of a cell change in a program. */
    @FunctionalInterface public interface Placement {
        /** The part that the site names; for a program of one cell. */
        Placement AS_NAMED = (part, at, cell) -> Optional.of(part);

        /**
         * Returns the part of a value that an intervention changes in this program; absent if it changes nothing.
         *
         * @param part the part that the site names, with heads as indices of the value
         * @param cell the cell of the intervention; absent for an intervention of the model
         */
        Optional<Selection> of(Selection part, Value at, OptionalInt cell);
    }

    /**
     * One intervention of an experiment.
     *
     * @param cell  the cell that it belongs to; absent for an intervention of the model
     * @param index its index among the interventions of the cell, or of the model
     */
    public record Change(Intervention what, OptionalInt cell, int index) {}

    /**
     * The data of an intervention, which the caller of a run passes to its program.
     *
     * @param site the site of the intervention, narrowed to one value
     * @param at   the value that the intervention changes
     * @param part the part that the site names, with heads as indices of that value
     * @param held the numbers of the heads that the value holds; absent: all heads
     * @param as   the value of the program that holds the data
     */
    public record Lent(Change change, Site site, Value at, Selection part, Optional<List<Integer>> held, Value as) {
        public Source source() { return change.what().source().orElseThrow(); }
    }

    /**
     * A forward pass with its interventions, in which no value is marked as kept.
     *
     * @param given   the values that the caller of a run passes in
     * @param changed the values that cells may change, in the version before any cell
     * @param lent    the data that the program reads
     * @param made    the values that each intervention computes
     */
    public record Built(Program program, Map<Hook, Value> given, Set<Value> changed, List<Lent> lent,
            Map<Intervention, List<Value>> made) {}

    /**
     * @param interventions every intervention of any program of this experiment: a hook that one of them names is
     *                      computed as a value of its own in all of them
     * @param given         the hooks whose values are passed in instead of computed
     */
    public Experiment(Configuration configuration, HookNames names, Collection<Intervention> interventions,
            Set<Hook> given) {
        this.configuration = configuration;
        this.names = names;
        this.given = Set.copyOf(given);
        for (Intervention intervention : interventions) {
            for (Hook hook : names.hooks(intervention.site().value())) {
                if (hook.point().optional()) written.add(hook);
                if (hook.point() == HookPoint.RESULT) splitResult(hook, intervention.site().heads());
            }
        }
        for (Hook hook : given) {
            if (hook.point().optional()) written.add(hook);
            if (hook.point() == HookPoint.RESULT) splitResult(hook, Optional.empty());
        }
        written.forEach(this::checkUnambiguous);
    }

    private void splitResult(Hook hook, Optional<List<Integer>> heads) {
        resultHeads.computeIfAbsent(hook.layer(), _ -> new TreeSet<>())
                .addAll(heads.map(named -> names.headIndices(hook, named)).orElseGet(() -> names.allHeads(hook)));
    }

    private void checkUnambiguous(Hook hook) {
        if (hook.point() != HookPoint.ATTN_IN || configuration.nKvHeads() == configuration.nHeads()) return;
        throw new UsageException(hook + " cannot be changed in a grouped-query model, where it would be ambiguous "
                + "for keys and values: change hook_q_input, hook_k_input and hook_v_input");
    }

    /** Also computes the results of these heads separately, in a layer where that of another head is. */
    void splitAlso(Hook hook, Optional<List<Integer>> heads) {
        if (hook.point() == HookPoint.RESULT && resultHeads.containsKey(hook.layer())) splitResult(hook, heads);
    }

    /** Declares what cells of this experiment may change; {@link Built#changed} reports the versions before that. */
    public Experiment touching(Collection<Intervention> interventions) {
        interventions.forEach(i -> touched.addAll(names.hooks(i.site().value())));
        return this;
    }

    /** Returns the heads whose results a layer computes, ascending; absent if the value holds all heads. */
    Optional<List<Integer>> heldHeads(Hook hook) {
        return hook.point() == HookPoint.RESULT ? Optional.ofNullable(resultHeads.get(hook.layer())).map(List::copyOf)
                : Optional.empty();
    }

    /** Returns query heads as indices along the head axis of a value, which may hold only some of the heads. */
    List<Integer> headIndices(Hook hook, List<Integer> heads) {
        List<Integer> indices = names.headIndices(hook, heads);
        return heldHeads(hook).map(held -> indices.stream().map(held::indexOf).toList()).orElse(indices);
    }

    /**
     * Builds a forward pass.
     *
     * @param own   the interventions of the model
     * @param cells the interventions of each cell, applied after those of the model
     */
    public Built build(List<Intervention> own, List<List<Intervention>> cells, Placement placement) {
        List<Change> ofModel = changes(own, OptionalInt.empty()), ofCells = new ArrayList<>();
        for (int cell = 0; cell < cells.size(); cell++) ofCells.addAll(changes(cells.get(cell), OptionalInt.of(cell)));
        return new Building(ofModel, ofCells, placement).build();
    }

    private static List<Change> changes(List<Intervention> interventions, OptionalInt cell) {
        List<Change> changes = new ArrayList<>();
        for (int i = 0; i < interventions.size(); i++) changes.add(new Change(interventions.get(i), cell, i));
        return changes;
    }

    private final class Building {
        private final Map<String, List<Change>> ofModel, ofCells;
        private final Placement placement;
        private final List<Operation> operations = new ArrayList<>();
        private final Map<Value, Value> current = new HashMap<>();   // the latest version of a value
        private final Map<Hook, Value> givenValues = new LinkedHashMap<>();
        private final Set<Value> changed = new LinkedHashSet<>();
        private final List<Lent> lent = new ArrayList<>();
        private final Map<Intervention, List<Value>> made = new IdentityHashMap<>();

        Building(List<Change> ofModel, List<Change> ofCells, Placement placement) {
            this.ofModel = byName(ofModel);
            this.ofCells = byName(ofCells);
            this.placement = placement;
        }

        private Map<String, List<Change>> byName(List<Change> changes) {
            Map<String, List<Change>> byName = new HashMap<>();
            for (Change change : changes) {
                for (String name : names.match(change.what().site().value()))
                    byName.computeIfAbsent(name, _ -> new ArrayList<>()).add(change);
            }
            return byName;
        }

        Built build() {
            Map<Integer, List<Integer>> heads = new HashMap<>();
            resultHeads.forEach((layer, split) -> heads.put(layer, List.copyOf(split)));
            Program forward = ForwardPass.of(configuration, new ForwardPass.Split(written, heads));
            for (Operation operation : forward.operations()) add(operation);
            return new Built(new Program(operations, Set.of()), givenValues, changed, lent, made);
        }

        private void add(Operation operation) {
            Value out = operation.out();
            Optional<Hook> found = Hook.of(out.name());
            if (found.isEmpty()) {
                operations.add(operation.with(v -> current.getOrDefault(v, v), out));
                return;
            }
            Hook hook = found.get();
            Value latest = out;
            if (given.contains(hook)) {   // the value given is the one after the interventions of the model
                for (Change _ : ofModel.getOrDefault(out.name(), List.of())) latest = latest.next();
                operations.add(new Operation.Given(latest));
                givenValues.put(hook, latest);
            } else {
                operations.add(operation.with(v -> current.getOrDefault(v, v), out));
                for (Change change : ofModel.getOrDefault(out.name(), List.of())) latest = change(latest, hook, change);
            }
            if (touched.contains(hook)) changed.add(latest);
            for (Change change : ofCells.getOrDefault(out.name(), List.of())) latest = change(latest, hook, change);
            if (!latest.equals(out)) current.put(out, latest);
        }

        /** Appends the operation of an intervention on a value, and returns the value that it computes. */
        private Value change(Value before, Hook hook, Change change) {
            Intervention what = change.what();
            Site site = what.site();
            what.check(hook.point());
            if (site.positions().isPresent() && before.positionAxis() < 0)
                throw new UsageException(hook + " has no positions to select");
            checkColumns(site, before, hook);
            Selection part = site.part().heads(site.heads().map(h -> headIndices(hook, h)));
            Optional<Selection> selection = placement.of(part, before, change.cell());
            if (selection.isEmpty()) return before;
            Value data = what.source().isPresent() ? lend(change, hook, before, part) : null;
            Value after = before.next();
            operations.add(numbered(what.operation(before, data, selection.get(), after), hook));
            made.computeIfAbsent(what, _ -> new ArrayList<>()).add(after);
            return after;
        }

        private Value lend(Change change, Hook hook, Value at, Selection part) {
            Value data = change.what().source().orElseThrow().lent("data " + lent.size() + " for " + hook, at);
            operations.add(new Operation.Lent(data));
            lent.add(new Lent(change, new Site(hook.name(), change.what().site().part()), at, part, heldHeads(hook),
                    data));
            return data;
        }

        /** Makes a hook on the results of some heads receive the numbers of the heads instead of their indices. */
        private Operation numbered(Operation operation, Hook hook) {
            Optional<List<Integer>> held = heldHeads(hook);
            if (held.isEmpty() || !(operation instanceof Operation.HostCall call)) return operation;
            HostFunction numbered = (value, at) -> call.function().apply(value,
                    at.head() < 0 ? at : new HostFunction.Context(at.name(), held.get().get(at.head())));
            return new Operation.HostCall(call.x(), call.selection(), numbered, call.out());
        }
    }

    /** Checks columns of a fixed number; sources of scores and pattern are positions, checked when tokens are known. */
    private static void checkColumns(Site site, Value value, Hook hook) {
        if (site.part().columns().isEmpty() || !(value.dimensions().getLast().size() instanceof Size.Fixed(int width)))
            return;
        for (int column : site.part().columns().get()) {
            if (column >= 0 && column < width) continue;
            throw new UsageException("no " + column + " in " + hook + ": its " + value.dimensions().getLast().axis()
                    + " runs from 0 to " + (width - 1));
        }
    }
}
