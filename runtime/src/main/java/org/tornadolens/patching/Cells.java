package org.tornadolens.patching;

import java.lang.foreign.Arena;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.architecture.Hook;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.PlanningBackend;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.model.Model;
import org.tornadolens.program.Downstream;
import org.tornadolens.program.LastPositions;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Past;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * Runs cells, each the model with some interventions, on the same prompts as rows of batches. The model is run once
 * without cells (the base run); a batch computes only the values that its cells affect, at positions from the first
 * change on that are read later, and receives all other values from the base run.
 */
final class Cells implements AutoCloseable {

    /** Most tokens in a batch; larger batches are not faster. */
    private static final int TOKENS = 1024;

    private final Model model;
    private final Prompts prompts;
    private final List<List<Intervention>> cells;
    private final Passes passes;
    private final Tail tail;
    private final long budget;
    private final List<Integer> idle = new ArrayList<>();
    private final List<Group> groups = new ArrayList<>();

    /**
     * Cells whose programs compute the same values.
     *
     * @param changes   the interventions of all cells of the group
     * @param first     the first position that they run
     * @param batchSize most cells in a batch
     */
    private record Group(List<Integer> cells, List<Intervention> changes, int first, int batchSize) {
        List<List<Integer>> batches() {
            int n = (cells.size() + batchSize - 1) / batchSize;
            return IntStream.range(0, n).mapToObj(
                    i -> cells.subList((int) ((long) i * cells.size() / n), (int) ((long) (i + 1) * cells.size() / n)))
                    .toList();
        }
    }

    /**
     * Cells that run together, by their index among all cells.
     *
     * @param alike cells of other batches that this one represents if runs are only planned
     */
    record Batch(List<Integer> cells, int group, List<Integer> alike) {}

    /** @param budget most bytes of a batch */
    Cells(Model model, Prompts prompts, List<List<Intervention>> cells, Set<Hook> frozen, Tail tail, long budget) {
        this.model = model;
        this.prompts = prompts;
        this.cells = cells;
        this.passes = new Passes(model, prompts, frozen);
        this.tail = tail;
        this.budget = budget;
        group();
    }

    // ---- grouping

    private void group() {
        int read = tail.positions().map(all -> all.stream().mapToInt(p -> prompts.positions() + p).min().orElse(0))
                .orElse(0);
        Map<Set<Hook>, List<Integer>> alike = new LinkedHashMap<>();   // cells whose programs compute the same values
        Grouping.Start[] starts = new Grouping.Start[cells.size()];
        for (int cell = 0; cell < cells.size(); cell++) {
            Optional<Grouping.Start> start = start(cells.get(cell), read);
            if (start.isEmpty()) {
                idle.add(cell);
            } else {
                starts[cell] = start.get();
                alike.computeIfAbsent(Passes.splitNorms(model, cells.get(cell)), n -> new ArrayList<>()).add(cell);
            }
        }
        for (List<Integer> members : alike.values()) {
            int earliest = members.stream().mapToInt(cell -> starts[cell].position()).min().orElseThrow();
            int run = prepare(grouped(members, starts), List.of()).positions();
            // without attention, only the positions that are read are run, wherever cells begin
            boolean fewer = run < prompts.positions() - earliest;
            List<Grouping.Start> relevant = members.stream()
                    .map(cell -> fewer ? new Grouping.Start(starts[cell].depth(), 0) : starts[cell]).toList();
            for (List<Integer> part : Grouping.of(relevant, prompts.rows().size(), fewer ? run : prompts.positions()))
                groups.add(sized(grouped(part.stream().map(members::get).toList(), starts)));
        }
    }

    private Group grouped(List<Integer> members, Grouping.Start[] starts) {
        int first = members.stream().mapToInt(cell -> starts[cell].position()).min().orElseThrow();
        List<Intervention> changes = members.stream().flatMap(cell -> cells.get(cell).stream()).distinct().toList();
        return new Group(members, changes, first, 1);
    }

