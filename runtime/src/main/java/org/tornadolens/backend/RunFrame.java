package org.tornadolens.backend;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Past;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * One run of a program as every backend sees it: lengths of axes, the place of each row's tokens, the elements that a
 * selection takes, the values that lie in a past, and the parts that a host function receives. A backend adds the
 * memory of values, and kernels.
 */
public final class RunFrame {

    private static final Optional<List<Integer>> FIRST = Optional.of(List.of(0));

    private final Inputs in;
    private final Set<Value> extended;
    private final Optional<BackendPast> past;
    private final Sizes sizes;
    private final int[] firstToken, firstPosition;
    private final int begin, end;

    /** @param extended {@link Program#extended}, which is computed once and not in every run */
    public RunFrame(Inputs in, Set<Value> extended) {
        this.in = in;
        this.extended = extended;
        past = in.past().map(RunFrame::made);
        sizes = in.sizes();
        past.ifPresent(this::check);
        firstToken = new int[sizes.batch()];
        firstPosition = new int[sizes.batch()];
        for (int row = 0; row < firstToken.length; row++) {
            firstToken[row] = in.padding()[row] - sizes.past();
            firstPosition[row] = -firstToken[row];
        }
        begin = Math.max(0, Arrays.stream(firstPosition).min().orElse(0));
        end = Math.max(1, Arrays.stream(firstPosition).max().orElse(0) + sizes.pos());
    }

    private static BackendPast made(Past past) {
        if (past instanceof BackendPast own) return own;
        throw new IllegalArgumentException("a past that no backend has made: " + past.getClass().getName());
    }

    private void check(BackendPast p) {
        if (p.batch() != sizes.batch()) {
            throw new IllegalArgumentException("a run of " + sizes.batch() + " rows with a past of " + p.batch());
        }
        if (sizes.key() > p.capacity()) {
            throw new IllegalArgumentException(
                    sizes.pos() + " positions after " + p.length() + " in a past of " + p.capacity());
        }
    }

    // ---- tokens and positions

    public Sizes sizes() { return sizes; }

    public int batch() { return sizes.batch(); }

    /** Positions that this run computes. */
    public int pos() { return sizes.pos(); }

    /** Ids [batch, pos], row by row. */
    public int[] tokens() { return in.tokens(); }

    /** Left padding of each row, counted from the start of the past: keys that no query sees. */
    public int[] padding() {
        return in.padding();
    }

    /**
     * Index of each row's first real token, relative to this run's first position; negative where it lies in the past.
     */
    public int[] firstToken() { return firstToken; }

    /** Position of this run's first index in each row, relative to the row's first real token; negative in padding. */
    public int[] firstPosition() {
        return firstPosition;
    }

    /**
     * Returns {@link #firstPosition()} relative to a position: row indices of a table that begins with that position.
     */
    public int[] firstPosition(int from) {
        return from == 0 ? firstPosition : Arrays.stream(firstPosition).map(first -> first - from).toArray();
    }

    /** The first position of a real token in this run. */
    public int beginPosition() { return begin; }

    /** One past the last position of a real token in this run, at least 1: the length of the longest row by then. */
    public int endPosition() {
        return end;
    }

    /** Returns the tokens that follow the selected positions, row by row; -1 where there is none, and in padding. */
    public int[] nextTokens(Value logits, Selection at) {
        int n = size(logits, 1);
        int[] next = new int[batch() * n];
        for (int row = 0; row < batch(); row++) {
            int[] indices = positions(at, row);
            for (int i = 0; i < n; i++) {
                int t = indices[i];
                next[row * n + i] = t < firstToken[row] ? -1 : in.next(row, t);
            }
        }
        return next;
    }

    /** Returns the positions of this run that a selection takes of a row. */
    private int[] positions(Selection selection, int row) {
        return selection.positions().map(named -> Positions.indices(named, firstToken[row], pos()))
                .orElseGet(() -> IntStream.range(0, pos()).toArray());
    }

    // ---- axes

    /** The length of an axis. */
    public int size(Value value, int axis) {
        return value.dimensions().get(axis).size().bind(sizes);
    }

    public int size(Value value, String axis) { return size(value, value.axis(axis)); }

    /** The length of the last axis. */
    public int width(Value value) {
        return size(value, value.dimensions().size() - 1);
    }

    public long elements(Value value) { return value.elements(sizes); }

    /** Number of vectors along the last axis. */
    public int rows(Value value) {
        return (int) (elements(value) / width(value));
    }

    /** Batch rows times positions of a value, which are its first axes. */
    public int tokenRows(Value value) {
        return size(value, 0) * size(value, 1);
    }

    /** Returns the shape of a value in this run; lent data has its own. */
    public Shape shape(Value value) {
        Tensor given = in.given().get(value);
        return given != null ? given.shape() : value.shape(sizes);
    }

    /** Returns the data that the caller gives or lends as a value. */
    public Tensor given(Value value) {
        return in.given().get(value);
    }

    // ---- the past

    /** Returns the memory of this run's past. */
    public <M extends PastMemory> Optional<M> past(Class<M> memory) {
        return past.map(BackendPast::memory).map(own -> {
            if (!memory.isInstance(own)) throw new IllegalArgumentException("a past of another backend: " + own);
            return memory.cast(own);
        });
    }

    /** Whether a value lies in a past: attention's keys and values, where the run has one. */
    public boolean inPast(Value value) {
        return past.isPresent() && extended.contains(value);
    }

    /** Returns the elements from one batch row of keys or values to the next; a past has spare capacity. */
    public long keyStride(Value value) {
        long perPosition = elements(value) / batch() / size(value, 1);
        return perPosition * (inPast(value) ? past.orElseThrow().capacity() : size(value, 1));
    }

    /** Adds this run's positions to the past. */
    public void end() { past.ifPresent(p -> p.grow(pos())); }

    // ---- selections

    /** Returns the elements that a selection takes of a value. */
    public Regions regions(Value value, Selection selection) {
        return Regions.of(value, selection, sizes, firstToken);
    }

    /**
     * Returns the elements that a selection takes, with the corresponding ones of a source: axes of length 1 are
     * repeated, batch rows cycled.
     */
    public Regions regions(Value value, Selection selection, Value source) {
        return Regions.of(value, selection, sizes, firstToken, shape(source));
    }

    /** Returns the start of every selected vector along the last axis. */
    public Regions vectors(Value value, Selection selection) {
        return regions(value, selection.columns(FIRST));
    }

    /** Returns the start of every vector along the last axis and of the corresponding vector of a source. */
    public Regions vectors(Value value, Value source) {
        return regions(value, Selection.ALL.columns(FIRST), source);
    }

    // ---- code of the host

    /** Passes the selected parts of a host call's result, which holds a copy of its input, through its function. */
    public void call(Operation.HostCall call, HostFloats result) {
        new HostParts(this, call, result).run();
    }
}
