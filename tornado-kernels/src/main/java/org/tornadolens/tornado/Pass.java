package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import org.tornadolens.backend.HostFloats;
import org.tornadolens.backend.Regions;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Rule;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;
import org.tornadolens.tornado.kernels.Attention;
import org.tornadolens.tornado.kernels.FusedAttention;
import org.tornadolens.tornado.kernels.Rules;

/** One run: writes the kernels of every operation on the tape. */
final class Pass {

    private static final int MOST_REGIONS = 1 << 19;   // of one kernel

    private final Program program;
    private final Weights weights;
    private final WeightStore store;
    private final Device device;
    private final Layout layout;
    private final RunFrame frame;
    private final Tape tape;
    private final Products products;
    private final Fusions fusions;
    private final Gradients gradients;
    private final Optional<TornadoPast> past;

    Pass(Program program, Weights weights, WeightStore store, Device device, Layout layout, RunFrame frame) {
        this.program = program;
        this.weights = weights;
        this.store = store;
        this.device = device;
        this.layout = layout;
        this.frame = frame;
        past = frame.past(TornadoPast.class);
        tape = new Tape(device);
        products = new Products(device, store, layout, tape);
        fusions = new Fusions(program, layout, frame.sizes(), device.tuning());
        gradients = new Gradients(this, device, store, layout, tape, products, frame);
    }

    void run() {
        List<Operation> operations = program.operations();
        for (int i = 0; i < operations.size();) {
            tape.flushIfLong();
            i += write(operations, i);
        }
        tape.flush();
        frame.end();
    }

    /** Writes the operation at {@code i}, and says how many it covered: neighbours that make one launch go together. */
    private int write(List<Operation> operations, int i) {
        Optional<Fusions.Turning> turning = past.isPresent() ? fusions.turning(i) : Optional.empty();
        if (turning.isPresent()) {
            turnIntoPast(turning.get());
            return turning.get().covered();
        }
        Optional<Fusions.Projection> projection = fusions.projection(i);
        if (projection.isEmpty() || !products.vector(projection.get(), this::weight, frame.sizes())) {
            write(operations.get(i));
            return 1;
        }
        return projection.get().covered();
    }

