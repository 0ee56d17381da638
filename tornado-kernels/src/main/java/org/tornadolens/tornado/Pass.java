package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.Positions;
import org.tornadolens.backend.Regions;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tornado.kernels.Attention;
import org.tornadolens.tornado.kernels.FusedAttention;

/** One run: writes the kernels of every operation on the tape. */
final class Pass {

    private static final int MOST_REGIONS = 1 << 19;   // of one kernel

    private final Program program;
    private final Weights weights;
    private final WeightStore store;
    private final Device device;
    private final Layout layout;
    private final Inputs in;
    private final Sizes sizes;
    private final Tape tape;
    private final Products products;
    private final Fusions fusions;
    private final Gradients gradients;
    private final Optional<TornadoPast> past;
    private final int batch, pos;
    private final int[] padding;         // of each row, where this run's index 0 is the first real token; negative with a past
    private final int[] firstPosition;   // rotary position of this run's index 0

    Pass(Program program, Weights weights, WeightStore store, Device device, Layout layout, Inputs in) {
        this.program = program;
        this.weights = weights;
        this.store = store;
        this.device = device;
        this.layout = layout;
        this.in = in;
        sizes = in.sizes();
        past = in.past().map(TornadoPast.class::cast);
        batch = sizes.batch();
        pos = sizes.pos();
        padding = Arrays.stream(in.padding()).map(p -> p - sizes.past()).toArray();
        firstPosition = Arrays.stream(padding).map(p -> -p).toArray();
        tape = new Tape(device);
        products = new Products(device, store, layout, tape);
        fusions = new Fusions(program, layout, sizes, device.tuning());
        gradients = new Gradients(this, device, store, layout, tape, products, in);
    }

    void run() {
        List<Operation> operations = program.operations();
        for (int i = 0; i < operations.size(); ) {
            tape.flushIfLong();
            i += write(operations, i);
        }
        tape.flush();
        past.ifPresent(p -> p.grow(pos));
    }

    /** Writes the operation at {@code i}, and says how many it covered: neighbours that make one launch go together. */
    private int write(List<Operation> operations, int i) {
        Optional<Fusions.Turning> turning = past.isPresent() ? fusions.turning(i) : Optional.empty();
        if (turning.isPresent()) {
            turnIntoPast(turning.get());
            return turning.get().covered();
        }
        Optional<Fusions.Projection> projection = fusions.projection(i);
        if (projection.isEmpty() || !products.vector(projection.get(), this::weight, sizes)) {
            write(operations.get(i));
            return 1;
        }
        return projection.get().covered();
    }