    /** Returns where a cell starts; absent for a cell without effect on the positions that the tail reads. */
    private Optional<Grouping.Start> start(List<Intervention> cell, int read) {
        double depth = -1;
        int first = read;
        for (Intervention change : cell) {
            var part = change.site().part();
            if (part.rows().isPresent() && prompts.rows().stream().noneMatch(part.rows().get()::contains)) continue;
            List<Integer> positions = part.positions().map(prompts::fromEnd).orElse(List.of(-prompts.positions()));
            if (positions.isEmpty()) continue;
            for (Hook hook : model.hookNames().hooks(change.site().value()))
                depth = Math.max(depth, Grouping.depth(hook, model.configuration()));
            first = Math.min(first,
                    prompts.positions() + positions.stream().mapToInt(Integer::intValue).min().orElseThrow());
        }
        return depth < 0 ? Optional.empty() : Optional.of(new Grouping.Start(depth, first));
    }

    private Group sized(Group group) {
        Prepared one = prepare(group, List.of(group.cells().getFirst()));
        int rows = prompts.rows().size(),
                size = Math.clamp(TOKENS / ((long) rows * one.positions()), 1, group.cells().size());
        while (size > 1 && one.bytes(model, size * rows) > budget) size = (size + 1) / 2;
        return new Group(group.cells(), group.changes(), group.first(), size);
    }

    // ---- batches to run, and their memory

    /** Returns the cells without effect on these prompts, whose numbers are those of the base run. */
    List<Integer> idle() {
        return idle;
    }

    List<Batch> batches() {
        List<Batch> batches = new ArrayList<>();
        for (int group = 0; group < groups.size(); group++) {
            for (List<Integer> members : groups.get(group).batches())
                batches.add(new Batch(List.copyOf(members), group, List.of()));
        }
        return batches;
    }

    /** Returns all batches; if runs are only planned, the largest batch of each group, which bounds the others. */
    List<Batch> representatives() {
        if (!(model.backend() instanceof PlanningBackend)) return batches();
        return IntStream.range(0, groups.size()).mapToObj(group -> {
            List<Integer> largest =
                    groups.get(group).batches().stream().max(Comparator.comparingInt(List::size)).orElseThrow();
            return new Batch(List.copyOf(largest), group,
                    groups.get(group).cells().stream().filter(cell -> !largest.contains(cell)).toList());
        }).toList();
    }

    /**
     * Returns the peak memory in bytes without the weights and the data of interventions: that of the base run, or of
     * its values and a batch.
     */
    long bytes() {
        Sizes sizes = new Sizes(prompts.rows().size(), prompts.positions(), 0);
        long most = 0;
        for (Group group : groups) {
            List<Integer> batch = group.batches().getFirst();
            most = Math.max(most, prepare(group, batch).bytes(model, batch.size() * sizes.batch()));
        }
        var base = model.backend().compile(baseProgram(), model.weights()).plan(sizes);
        return Math.max(base.bytes(), base.kept() + most);
    }

    // ---- the base run

    /**
     * The results of the base run.
     *
     * @param tail   the values of the tail
     * @param values all values that it kept, which batches read
     */
    record Base(Map<Value, Tensor> tail, Map<Value, Tensor> values) {}

    private Optional<OffHeap.Owned> values = Optional.empty();   // memory of the base run's values until this is closed

    Base base() {
        if (values.isPresent()) throw new IllegalStateException("the base run has already been made");
        OffHeap.Owned memory = new OffHeap.Owned();
        values = Optional.of(memory);
        Program program = baseProgram();
        Sizes sizes = new Sizes(prompts.rows().size(), prompts.positions(), 0);
        Map<Value, Tensor> kept = new LinkedHashMap<>();
        for (Value value : program.kept())
            kept.put(value, Tensor.over(value.shape(sizes), memory.allocate(value.elements(sizes) * Float.BYTES,
                    "the base run of a sweep", "sweep fewer or shorter prompts at once")));
        Map<String, Tensor> byName = new HashMap<>();
        plain().lent().forEach((value, tensor) -> byName.put(name(value), tensor));
        model.backend().compile(program, model.weights()).run(new Inputs(prompts.own().ids(),
                new int[prompts.rows().size()], Optional.empty(), given(program, sizes, byName, Map.of())), kept);
        Map<Value, Tensor> ended = new LinkedHashMap<>(kept);
        ended.keySet().retainAll(plain().ends());
        return new Base(ended, kept);
    }