    private void write(Operation operation) {
        switch (operation) {
            case Operation.Embed o -> {
                WeightStore.Place table = store.place(weight(o.table().name()));
                add(o, table.type().embed(), table.array(), tape.list(frame.tokens()),
                        frame.batch() * frame.pos(), o.table().columns(), table.at(), at(o.out()));
            }
            case Operation.Given o -> give(frame.given(o.out()), at(o.out()), frame.elements(o.out()));
            case Operation.Lent o -> lend(o);
            case Operation.NormScale o -> add(o, Kernel.NORM_SCALE, at(o.x()), rows(o.x()), width(o.x()),
                    device.number(o.eps()), at(o.out()));
            case Operation.Normalize o ->
                    add(o, Kernel.NORMALIZE, at(o.x()), rows(o.x()), width(o.x()), at(o.scale()), at(o.out()));
            case Operation.Gain o -> add(o, Kernel.GAIN, at(o.x()), rows(o.x()), width(o.x()),
                    store.vector(weight(o.gain().name())), at(o.out()));
            case Operation.RmsNorm o -> add(o, Kernel.RMS_NORM, at(o.x()), rows(o.x()), width(o.x()),
                    device.number(o.eps()), at(o.out()), store.vector(weight(o.gain().name())));
            case Operation.Project o -> products.project(o, weight(o.weight().name()), at(o.x()),
                    (int) (frame.elements(o.x()) / o.weight().columns()), at(o.out()));
            case Operation.ProjectHeads o -> products.projectHeads(o, weight(o.weight().name()), at(o.x()),
                    tokens(o.x()), size(o.x(), o.x().headAxis()), at(o.out()));
            case Operation.HeadResult o -> products.headResult(o, weight(o.weight().name()), at(o.z()), tokens(o.z()),
                    width(o.z()), at(o.out()));
            case Operation.Bias o -> {
                int bias = store.vector(weight(o.bias().name()));
                add(o, Kernel.BIAS, at(o.x()), tokens(o.x()), o.bias().columns(), bias, at(o.out()));
            }
            case Operation.Rotate o -> rotate(o, o.x(), o.rotary(), false, at(o.out()));
            case Operation.Extend o -> extend(o);
            case Operation.Scores o -> scores(o, o.q(), o.k(), at(o.out()), o.window());
            case Operation.Softmax o ->
                    add(o, Kernel.SOFTMAX, at(o.scores()), rows(o.scores()), width(o.scores()), at(o.out()));
            case Operation.Mix o ->
                    attention(o, Kernel.MIX, o.out(), o.v(), 0, 0, at(o.v()), at(o.pattern()), at(o.out()), 0);
            case Operation.Attend o -> attend(o);
            case Operation.Add o -> add(o, Kernel.ADD, at(o.a()), at(o.b()), count(o.out()), at(o.out()));
            case Operation.SwiGlu o -> add(o, Kernel.SWIGLU, at(o.gate()), at(o.up()), count(o.out()), at(o.out()));
            case Operation.Copy o -> copy(o, o.x());
            case Operation.Repeat o -> add(o, Kernel.REPEAT, at(o.x()), tokens(o.x()),
                    size(o.out(), o.out().headAxis()), width(o.x()), at(o.out()));
            case Operation.SumHeads o -> add(o, Kernel.SUM_HEADS, at(o.x()), tokens(o.x()),
                    size(o.x(), o.x().headAxis()), width(o.x()), at(o.out()));
            case Operation.Gather o -> gather(o);
            case Operation.Zero o -> change(o, Kernel.ZERO, o.x(), o.selection(), Optional.empty());
            case Operation.Pointwise o ->
                    change(o, Kernel.CHANGE, o.x(), o.selection(), Optional.empty(), rule(o.rule()));
            case Operation.Replace o -> change(o, Kernel.REPLACE, o.x(), o.selection(), Optional.of(o.source()));
            case Operation.Shift o ->
                    change(o, Kernel.SHIFT, o.x(), o.selection(), Optional.of(o.source()), device.number(o.times()));
            case Operation.Subspace o -> subspace(o);
            case Operation.HostCall o -> hostCall(o);
            case Operation.NextTokenLoss o -> logProbability(o, o.logits(), -1, nextToken(o.logits(), o.at()));
            case Operation.Dot o -> pairs(o, Kernel.DOT, o.x(), o.y());
            case Operation.KlDivergence o -> pairs(o, Kernel.DIVERGENCE, o.logits(), o.reference());
            case Operation.LogProbability o -> logProbability(o, o.logits(), 1, sets(o.logits(), o.tokens()));
            case Operation.Rank o -> rank(o);
            case Operation.MeanPositions o -> add(o, Kernel.MEAN, at(o.x()), frame.batch(), width(o.x()), at(o.out()));
            case Operation.ArgMax o ->
                    add(o, Kernel.ARG_MAX, at(o.logits()), rows(o.logits()), width(o.logits()), at(o.out()));
            case Derivative o -> gradients.write(o);
        }
    }

    // ---- values

    void add(Operation origin, Kernel kernel, int... arguments) { tape.add(origin, kernel, null, arguments); }

    private void add(Operation origin, Kernel kernel,
            uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray array, int... arguments) {
        tape.add(origin, kernel, array, arguments);
    }

    private int at(Value value) { return layout.address(value); }

    private int size(Value value, int axis) { return frame.size(value, axis); }

    private int width(Value value) { return frame.width(value); }

    int count(Value value) { return (int) frame.elements(value); }

    private int rows(Value value) { return frame.rows(value); }

    private int tokens(Value value) { return frame.tokenRows(value); }

    Weight weight(String name) { return weights.get(name); }

    // ---- sources