    private void write(Operation operation) {
        switch (operation) {
            case Operation.Embed o -> {
                WeightStore.Place table = store.place(weight(o.table().name()));
                add(o, Kernel.embed(table.type()), table.array(), tape.list(in.tokens()), batch * pos, o.table().columns(), table.at(), at(o.out()));
            }
            case Operation.Given o -> give(in.given().get(o.out()), at(o.out()), elements(o.out()));
            case Operation.Lent o -> lend(o);
            case Operation.NormScale o -> add(o, Kernel.NORM_SCALE, at(o.x()), rows(o.x()), width(o.x()), device.number(o.eps()), at(o.out()));
            case Operation.Normalize o -> add(o, Kernel.NORMALIZE, at(o.x()), rows(o.x()), width(o.x()), at(o.scale()), at(o.out()));
            case Operation.Gain o -> add(o, Kernel.GAIN, at(o.x()), rows(o.x()), width(o.x()), store.vector(weight(o.gain().name())), at(o.out()));
            case Operation.RmsNorm o -> add(o, Kernel.RMS_NORM, at(o.x()), rows(o.x()), width(o.x()), device.number(o.eps()), at(o.out()), store.vector(weight(o.gain().name())));
            case Operation.Project o -> products.project(o, weight(o.weight().name()), at(o.x()), (int) (elements(o.x()) / o.weight().columns()), at(o.out()));
            case Operation.ProjectHeads o -> products.projectHeads(o, weight(o.weight().name()), at(o.x()), tokens(o.x()), size(o.x(), o.x().headAxis()), at(o.out()));
            case Operation.HeadResult o -> products.headResult(o, weight(o.weight().name()), at(o.z()), tokens(o.z()), width(o.z()), at(o.out()));
            case Operation.Bias o -> {
                int bias = store.vector(weight(o.bias().name()));
                add(o, Kernel.BIAS, at(o.x()), tokens(o.x()), o.bias().columns(), bias, at(o.out()));
            }
            case Operation.Rotate o -> rotate(o, o.x(), o.rotary(), false, at(o.out()));
            case Operation.Extend o -> extend(o);
            case Operation.Scores o -> {
                requireNoWindow(o, o.window());
                scores(o, o.q(), o.k(), at(o.out()));
            }
            case Operation.Softmax o -> add(o, Kernel.SOFTMAX, at(o.scores()), rows(o.scores()), width(o.scores()), at(o.out()));
            case Operation.Mix o -> attention(o, Kernel.MIX, o.out(), o.v(), 0, 0, at(o.v()), at(o.pattern()), at(o.out()), 0);
            case Operation.Attend o -> {
                requireNoWindow(o, o.window());
                attend(o);
            }
            case Operation.Add o -> add(o, Kernel.ADD, at(o.a()), at(o.b()), count(o.out()), at(o.out()));
            case Operation.SwiGlu o -> add(o, Kernel.SWIGLU, at(o.gate()), at(o.up()), count(o.out()), at(o.out()));
            case Operation.Copy o -> copy(o, o.x());
            case Operation.Repeat o -> add(o, Kernel.REPEAT, at(o.x()), tokens(o.x()), size(o.out(), o.out().headAxis()), width(o.x()), at(o.out()));
            case Operation.SumHeads o -> add(o, Kernel.SUM_HEADS, at(o.x()), tokens(o.x()), size(o.x(), o.x().headAxis()), width(o.x()), at(o.out()));
            case Operation.Gather o -> gather(o);
            case Operation.Zero o -> change(o, Kernel.ZERO, o.x(), o.selection(), Optional.empty(), 0);
            case Operation.Scale o -> change(o, Kernel.SCALE, o.x(), o.selection(), Optional.empty(), device.number(o.factor()));
            case Operation.Replace o -> change(o, Kernel.REPLACE, o.x(), o.selection(), Optional.of(o.source()), 0);
            case Operation.Shift o -> change(o, Kernel.SHIFT, o.x(), o.selection(), Optional.of(o.source()), device.number(o.times()));
            case Operation.Subspace o -> subspace(o);
            case Operation.HostCall o -> hostCall(o);
            case Operation.NextTokenLoss o -> logProbability(o, o.logits(), -1, nextTokens(o.logits(), o.at()));
            case Operation.Dot o -> pairs(o, Kernel.DOT, o.x(), o.y());
            case Operation.KlDivergence o -> pairs(o, Kernel.DIVERGENCE, o.logits(), o.reference());
            case Operation.LogProbability o -> logProbability(o, o.logits(), 1, sets(o.logits(), o.tokens()));
            case Operation.Rank o -> rank(o);
            case Operation.MeanPositions o -> add(o, Kernel.MEAN, at(o.x()), batch, width(o.x()), at(o.out()));
            case Operation.ArgMax o -> add(o, Kernel.ARG_MAX, at(o.logits()), rows(o.logits()), width(o.logits()), at(o.out()));
            case Derivative o -> gradients.write(o);
        }
    }

    // ---- values

    void add(Operation origin, Kernel kernel, int... arguments) { tape.add(origin, device.tuning().of(kernel), null, arguments); }

    private void add(Operation origin, Kernel kernel, uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray array, int... arguments) { tape.add(origin, device.tuning().of(kernel), array, arguments); }

    private int at(Value value) { return layout.address(value); }

    int size(Value value, int axis) { return value.dimensions().get(axis).size().bind(sizes); }

    int width(Value value) { return size(value, value.dimensions().size() - 1); }

    private long elements(Value value) { return value.elements(sizes); }

    int count(Value value) { return (int) elements(value); }

    /** Rows of the last axis. */
    int rows(Value value) { return count(value) / width(value); }

    /** Batch rows times positions. */
    private int tokens(Value value) { return size(value, 0) * size(value, 1); }

    Weight weight(String name) { return weights.get(name); }

    /** Of each row, where this run's index 0 is the first real token. */
    int[] padding() { return padding; }

    /** The shape that a value has in this run; lent data has its own. */
    Shape shape(Value value) {
        Tensor given = in.given().get(value);
        return given != null ? given.shape() : value.shape(sizes);
    }

    // ---- sources

    /** Fewer rows than the run has are repeated. */
    private void give(Tensor given, int to, long elements) {
        tape.flush();                                            // what lies there now may still be read
        for (long done = 0; done < elements; done += given.elements()) device.write((int) (to + done), given.data());
    }