    private Program baseProgram() {
        Set<Value> wanted = new LinkedHashSet<>();
        for (Group group : groups) wanted.addAll(prepare(group, List.of()).given());
        return Rewrites.fuse(Rewrites.prune(Rewrites.keep(plain().program(), wanted)));
    }

    /** @param available every value of the program that a batch may read, by name and version */
    private record Plain(Program program, Set<Value> ends, Map<Value, Tensor> lent, Map<String, Value> available) {}

    private Plain plain;

    private Plain plain() {
        if (plain == null) {
            Passes.Pass built = new Passes(model, prompts, Set.of()).plain();
            Tail.Ended ended = tail.end(built.program());
            Map<Value, Tensor> lent = new HashMap<>(built.lent());
            lent.putAll(ended.lent());
            Map<String, Value> available = new HashMap<>();
            built.program().operations().forEach(o -> available.put(name(o.out()), o.out()));
            plain = new Plain(ended.program(), ended.kept(), lent, available);
        }
        return plain;
    }

    // ---- batches

    /**
     * The program of a batch.
     *
     * @param positions number of positions that it runs
     * @param past      number of positions before those; 0 if no attention reads them
     * @param given     values of the base run that it reads, with their sizes there
     * @param lent      the data of interventions and of the tail
     */
    private record Prepared(Program program, int positions, int past, Set<Value> given, Map<Value, Tensor> lent,
            Set<Value> ends) {

        long bytes(Model model, int rows) {
            Executable executable = model.backend().compile(program, model.weights());
            long data = 0;
            Sizes sizes = new Sizes(rows, positions, past);
            for (Operation operation : program.operations()) {
                if (operation instanceof Operation.Given) data += operation.out().elements(sizes) * Float.BYTES / rows;
            }
            return executable.plan(sizes).bytes() + (past > 0 ? executable.pastBytes(rows, past + positions) : 0)
                    + data;
        }
    }

    private Prepared prepare(Group group, List<Integer> batch) {
        Passes.Pass built = passes.of(batch.stream().map(cells::get).toList(), group.changes());
        Tail.Ended ended = tail.end(built.program());
        Program program =
                new Downstream(ended.program(), built.changed()).from(new HashSet<>(plain().available().values()));
        LastPositions.Shortened shortened = LastPositions.of(program, prompts.positions() - group.first());
        boolean attends = shortened.program().operations().stream().anyMatch(Operation.Attention.class::isInstance);
        int past = attends ? group.first() : 0;
        program = shortened.program();
        if (past > 0) program = Rewrites.extendPast(program, value -> Hook.of(value.name()).flatMap(Hook::slot));

        Set<Value> given = new LinkedHashSet<>();
        for (Operation operation : program.operations()) {
            if (operation instanceof Operation.Given) given.add(asInBase(operation.out()));
            if (operation instanceof Extend extend) given.add(ofSlot(extend.slot()));
        }
        Map<Value, Tensor> lent = new HashMap<>(built.lent());
        lent.putAll(ended.lent());
        return new Prepared(Rewrites.fuse(program), shortened.positions(), past, given, lent, ended.kept());
    }

    private final Map<Value, Tensor> parts = new HashMap<>();   // of base values, as the last batch read them
    private int lastGroup = -1;

    /** Runs a batch and returns the values of the tail. */
    Map<Value, Tensor> run(Batch batch, Base base) {
        Group group = groups.get(batch.group());
        Prepared prepared = prepare(group, batch.cells());
        Map<Value, Tensor> data = new HashMap<>(base.values());
        data.putAll(prepared.lent());
        if (batch.group() != lastGroup) parts.clear();
        lastGroup = batch.group();
        Map<Value, Tensor> kept = run(prepared.program(), prompts.tokens(prepared.positions(), batch.cells().size()),
                batch.cells().size() * prompts.rows().size(), prepared.past(), data);
        if (!batch.alike().isEmpty() && model.backend() instanceof PlanningBackend planning)
            planning.again(group.batches().size() - 1);
        return kept;
    }