    /** Fewer rows than the run has are repeated. */
    private void give(Tensor given, int to, long elements) {
        tape.flush();                                            // what lies there now may still be read
        for (long done = 0; done < elements; done += given.elements()) device.write((int) (to + done), given.data());
    }

    private void lend(Operation.Lent o) {
        Tensor lent = frame.given(o.out());
        if (program.kept().contains(o.out())) {
            give(lent, at(o.out()), frame.elements(o.out()));
            return;
        }
        layout.put(o.out(), layout.take(lent.elements(), o.out().name()));
        device.write(at(o.out()), lent.data());
    }

    // ---- attention

    private RotaryTables.Table table(Rotary rotary) {
        return store.rotary().table(rotary, frame.beginPosition(), frame.endPosition());
    }

    /** Of each batch row, the row of a table that turns its first token. */
    private int firstRows(RotaryTables.Table table) {
        return tape.list(frame.firstPosition(table.first()));
    }

    private void turnIntoPast(Fusions.Turning t) {
        t.norms().forEach(this::write);
        RotaryTables.Table table = table(t.queries().rotary());
        Value q = t.queries().x(), k = t.keys().x();
        int keys = past.get().address(t.extendKeys().slot()), values = past.get().address(t.values().slot());
        layout.put(t.extendKeys().out(), keys);
        layout.put(t.values().out(), values);
        int[] arguments = {at(q), at(k), at(t.values().x()), frame.batch(), frame.pos(), size(q, q.headAxis()),
                size(k, k.headAxis()), width(q), firstRows(table), table.cosines(), table.sines(),
                at(t.queries().out()), keys, values, past.get().capacity(), frame.sizes().past(),
                tape.list(frame.padding()), t.attend().map(attend -> at(attend.out())).orElse(0),
                t.attend().map(attend -> window(attend.window())).orElse(0)};
        add(t.queries(), t.attend().isPresent() ? Kernel.ATTEND_TOKEN : Kernel.TURN_INTO_PAST, arguments);
    }

    void rotate(Operation o, Value x, Rotary rotary, boolean back, int out) {
        RotaryTables.Table table = table(rotary);
        add(o, Kernel.ROTATE, at(x), frame.batch(), frame.pos(), size(x, x.headAxis()), width(x), firstRows(table),
                table.cosines(), back ? table.minusSines() : table.sines(), out);
    }

    private void extend(Operation.Extend o) {
        if (past.isEmpty()) {
            layout.put(o.out(), at(o.x()));
            return;
        }
        int address = past.get().address(o.slot());
        layout.put(o.out(), address);
        int perPosition = count(o.x()) / frame.batch() / frame.pos();
        add(o, Kernel.EXTEND, at(o.x()), frame.batch(), frame.pos(), perPosition, address, past.get().capacity(),
                frame.sizes().past());
    }

    /** With a pattern that may be anything. */
    void attention(Operation o, Kernel kernel, Value queries, Value keys, int q, int k, int v, int scores, int z,
            int last) {
        int heads = frame.size(queries, "head");
        attention(o, kernel, queries, keys, q, k, v, scores, z, last,
                heads, Attention.SCALED, false, OptionalInt.empty(), 0, frame.batch());
    }

    /** With a pattern that is zero where a query does not see the key. */
    void attention(Operation o, Kernel kernel, Value queries, Value keys, int q, int k, int v, int scores, int z,
            int last, OptionalInt window) {
        int heads = frame.size(queries, "head");
        attention(o, kernel, queries, keys, q, k, v, scores, z, last,
                heads, Attention.SCALED, true, window, 0, frame.batch());
    }

