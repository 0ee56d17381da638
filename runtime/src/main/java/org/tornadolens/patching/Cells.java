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
 * Cells, each the model with some changes, run on the same prompts as rows of batches. The model is run once without
 * them; a batch computes only what its cells' changes reach, at the positions from the first change on that somebody
 * reads, and is given the rest from that one run.
 */
final class Cells implements AutoCloseable {

    /** Tokens of a batch: more make it no faster. */
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
     * Cells whose programs are alike.
     *
     * @param first      the first position that they run
     * @param together   cells in a batch
     */
    private record Group(List<Integer> cells, List<Intervention> changes, int first, int together) {
        List<List<Integer>> batches() {
            int n = (cells.size() + together - 1) / together;
            return IntStream.range(0, n).mapToObj(
                    i -> cells.subList((int) ((long) i * cells.size() / n), (int) ((long) (i + 1) * cells.size() / n)))
                    .toList();
        }
    }

    /**
     * Cells that run together, by their place among all; their programs are those of their group.
     *
     * @param alike cells of further batches that this one stands for where runs are only planned
     */
    record Batch(List<Integer> cells, int group, List<Integer> alike) {}

    /** @param budget bytes that a batch may take */
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
        int read = tail.positions().map(some -> some.stream().mapToInt(p -> prompts.positions() + p).min().orElse(0))
                .orElse(0);
        Map<Set<Hook>, List<Integer>> alike = new LinkedHashMap<>();   // cells whose programs have the same values
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
        for (List<Integer> some : alike.values()) {
            int earliest = some.stream().mapToInt(cell -> starts[cell].position()).min().orElseThrow();
            int run = prepare(grouped(some, starts), List.of()).positions();
            boolean fewer = run < prompts.positions() - earliest;   // nothing mixes positions: those that are read are run, wherever cells begin
            List<Grouping.Start> relevant = some.stream()
                    .map(cell -> fewer ? new Grouping.Start(starts[cell].depth(), 0) : starts[cell]).toList();
            for (List<Integer> part : Grouping.of(relevant, prompts.rows().size(), fewer ? run : prompts.positions()))
                groups.add(sized(grouped(part.stream().map(some::get).toList(), starts)));
        }
    }

    private Group grouped(List<Integer> members, Grouping.Start[] starts) {
        int first = members.stream().mapToInt(cell -> starts[cell].position()).min().orElseThrow();
        return new Group(members, members.stream().flatMap(cell -> cells.get(cell).stream()).distinct().toList(), first,
                1);
    }

    /** Absent for a cell that changes nothing of what these prompts' tail reads. */
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
                together = Math.clamp(TOKENS / ((long) rows * one.positions()), 1, group.cells().size());
        while (together > 1 && one.bytes(model, together * rows) > budget) together = (together + 1) / 2;
        return new Group(group.cells(), group.changes(), group.first(), together);
    }

    // ---- what is to be done

    /** Cells without any effect here: the model's own numbers are theirs. */
    List<Integer> idle() { return idle; }

    List<Batch> batches() {
        List<Batch> batches = new ArrayList<>();
        for (int group = 0; group < groups.size(); group++) {
            for (List<Integer> some : groups.get(group).batches())
                batches.add(new Batch(List.copyOf(some), group, List.of()));
        }
        return batches;
    }

    /** All batches; where runs are only planned, the largest of each group, whose others take as much at the most. */
    List<Batch> representatives() {
        if (!(model.backend() instanceof PlanningBackend)) return batches();
        return IntStream.range(0, groups.size()).mapToObj(group -> {
            List<Integer> largest =
                    groups.get(group).batches().stream().max(Comparator.comparingInt(List::size)).orElseThrow();
            return new Batch(List.copyOf(largest), group,
                    groups.get(group).cells().stream().filter(cell -> !largest.contains(cell)).toList());
        }).toList();
    }

    /** The most that is held at once beside the weights and what cells bring, in bytes: the run without cells, or its values and a batch. */
    long bytes() {
        Sizes sizes = new Sizes(prompts.rows().size(), prompts.positions(), 0);
        long most = 0;
        for (Group group : groups)
            most = Math.max(most, prepare(group, group.batches().getFirst()).bytes(model,
                    group.batches().getFirst().size() * sizes.batch()));
        var base = model.backend().compile(baseProgram(), model.weights()).plan(sizes);
        return Math.max(base.bytes(), base.kept() + most);
    }

    // ---- the run without cells

    /**
     * What the run without cells left.
     *
     * @param tail   what it computed in the end
     * @param values what batches are given
     */
    record Base(Map<Value, Tensor> tail, Map<Value, Tensor> values) {}

    private Optional<Arena> values = Optional.empty();   // where its values lie until this is closed

    Base base() {
        if (values.isPresent()) throw new IllegalStateException("the run without cells has been");
        Arena arena = Arena.ofShared();
        values = Optional.of(arena);
        Program program = baseProgram();
        Sizes sizes = new Sizes(prompts.rows().size(), prompts.positions(), 0);
        Map<Value, Tensor> kept = new LinkedHashMap<>();
        for (Value value : program.kept())
            kept.put(value, Tensor.over(value.shape(sizes), arena.allocate(value.elements(sizes) * Float.BYTES, 64)));
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

    /** @param available every value of the program that a batch may be given, by name and version */
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
     * A batch's program.
     *
     * @param positions that it runs
     * @param past      positions before those, where attention reads them
     * @param given     values of the base run that it reads, as they are there
     * @param lent      the data it reads besides
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
        program =
                past > 0 ? Rewrites.extendPast(shortened.program(), value -> Hook.of(value.name()).flatMap(Hook::slot))
                        : shortened.program();

        Set<Value> given = new LinkedHashSet<>();
        for (Operation operation : program.operations()) {
            if (operation instanceof Operation.Given) given.add(asInBase(operation.out()));
            if (operation instanceof Extend extend) given.add(ofSlot(extend.slot()));
        }
        Map<Value, Tensor> lent = new HashMap<>(built.lent());
        lent.putAll(ended.lent());
        return new Prepared(Rewrites.fuse(program), shortened.positions(), past, given, lent, ended.kept());
    }

    private final Map<Value, Tensor> parts = new HashMap<>();   // of the base run's values, as the last batch's group reads them
    private int lastGroup = -1;

    /** Runs a batch; the kept values of the tail by the value that they are. */
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
        Optional<Past> earlier =
                past == 0 ? Optional.empty() : Optional.of(restored(executable, program, sizes, byName));
        Map<Value, Tensor> given = given(program, sizes, byName, parts);
        for (Operation operation : program.operations())
            if (operation instanceof Operation.Given) parts.put(operation.out(), given.get(operation.out()));
        return executable.run(new Inputs(tokens, new int[rows], earlier, given));
    }

    /**
     * What a program is given and lent, of each value as many of its last positions as the program reads.
     *
     * @param known some of that
     */
    static Map<Value, Tensor> given(Program program, Sizes sizes, Map<String, Tensor> byName,
            Map<Value, Tensor> known) {
        Map<Value, Tensor> given = new HashMap<>();
        Map<List<Object>, Tensor> cut = new HashMap<>();   // many cells bring the same data
        for (Operation operation : program.operations()) {
            if (!(operation instanceof Operation.Given || operation instanceof Operation.Lent)) continue;
            Value value = operation.out();
            Tensor whole = byName.get(name(value));
            int axis = value.positionAxis(), last = axis < 0 ? 0 : value.dimensions().get(axis).size().bind(sizes);
            if (known.containsKey(value)) given.put(value, known.get(value));
            else if (!whole.contiguous()) given.put(value, Prompts.last(whole, value, last));
            else
                given.put(value, cut.computeIfAbsent(List.of(whole.data().address(), whole.shape(), last),
                        _ -> Prompts.last(whole, value, last)));
        }
        return given;
    }

    private record Restored(Past past, Set<Extend.Slot> slots, int positions) {}

    private Restored recent;

    /** A past that holds the base run's first positions; that of the batch before where it is the same. */
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

    /** Gives back the memory of past keys and values, and of what the run without cells left; its numbers must have been read. */
    @Override public void close() {
        forgetPast();
        values.ifPresent(Arena::close);
        values = Optional.empty();
    }

    private void forgetPast() {
        if (recent != null) recent.past().close();
        recent = null;
    }

    // ---- values by name

    static String name(Value value) { return value.name() + "'".repeat(value.version()); }

    /** A value of the base run, whatever its length has become. */
    private Value asInBase(Value value) {
        return plain().available().get(name(value));
    }

    /** The base run's keys or values of a layer. */
    private Value ofSlot(Extend.Slot slot) {
        return plain().program().value(Hook.of(slot).name()).orElseThrow();
    }
}