    private Map<Value, Tensor> run(Program program, int[] tokens, int rows, int past, Map<Value, Tensor> data) {
        Executable executable = model.backend().compile(program, model.weights());
        Sizes sizes = new Sizes(rows, tokens.length / rows, past);
        Map<String, Tensor> byName = new HashMap<>();
        data.forEach((value, tensor) -> byName.put(name(value), tensor));
        Optional<Past> earlier = past == 0 ? Optional.empty()
                : Optional.of(restored(executable, program, sizes, byName));
        Map<Value, Tensor> given = given(program, sizes, byName, parts);
        for (Operation operation : program.operations())
            if (operation instanceof Operation.Given) parts.put(operation.out(), given.get(operation.out()));
        return executable.run(new Inputs(tokens, new int[rows], earlier, given));
    }

    /**
     * Returns the inputs of a program, each cut to as many last positions as the program reads.
     *
     * @param known inputs that are already cut
     */
    static Map<Value, Tensor> given(Program program, Sizes sizes, Map<String, Tensor> byName,
            Map<Value, Tensor> known) {
        Map<Value, Tensor> given = new HashMap<>();
        Map<List<Object>, Tensor> cut = new HashMap<>();   // cells often share their data
        for (Operation operation : program.operations()) {
            if (!(operation instanceof Operation.Given || operation instanceof Operation.Lent)) continue;
            Value value = operation.out();
            Tensor whole = byName.get(name(value));
            int axis = value.positionAxis(), last = axis < 0 ? 0 : value.dimensions().get(axis).size().bind(sizes);
            if (known.containsKey(value)) {
                given.put(value, known.get(value));
            } else if (!whole.contiguous()) {
                given.put(value, Prompts.last(whole, value, last));
            } else {
                List<Object> key = List.of(whole.data().address(), whole.shape(), last);
                given.put(value, cut.computeIfAbsent(key, _ -> Prompts.last(whole, value, last)));
            }
        }
        return given;
    }

    private record Restored(Past past, Set<Extend.Slot> slots, int positions) {}

    private Restored recent;

    /** Returns a past with the first positions of the base run; that of the previous batch if it is the same. */
    private Past restored(Executable executable, Program program, Sizes sizes, Map<String, Tensor> base) {
        Set<Extend.Slot> slots = new HashSet<>();
        for (Operation operation : program.operations())
            if (operation instanceof Extend extend) slots.add(extend.slot());
        if (recent != null && recent.past().batch() == sizes.batch() && recent.slots().equals(slots)
                && recent.positions() == sizes.past()) {
            recent.past().truncate(sizes.past());
            return recent.past();
        }
        forgetPast();
        Past past = executable.past(sizes.batch(), sizes.key());
        Map<Extend.Slot, Tensor> rows = new HashMap<>();
        for (Extend.Slot slot : slots) rows.put(slot, base.get(name(ofSlot(slot))).slice("pos", 0, sizes.past()));
        past.restore(rows);
        recent = new Restored(past, slots, sizes.past());
        return past;
    }

    /** Releases the memory of the past and of the base run's values, which must not be read afterwards. */
    @Override public void close() {
        forgetPast();
        values.ifPresent(OffHeap.Owned::close);
        values = Optional.empty();
    }

    private void forgetPast() {
        if (recent != null) recent.past().close();
        recent = null;
    }

    // ---- values by name

    static String name(Value value) { return value.name() + "'".repeat(value.version()); }

    /** Returns the value with its sizes in the base run. */
    private Value asInBase(Value value) {
        return plain().available().get(name(value));
    }

    /** Returns the base run's keys or values of a layer. */
    private Value ofSlot(Extend.Slot slot) {
        return plain().program().value(Hook.of(slot).name()).orElseThrow();
    }
}