    private void lend(Operation.Lent o) {
        Tensor lent = in.given().get(o.out());
        if (program.kept().contains(o.out())) {
            give(lent, at(o.out()), elements(o.out()));
            return;
        }
        layout.put(o.out(), layout.take(lent.elements(), o.out().name()));
        device.write(at(o.out()), lent.data());
    }

    // ---- attention

    private RotaryTables.Table table(Rotary rotary) {
        int begin = Integer.MAX_VALUE, end = 1;
        for (int first : firstPosition) {
            begin = Math.min(begin, Math.max(0, first));
            end = Math.max(end, first + pos);
        }
        return store.rotary().table(rotary, begin, end);
    }

    /** Of each batch row, the row of a table that turns its first token. */
    private int firstRows(RotaryTables.Table table) {
        if (table.first() == 0) return tape.list(firstPosition);
        return tape.list(Arrays.stream(firstPosition).map(first -> first - table.first()).toArray());
    }

    private void turnIntoPast(Fusions.Turning t) {
        RotaryTables.Table table = table(t.queries().rotary());
        Value q = t.queries().x(), k = t.keys().x();
        int keys = past.get().address(t.extendKeys().slot()), values = past.get().address(t.values().slot());
        layout.put(t.extendKeys().out(), keys);
        layout.put(t.values().out(), values);
        int[] arguments = {at(q), at(k), at(t.values().x()), batch, pos, size(q, q.headAxis()), size(k, k.headAxis()), width(q),
                firstRows(table), table.cosines(), table.sines(), at(t.queries().out()), keys, values,
                past.get().capacity(), past.get().length(), tape.list(in.padding()),
                t.attend().map(attend -> at(attend.out())).orElse(0)};
        add(t.queries(), t.attend().isPresent() ? Kernel.ATTEND_TOKEN : Kernel.TURN_INTO_PAST, arguments);
    }

    void rotate(Operation o, Value x, Rotary rotary, boolean back, int out) {
        RotaryTables.Table table = table(rotary);
        add(o, Kernel.ROTATE, at(x), batch, pos, size(x, x.headAxis()), width(x), firstRows(table), table.cosines(),
                back ? table.minusSines() : table.sines(), out);
    }

    private void extend(Operation.Extend o) {
        if (past.isEmpty()) {
            layout.put(o.out(), at(o.x()));
            return;
        }
        int address = past.get().address(o.slot());
        layout.put(o.out(), address);
        add(o, Kernel.EXTEND, at(o.x()), batch, pos, count(o.x()) / batch / pos, address, past.get().capacity(), past.get().length());
    }

    /** Elements from one batch row of keys or values to the next: a past has room to spare. */
    private int keyStride(Value value) {
        int perPosition = count(value) / batch / size(value, 1);
        boolean inPast = past.isPresent() && value.name().endsWith(".extended");
        return perPosition * (inPast ? past.get().capacity() : size(value, 1));
    }

    void attention(Operation o, Kernel kernel, Value queries, Value keys, int q, int k, int v, int scores, int z, int last) {
        attention(o, kernel, queries, keys, q, k, v, scores, z, last, size(queries, queries.axis("head")), Attention.SCALED, false, 0, batch);
    }

    /**
     * @param stride heads from one position of z to the next
     * @param which  scores, as {@link Attention} has them
     * @param causal whether the pattern is zero for keys that are later than the query
     * @param row    the first batch row that takes part, where the addresses point to; {@code rows} of them do
     */
    void attention(Operation o, Kernel kernel, Value queries, Value keys, int q, int k, int v, int scores, int z, int last, int stride, int which, boolean causal, int row, int rows) {
        int[] paddings = rows == batch ? in.padding() : Arrays.copyOfRange(in.padding(), row, row + rows);
        add(o, kernel, q, k, v, scores, z, rows, pos, sizes.key(), size(queries, queries.axis("head")), size(keys, keys.axis("kvHead")), width(keys),
                keyStride(keys), tape.list(paddings), last, stride, which, causal ? 1 : 0);
    }

    /** Inner products of every query with every key, without scale and mask. */
    void products(Operation o, Value queries, Value keys, int q, int k, int out) {
        attention(o, device.tuning().scores(width(queries)), queries, keys, q, k, 0, out, 0, device.number(Double.NEGATIVE_INFINITY), size(queries, queries.axis("head")), Attention.RAW, false, 0, batch);
    }

