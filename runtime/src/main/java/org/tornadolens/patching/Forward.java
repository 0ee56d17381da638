package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Configuration;
import org.tornadolens.model.HookNames;
import org.tornadolens.model.LlamaProgram;
import org.tornadolens.model.Model;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * Builds forward passes of a model with changes put in: the model's own interventions on every batch row, those of a cell
 * on the rows of that cell. Rows are laid out cell by cell, and within a cell prompt by prompt.
 */
final class Forward {

    private final Model model;
    private final Prompts prompts;
    private final Set<String> frozen;

    /** @param frozen values that are given as they are without any cell's change, whatever comes before them */
    Forward(Model model, Prompts prompts, Set<String> frozen) {
        this.model = model;
        this.prompts = prompts;
        this.frozen = frozen;
    }

    /**
     * A program, nothing kept.
     *
     * @param changed the values that cells change, as they are before
     * @param lent    the data that interventions bring, over all positions of the prompts
     */
    record Built(Program program, Set<Value> changed, Map<Value, Tensor> lent) {}

    /** An intervention on one value; {@code cell} is the place of its rows, absent for the model's own. */
    private record Change(Intervention what, String name, Optional<Integer> cell) {}

    /** The model without cells. */
    Built plain() { return cells(List.of(), List.of()); }

    /**
     * @param cells interventions of each cell in the batch
     * @param group those of every cell that the batch's programs are alike for
     */
    Built cells(List<List<Intervention>> cells, Collection<Intervention> group) {
        List<Change> own = model.interventions().stream().flatMap(i -> named(i, Optional.empty()).stream()).toList();
        List<Change> theirs = new ArrayList<>();
        for (int cell = 0; cell < cells.size(); cell++) {
            for (Intervention intervention : cells.get(cell)) theirs.addAll(named(intervention, Optional.of(cell)));
        }
        List<Intervention> all = new ArrayList<>(model.interventions());
        all.addAll(group);
        Set<String> touched = new HashSet<>();
        group.forEach(i -> touched.addAll(model.hookNames().match(i.site().value())));
        return new Building(all, own, theirs, touched, Math.max(1, cells.size())).build();
    }

    /** The values that a program only has where they are changed and whose presence leads around the block's own norm. */
    static Set<String> inputs(Model model, List<Intervention> cell) {
        Set<String> inputs = new HashSet<>();
        for (Intervention change : cell) {
            model.hookNames().match(change.site().value()).stream().filter(n -> n.endsWith("_input") || n.endsWith("hook_attn_in")).forEach(inputs::add);
        }
        return inputs;
    }

    private List<Change> named(Intervention intervention, Optional<Integer> cell) {
        return model.hookNames().match(intervention.site().value()).stream().map(name -> new Change(intervention, name, cell)).toList();
    }

    private final class Building {
        private final Configuration c = model.configuration();
        private final Map<String, List<Change>> own = new HashMap<>(), theirs = new HashMap<>();
        private final Set<String> touched;
        private final int cells;
        private final Map<Integer, List<Integer>> resultHeads = new HashMap<>();
        private final Program forward;
        private final List<Operation> operations = new ArrayList<>();
        private final Map<Value, Value> current = new HashMap<>();
        private final Set<Value> changed = new LinkedHashSet<>();
        private final Map<Value, Tensor> lent = new LinkedHashMap<>();
        private final Map<Object, Tensor> bound = new HashMap<>();   // cells that take different heads from one value share it

        Building(List<Intervention> all, List<Change> own, List<Change> theirs, Set<String> touched, int cells) {
            own.forEach(change -> this.own.computeIfAbsent(change.name(), n -> new ArrayList<>()).add(change));
            theirs.forEach(change -> this.theirs.computeIfAbsent(change.name(), n -> new ArrayList<>()).add(change));
            this.touched = touched;
            this.cells = cells;
            Set<String> written = new HashSet<>();
            Map<Integer, TreeSet<Integer>> heads = new HashMap<>();
            for (Intervention intervention : all) {
                for (String name : model.hookNames().match(intervention.site().value())) {
                    if (HookNames.optional(name)) written.add(name);
                    if (name.endsWith("attn.hook_result")) {
                        heads.computeIfAbsent(HookNames.layer(name), l -> new TreeSet<>())
                                .addAll(intervention.site().heads().orElseGet(() -> IntStream.range(0, c.nHeads()).boxed().toList()));
                    }
                }
            }
            heads.forEach((layer, some) -> resultHeads.put(layer, List.copyOf(some)));
            forward = LlamaProgram.of(c, written, resultHeads);
        }