    /**
     * @param stride heads from one position of z to the next
     * @param which  scores, as {@link Attention} has them
     * @param causal whether the pattern is zero for keys that are later than the query or before its window
     * @param row    the first batch row that takes part, where the addresses point to; {@code rows} of them do
     */
    void attention(Operation o, Kernel kernel, Value queries, Value keys, int q, int k, int v, int scores, int z,
            int last, int stride, int which, boolean causal, OptionalInt window, int row, int rows) {
        int[] paddings = rows == frame.batch() ? frame.padding() : Arrays.copyOfRange(frame.padding(), row, row + rows);
        int heads = frame.size(queries, "head"), kvHeads = frame.size(keys, "kvHead");
        add(o, kernel, q, k, v, scores, z, rows, frame.pos(), frame.sizes().key(), heads, kvHeads, width(keys),
                Math.toIntExact(frame.keyStride(keys)), tape.list(paddings), last, stride, which, causal ? 1 : 0,
                window(window));
    }

    /** How many of the latest keys a query sees. */
    private int window(OptionalInt window) {
        return Math.min(window.orElse(frame.sizes().key()), frame.sizes().key());
    }

    /** Inner products of every query with every key, without scale and mask. */
    void products(Operation o, Value queries, Value keys, int q, int k, int out) {
        attention(o, device.tuning().scores(width(queries)), queries, keys, q, k, 0, out, 0, device.number(0),
                frame.size(queries, "head"), Attention.RAW, false, OptionalInt.empty(), 0, frame.batch());
    }

    private void scores(Operation o, Value q, Value k, int out, OptionalInt window) {
        int none = device.number(Double.NEGATIVE_INFINITY);
        attention(o, device.tuning().scores(width(q)), q, k, at(q), at(k), 0, out, 0, none, window);
    }

    private void attend(Operation.Attend o) {
        int heads = frame.size(o.q(), "head"), dHead = width(o.q());
        int queries = frame.batch() * frame.pos() * heads, keys = frame.sizes().key();
        if (dHead > FusedAttention.WIDEST) {
            int scores = layout.take((long) queries * keys, "scores of " + o.out().name());
            scores(o, o.q(), o.k(), scores, o.window());
            add(o, Kernel.SOFTMAX, scores, queries, keys, scores);
            attention(o, Kernel.MIX, o.out(), o.v(), 0, 0, at(o.v()), scores, at(o.out()), 0, o.window());
            return;
        }
        int splits = device.tuning().splits(queries, window(o.window()));
        int scratch = splits == 1 ? 0 : products.scratch((long) queries * splits * (dHead + 2));
        attention(o, device.tuning().attend(frame.pos()), o.q(), o.k(), at(o.q()), at(o.k()), at(o.v()), scratch,
                at(o.out()), splits, o.window());
        if (splits > 1) attention(o, Kernel.JOIN, o.q(), o.k(), 0, 0, 0, scratch, at(o.out()), splits);
    }

    // ---- interventions

    private void copy(Operation o, Value x) {
        if (at(x) != at(o.out())) add(o, Kernel.COPY, at(x), count(x), at(o.out()));
    }

    private void gather(Operation.Gather o) { gather(o, o.x(), frame.regions(o.x(), o.selection()), at(o.out())); }

    private void gather(Operation origin, Value x, Regions regions, int to) {
        regions(regions, (offsets, sources, length, done) -> add(origin, Kernel.GATHER, at(x), tape.list(offsets),
                offsets.length, length, to + done));
    }

    /**
     * A copy of x, and the selected part of it changed.
     *
     * @param own the kernel's own arguments, after those that say where the part lies
     */
    void change(Operation o, Kernel kernel, Value x, Selection selection, Optional<Value> source, int... own) {
        copy(o, x);
        Regions all = source.map(s -> frame.regions(x, selection, s)).orElseGet(() -> frame.regions(x, selection));
        regions(all.once(), (offsets, sources, length, done) -> {
            int from = source.map(this::at).orElse(0), list = source.isPresent() ? tape.list(sources) : 0;
            int[] place = {at(o.out()), tape.list(offsets), offsets.length, length, from, list};
            add(o, kernel, IntStream.concat(IntStream.of(place), IntStream.of(own)).toArray());
        });
    }

    /** A rule as arguments: which one, and the addresses of its numbers. */
    int[] rule(Rule rule) {
        return switch (rule) {
            case Rule.Times(double factor) -> rule(Rules.TIMES, factor, 0);
            case Rule.Clamp(double min, double max) -> rule(Rules.CLAMP, min, max);
        };
    }