    static void requireNoWindow(Operation o, OptionalInt window) {
        if (window.isEmpty()) return;
        throw new UsageException("TornadoVM has no attention in windows, such as " + o.out().name() + "; take the CPU");
    }

    private void scores(Operation o, Value q, Value k, int out) {
        attention(o, device.tuning().scores(width(q)), q, k, at(q), at(k), 0, out, 0, device.number(Double.NEGATIVE_INFINITY));
    }

    private void attend(Operation.Attend o) {
        int heads = size(o.q(), o.q().axis("head")), queries = batch * pos * heads, dHead = width(o.q());
        if (dHead > FusedAttention.WIDEST) {
            int scores = layout.take((long) queries * sizes.key(), "scores of " + o.out().name());
            scores(o, o.q(), o.k(), scores);
            add(o, Kernel.SOFTMAX, scores, queries, sizes.key(), scores);
            attention(o, Kernel.MIX, o.out(), o.v(), 0, 0, at(o.v()), scores, at(o.out()), 0);
            return;
        }
        int splits = device.tuning().splits(queries, sizes.key());
        int scratch = splits == 1 ? 0 : products.scratch((long) queries * splits * (dHead + 2));
        attention(o, device.tuning().attend(pos), o.q(), o.k(), at(o.q()), at(o.k()), at(o.v()), scratch, at(o.out()), splits);
        if (splits > 1) attention(o, Kernel.JOIN, o.q(), o.k(), 0, 0, 0, scratch, at(o.out()), splits);
    }

    // ---- interventions

    private void copy(Operation o, Value x) {
        if (at(x) != at(o.out())) add(o, Kernel.COPY, at(x), count(x), at(o.out()));
    }

    private void gather(Operation.Gather o) { gather(o, o.x(), o.selection(), at(o.out())); }

    private void gather(Operation origin, Value x, Selection selection, int to) {
        regions(Regions.of(x, selection, sizes, padding), (offsets, sources, length, done) ->
                add(origin, Kernel.GATHER, at(x), tape.list(offsets), offsets.length, length, to + done));
    }

    /** A copy of x, and the selected part of it changed. */
    private void change(Operation o, Kernel kernel, Value x, Selection selection, Optional<Value> source, int factor) {
        copy(o, x);
        Regions all = source.map(s -> Regions.of(x, selection, sizes, padding, shape(s))).orElseGet(() -> Regions.of(x, selection, sizes, padding));
        regions(all.once(), (offsets, sources, length, done) -> add(o, kernel, at(o.out()), tape.list(offsets), offsets.length, length,
                source.map(this::at).orElse(0), source.isPresent() ? tape.list(sources) : 0, factor));
    }

    private interface Part { void write(int[] offsets, int[] sources, int length, int done); }

    private void regions(Regions all, Part part) {
        for (int from = 0; from < all.offsets().length; from += MOST_REGIONS) {
            tape.flushIfLong();
            int to = Math.min(from + MOST_REGIONS, all.offsets().length);
            part.write(ints(all.offsets(), from, to), ints(all.sources(), from, to), (int) all.length(), (int) (from * all.length()));
        }
    }

    private static int[] ints(long[] values, int from, int to) {
        int[] ints = new int[to - from];
        for (int i = 0; i < ints.length; i++) ints[i] = Math.toIntExact(values[from + i]);
        return ints;
    }

    private void subspace(Operation.Subspace o) {
        copy(o, o.x());
        int width = width(o.x()), directions = size(o.basis(), 0);
        Regions vectors = vectors(o.x(), o.selection()).once();
        int coordinates = products.scratch((long) vectors.offsets().length * directions);
        regions(vectors, (offsets, sources, length, done) -> {
            int list = tape.list(offsets);
            for (Kernel kernel : new Kernel[] {Kernel.COORDINATES, Kernel.COMBINE}) {
                add(o, kernel, at(o.out()), list, offsets.length, width, at(o.basis()), directions, coordinates, o.keep() ? 1 : 0);
            }
        });
    }

    /** Where every selected vector along the last axis begins. */
    private Regions vectors(Value x, Selection selection) { return Regions.of(x, selection.columns(Optional.of(List.of(0))), sizes, padding); }

    private void hostCall(Operation.HostCall o) {
        copy(o, o.x());
        tape.flush();
        if (o.selection().heads().isEmpty()) {
            call(o, o.selection(), -1);
        } else {
            for (int head : o.selection().heads().get()) call(o, o.selection().heads(Optional.of(List.of(head))), head);
        }
    }