        Built build() {
            for (Operation operation : forward.operations()) {
                Value out = operation.out();
                String name = out.name();
                Value now = out;
                if (frozen.contains(name)) {
                    for (Change _ : own.getOrDefault(name, List.of())) now = now.next();
                    operations.add(new Operation.Given(now));
                } else {
                    operations.add(operation.with(v -> current.getOrDefault(v, v), out));
                    for (Change change : own.getOrDefault(name, List.of())) now = change(now, change);
                }
                if (touched.contains(name)) changed.add(now);
                for (Change change : theirs.getOrDefault(name, List.of())) now = change(now, change);
                if (!now.equals(out)) current.put(out, now);
            }
            return new Built(new Program(operations, Set.of()), changed, lent);
        }

        private Value change(Value before, Change change) {
            Site site = change.what().site();
            if (site.part().columns().isPresent() && before.axis("src") < 0) checkColumns(site, before);
            Optional<List<Integer>> rows = rows(change);
            if (rows.map(List::isEmpty).orElse(false)) return before;
            Optional<List<Integer>> positions = site.positions().map(prompts::fromEnd);
            Optional<List<Integer>> columns = before.axis("src") >= 0 ? site.part().columns().map(prompts::fromEnd) : site.part().columns();
            if (positions.map(List::isEmpty).orElse(false) || columns.map(List::isEmpty).orElse(false)) return before;
            Optional<List<Integer>> heads = site.heads().map(h -> heads(before, change.name(), h));
            Value data = change.what().source().isPresent() ? lend(change, before, heads) : null;
            Value after = before.next();
            operations.add(change.what().operation(before, data, new Selection(rows, heads, positions, columns), after));
            return after;
        }

        /** The batch rows that a change is for; absent: all. */
        private Optional<List<Integer>> rows(Change change) {
            Optional<List<Integer>> some = change.what().site().part().rows();
            if (some.isEmpty() && change.cell().isEmpty()) return Optional.empty();
            int of = prompts.rows().size();
            List<Integer> within = IntStream.range(0, of).filter(i -> some.isEmpty() || some.get().contains(prompts.rows().get(i))).boxed().toList();
            int from = change.cell().orElse(0), to = change.cell().map(cell -> cell + 1).orElse(cells);
            return Optional.of(IntStream.range(from, to).boxed().flatMap(cell -> within.stream().map(i -> cell * of + i)).toList());
        }

        private List<Integer> heads(Value value, String name, List<Integer> heads) {
            List<Integer> indices = model.headIndices(name, heads);
            if (!name.endsWith("attn.hook_result")) return indices;
            List<Integer> held = resultHeads.get(HookNames.layer(name));
            return indices.stream().map(held::indexOf).toList();
        }

        private Value lend(Change change, Value at, Optional<List<Integer>> heads) {
            Site site = new Site(change.name(), change.what().site().part());
            var source = change.what().source().orElseThrow();
            Value data = source.lent(change.name() + " data " + lent.size(), at);
            Sizes sizes = new Sizes(prompts.all().batch(), prompts.all().length(), 0);
            Optional<List<Integer>> held = change.name().endsWith("attn.hook_result") ? Optional.of(resultHeads.get(HookNames.layer(change.name()))) : Optional.empty();
            Selection part = site.part().heads(heads);
            lent.put(data, bound.computeIfAbsent(List.of(change.name(), source.dependence(site, at, part)), _ -> {
                Tensor whole = source.bind(site, at, part, held, sizes, prompts.all().padding());
                return data.axis("batch") < 0 ? whole : prompts.part(whole, at);
            }));
            operations.add(new Operation.Lent(data));
            return data;
        }

        private static void checkColumns(Site site, Value value) {
            int width = value.dimensions().getLast().size().bind(new Sizes(1, 1, 0));
            for (int column : site.part().columns().orElseThrow()) {
                if (column < 0 || column >= width) {
                    throw new UsageException("no " + column + " in " + value.name() + ": its " + value.dimensions().getLast().axis() + " runs from 0 to " + (width - 1));
                }
            }
        }
    }
}