    private int[] rule(int which, double a, double b) { return new int[]{which, device.number(a), device.number(b)}; }

    private interface Part { void write(int[] offsets, int[] sources, int length, int done); }

    private void regions(Regions all, Part part) {
        for (int from = 0; from < all.offsets().length; from += MOST_REGIONS) {
            tape.flushIfLong();
            int to = Math.min(from + MOST_REGIONS, all.offsets().length);
            part.write(ints(all.offsets(), from, to), ints(all.sources(), from, to), (int) all.length(),
                    (int) (from * all.length()));
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
        Regions vectors = frame.vectors(o.x(), o.selection()).once();
        int coordinates = products.scratch((long) vectors.offsets().length * directions);
        regions(vectors, (offsets, sources, length, done) -> {
            int list = tape.list(offsets);
            for (Kernel kernel : new Kernel[]{Kernel.COORDINATES, Kernel.COMBINE}) {
                add(o, kernel, at(o.out()), list, offsets.length, width, at(o.basis()), directions, coordinates,
                        o.keep() ? 1 : 0);
            }
        });
    }

    private void hostCall(Operation.HostCall o) {
        copy(o, o.x());
        frame.call(o, new HostFloats() {
            @Override public void read(Regions regions, MemorySegment to) {
                int scratch = products.scratch(to.byteSize() / Float.BYTES);
                gather(o, o.out(), regions, scratch);
                tape.flush();
                MemorySegment.copy(device.read(scratch, to.byteSize() / Float.BYTES), 0, to, 0, to.byteSize());
            }

            @Override public void write(Regions all, MemorySegment from) {
                int scratch = products.scratch(from.byteSize() / Float.BYTES);
                device.write(scratch, from);
                regions(all, (offsets, sources, length, done) -> {
                    int[] inOrder = new int[offsets.length];
                    for (int i = 0; i < inOrder.length; i++) inOrder[i] = done + i * length;
                    int places = tape.list(offsets);
                    add(o, Kernel.REPLACE, at(o.out()), places, offsets.length, length, scratch, tape.list(inOrder), 0);
                });
            }
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
        return new Sets(tape.list(starts), tape.list(Arrays.stream(each).flatMapToInt(Arrays::stream).toArray()),
                starts[rows]);
    }

    /** A set for each batch row, in turn. */
    Tokens sets(Value logits, List<List<Integer>> tokens) {
        return row -> tokens.get(row / size(logits, 1) % tokens.size()).stream().mapToInt(Integer::intValue).toArray();
    }

    /** The token that comes next, where there is one. */
    Tokens nextToken(Value logits, Selection at) {
        int[] next = frame.nextTokens(logits, at);
        return row -> next[row] < 0 ? new int[0] : new int[]{next[row]};
    }

    /** {@code factor} · log Σ p over each row's set of tokens. */
    private void logProbability(Operation o, Value logits, double factor, Tokens tokens) {
        Sets sets = listed(logits, tokens);
        add(o, Kernel.LOG_PROBABILITY, at(logits), rows(logits), width(logits), sets.starts(), sets.tokens(),
                device.number(factor), at(o.out()), device.number(Double.NaN));
    }

    private void rank(Operation.Rank o) {
        int n = size(o.logits(), 1);
        int[] tokens = new int[rows(o.logits())];
        for (int i = 0; i < tokens.length; i++) tokens[i] = o.tokens().get(i / n % o.tokens().size());
        add(o, Kernel.RANK, at(o.logits()), tokens.length, width(o.logits()), tape.list(tokens), at(o.out()));
    }

    private void pairs(Operation o, Kernel kernel, Value x, Value y) {
        regions(frame.vectors(x, y), (offsets, sources, length, done) -> add(o, kernel, at(x), offsets.length, width(x),
                tape.list(offsets), at(y), tape.list(sources), at(o.out()) + done));
    }
}