    /** Hands the selected part to the host as a tensor of its own, and puts back what it gives. */
    private void call(Operation.HostCall o, Selection selection, int head) {
        Shape whole = o.x().shape(sizes);
        List<Axis> axes = new ArrayList<>();
        for (int axis = 0; axis < whole.rank(); axis++) {
            if (head >= 0 && axis == o.x().headAxis()) continue;
            axes.add(new Axis(whole.axes().get(axis).name(), selection.along(o.x(), axis).map(List::size).orElse(whole.size(axis))));
        }
        Tensor part = Tensor.zeros(new Shape(axes));
        int scratch = products.scratch(part.elements());
        gather(o, o.out(), selection, scratch);
        tape.flush();
        MemorySegment.copy(device.read(scratch, part.elements()), 0, part.data(), 0, part.data().byteSize());
        Tensor changed = o.function().apply(part, new HostFunction.Context(o.x().name(), head));
        if (!Arrays.equals(changed.shape().sizes(), part.shape().sizes())) {
            throw new UsageException("the hook on " + o.x().name() + " gave " + changed.shape() + "; the value it stands for is " + part.shape());
        }
        device.write(scratch, (changed.contiguous() ? changed : changed.copy()).data());
        regions(Regions.of(o.x(), selection, sizes, padding), (offsets, sources, length, done) -> {
            int[] inOrder = new int[offsets.length];
            for (int i = 0; i < inOrder.length; i++) inOrder[i] = done + i * length;
            add(o, Kernel.REPLACE, at(o.out()), tape.list(offsets), offsets.length, length, scratch, tape.list(inOrder), 0);
        });
    }

    // ---- metrics

    /** A row's set of tokens, which may be empty. */
    interface Tokens { int[] of(int row); }

    /** The sets of all rows as lists on the device, and how many tokens they have. */
    record Sets(int starts, int tokens, int count) {}

    Sets listed(Value logits, Tokens sets) {
        int rows = rows(logits);
        int[] starts = new int[rows + 1];
        int[][] each = new int[rows][];
        for (int row = 0; row < rows; row++) {
            each[row] = sets.of(row);
            starts[row + 1] = starts[row] + each[row].length;
        }
        return new Sets(tape.list(starts), tape.list(Arrays.stream(each).flatMapToInt(Arrays::stream).toArray()), starts[rows]);
    }

    /** A set for each batch row, in turn. */
    Tokens sets(Value logits, List<List<Integer>> tokens) {
        return row -> tokens.get(row / size(logits, 1) % tokens.size()).stream().mapToInt(Integer::intValue).toArray();
    }

    /** The token that comes next, where there is one. */
    Tokens nextTokens(Value logits, Selection selection) {
        int n = size(logits, 1);
        int[][] at = new int[batch][];
        for (int row = 0; row < batch; row++) at[row] = selection.positions().isPresent() ? Positions.indices(selection.positions().get(), padding[row], pos) : null;
        return i -> {
            int row = i / n, t = at[row] == null ? i % n : at[row][i % n];
            return in.next(row, t) < 0 || t < padding[row] ? new int[0] : new int[] {in.next(row, t)};
        };
    }

    /** {@code factor} · log Σ p over each row's set of tokens. */
    private void logProbability(Operation o, Value logits, double factor, Tokens tokens) {
        Sets sets = listed(logits, tokens);
        add(o, Kernel.LOG_PROBABILITY, at(logits), rows(logits), width(logits), sets.starts(), sets.tokens(), device.number(factor), at(o.out()), device.number(Double.NaN));
    }

    private void rank(Operation.Rank o) {
        int n = size(o.logits(), 1);
        int[] tokens = new int[rows(o.logits())];
        for (int i = 0; i < tokens.length; i++) tokens[i] = o.tokens().get(i / n % o.tokens().size());
        add(o, Kernel.RANK, at(o.logits()), tokens.length, width(o.logits()), tape.list(tokens), at(o.out()));
    }

    private void pairs(Operation o, Kernel kernel, Value x, Value y) {
        Regions pairs = Regions.of(x, Selection.ALL.columns(Optional.of(List.of(0))), sizes, padding, shape(y));
        regions(pairs, (offsets, sources, length, done) ->
                add(o, kernel, at(x), offsets.length, width(x), tape.list(offsets), at(y), tape.list(sources), at(o.out()) + done));
    }
}
