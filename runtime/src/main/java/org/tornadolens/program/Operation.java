package org.tornadolens.program;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * One step of a program: it reads values and weights and makes one value. A backend is a total switch over these
 * records. Shapes are written with B batch, T pos, S key, H query heads, K key/value heads, D dModel, F dMlp, V dVocab.
 */
public sealed interface Operation permits Operation.Supplied, Operation.PositionWise, Operation.WholeRun {

    /** The value that it makes. */
    Value out();

    /** The values that it reads. */
    List<Value> inputs();

    /**
     * Returns the same operation on other values: {@code f} maps every value that it reads, {@code out} is the value
     * that it makes.
     */
    Operation with(UnaryOperator<Value> f, Value out);

    /** Whether a backend may write {@code out} over the first input, once no other operation reads that. */
    default boolean inPlace() {
        return false;
    }

    // ---- the three kinds of operations, by the positions that they read

    /** Computes nothing: the caller of the run supplies the value, with the positions that are read. */
    sealed interface Supplied extends Operation {}

    /**
     * Makes each position of its result from the same position of its inputs, wherever that is in the run: it works on
     * the last few positions as it does on all.
     */
    sealed interface PositionWise extends Operation {}

    /** An intervention that runs as a kernel: x with the selected part changed, each position by itself. */
    sealed interface SelectiveChange extends PositionWise, Selective {
        Value x();

        @Override default boolean inPlace() { return true; }
    }

    /** Reads several positions for one position of its result, or depends on where in the run they are. */
    sealed interface WholeRun extends Operation
            permits Embed, Rotate, Extend, Attention, Gather, HostCall, NextTokenLoss, MeanPositions, Derivative {}

    /** Reads keys or values of every position up to its own, including those that lie in a past. */
    sealed interface Attention extends WholeRun {}

    // ---- sources

    /** The rows of the embedding for the run's tokens: [B,T,D]. */
    record Embed(Parameter table, Value out) implements WholeRun, Parameterised {
        @Override public Parameter parameter() { return table; }
        @Override public List<Value> inputs() { return List.of(); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Embed(table, o); }
    }

    /**
     * A value that the caller of the run gives instead of computing it; rows given once are repeated over the batch.
     */
    record Given(Value out) implements Supplied {
        @Override public List<Value> inputs() { return List.of(); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Given(o); }
    }

    /**
     * Data that the caller of the run lends to operations that take it as their source. It is read where it lies and
     * never overwritten. Its axes may have length 1 where those of the value to be changed are longer.
     */
    record Lent(Value out) implements Supplied {
        @Override public List<Value> inputs() { return List.of(); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Lent(o); }
    }

    // ---- RMSNorm (Zhang and Sennrich 2019)

    /** sqrt(mean(x²) + eps) over the last axis: [..., 1]. */
    record NormScale(Value x, double eps, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new NormScale(f.apply(x), eps, o); }
    }

    /** x / scale. */
    record Normalize(Value x, Value scale, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(x, scale); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Normalize(f.apply(x), f.apply(scale), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** x · gain, elementwise over the last axis. */
    record Gain(Value x, Parameter gain, Value out) implements PositionWise, Parameterised {
        @Override public Parameter parameter() { return gain; }
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Gain(f.apply(x), gain, o); }
        @Override public boolean inPlace() { return true; }
    }

    /** The three operations above as one, for when no other operation reads the intermediate values. */
    record RmsNorm(Value x, Parameter gain, double eps, Value out) implements PositionWise, Parameterised {
        @Override public Parameter parameter() { return gain; }
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new RmsNorm(f.apply(x), gain, eps, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    // ---- linear layers

    /** x · Wᵀ, with the trailing axes of x flattened to W's columns: [B,T,in] → [B,T,out]. */
    record Linear(Value x, Parameter weight, Value out) implements PositionWise, Parameterised {
        @Override public Parameter parameter() { return weight; }
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Linear(f.apply(x), weight, o); }
    }

    /** The input of every head times the head's own rows of W: [B,T,H,D] → [B,T,H,dHead]. */
    record LinearPerHead(Value x, Parameter weight, Value out) implements PositionWise, Parameterised {
        @Override public Parameter parameter() { return weight; }
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new LinearPerHead(f.apply(x), weight, o);
        }
    }

    /** z · W_O separately for each of some heads: [B,T,H,dHead] → [B,T,heads,D]. */
    record HeadResult(Value z, Parameter weight, List<Integer> heads, Value out)
            implements
                PositionWise,
                Parameterised {
        @Override public Parameter parameter() { return weight; }
        @Override public List<Value> inputs() { return List.of(z); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new HeadResult(f.apply(z), weight, heads, o);
        }
    }

    /** x + bias [1, width], with the axes of x after batch and pos flattened to the width: [B,T,F] or [B,T,H,dHead]. */
    record Bias(Value x, Parameter bias, Value out) implements PositionWise, Parameterised {
        @Override public Parameter parameter() { return bias; }
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Bias(f.apply(x), bias, o); }
        @Override public boolean inPlace() { return true; }
    }

    // ---- attention

    /** Rotary embedding of queries or keys: [B,T,H,dHead]. */
    record Rotate(Value x, Rotary rotary, Value out) implements WholeRun {
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Rotate(f.apply(x), rotary, o); }
        @Override public boolean inPlace() { return true; }
    }

    /** The past's positions followed by x, which is stored there for later runs: [B,T,K,dHead] → [B,S,K,dHead]. */
    record Extend(Value x, Slot slot, Value out) implements WholeRun {
        /** A part of the past: the keys or the values of a layer. */
        public record Slot(int layer, Kind kind) {}
        public enum Kind { KEYS, VALUES }

        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Extend(f.apply(x), slot, o); }
    }

    /**
     * q · kᵀ / sqrt(dHead), -inf where the key is later, padding or outside the window: [B,H,T,S].
     *
     * @param window number of latest keys that a query sees, including its own (Beltagy et al. 2020, Jiang et al.
     *               2023); absent: all
     */
    record Scores(Value q, Value k, OptionalInt window, Value out) implements Attention {
        public Scores {
            requireWindow(window);
        }

        public Scores(Value q, Value k, Value out) { this(q, k, OptionalInt.empty(), out); }

        @Override public List<Value> inputs() { return List.of(q, k); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Scores(f.apply(q), f.apply(k), window, o);
        }
    }

    /** Softmax over keys; a row that is entirely masked becomes zeros. */
    record Softmax(Value scores, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(scores); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Softmax(f.apply(scores), o); }
        @Override public boolean inPlace() { return true; }
    }

    /** Values weighted by the pattern: [B,T,H,dHead]. */
    record Mix(Value pattern, Value v, Value out) implements Attention {
        @Override public List<Value> inputs() { return List.of(pattern, v); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Mix(f.apply(pattern), f.apply(v), o);
        }
    }

    /**
     * The three operations above as one, without scores or pattern in memory, for when no other operation reads them.
     */
    record Attend(Value q, Value k, Value v, OptionalInt window, Value out) implements Attention {
        public Attend {
            requireWindow(window);
        }

        public Attend(Value q, Value k, Value v, Value out) { this(q, k, v, OptionalInt.empty(), out); }

        @Override public List<Value> inputs() { return List.of(q, k, v); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Attend(f.apply(q), f.apply(k), f.apply(v), window, o);
        }
    }

    private static void requireWindow(OptionalInt window) {
        if (window.orElse(1) >= 1) return;
        throw new IllegalArgumentException("a window of " + window.getAsInt() + " keys leaves a query none");
    }

    // ---- elementwise and copies

    /** a + b, of equal axes. */
    record Sum(Value a, Value b, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(a, b); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Sum(f.apply(a), f.apply(b), o); }
        @Override public boolean inPlace() { return true; }
    }

    /** SiLU(gate) · up (Shazeer 2020): [B,T,F]. */
    record SwiGlu(Value gate, Value up, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(gate, up); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new SwiGlu(f.apply(gate), f.apply(up), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** The same value under another name; it takes memory only where both are kept. */
    record Copy(Value x, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Copy(f.apply(x), o); }
        @Override public boolean inPlace() { return true; }
    }

    /** One copy for every head: [B,T,D] → [B,T,H,D]. */
    record Repeat(Value x, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Repeat(f.apply(x), o); }
    }

    /** Sum over heads: [B,T,H,D] → [B,T,D]. */
    record SumHeads(Value x, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new SumHeads(f.apply(x), o); }
    }

    /** The selected part of a value, with axes shortened to it. */
    record Gather(Value x, Selection selection, Value out) implements WholeRun, Selective {
        @Override public Operation withSelection(Selection part) { return new Gather(x, part, out); }
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Gather(f.apply(x), selection, o);
        }
    }

    // ---- interventions

    /** x with the selected part set to zero. */
    record Zero(Value x, Selection selection, Value out) implements SelectiveChange {
        @Override public Operation withSelection(Selection part) { return new Zero(x, part, out); }
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Zero(f.apply(x), selection, o); }
    }

    /** x with a rule applied to every number of the selected part. */
    record Pointwise(Value x, Selection selection, Rule rule, Value out) implements SelectiveChange {
        @Override public Operation withSelection(Selection part) { return new Pointwise(x, part, rule, out); }
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Pointwise(f.apply(x), selection, rule, o);
        }
    }

    /**
     * x with the selected part replaced by that of a source with the same axes. Axes of length 1 in the source are
     * repeated; its batch rows are cycled where it has fewer.
     */
    record Replace(Value x, Value source, Selection selection, Value out) implements SelectiveChange {
        @Override public Operation withSelection(Selection part) { return new Replace(x, source, part, out); }
        @Override public List<Value> inputs() { return List.of(x, source); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Replace(f.apply(x), f.apply(source), selection, o);
        }
    }

    /** x with {@code times} · source added to the selected part; the source is repeated as for {@link Replace}. */
    record Shift(Value x, Value source, double times, Selection selection, Value out) implements SelectiveChange {
        @Override public Operation withSelection(Selection part) { return new Shift(x, source, times, part, out); }
        @Override public List<Value> inputs() { return List.of(x, source); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Shift(f.apply(x), f.apply(source), times, selection, o);
        }
    }

    /**
     * x with each selected vector along the last axis projected onto the span of a basis, or onto its complement.
     * Columns cannot be selected.
     *
     * @param basis orthonormal rows: [direction, last axis of x]
     * @param keep  true keeps the component in the span, false removes it
     */
    record Subspace(Value x, Value basis, boolean keep, Selection selection, Value out) implements SelectiveChange {
        @Override public Operation withSelection(Selection part) { return new Subspace(x, basis, keep, part, out); }
        @Override public List<Value> inputs() { return List.of(x, basis); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Subspace(f.apply(x), f.apply(basis), keep, selection, o);
        }
    }

    /** x with the selected part passed through a function of the host: the only operation that interrupts a program. */
    record HostCall(Value x, Selection selection, HostFunction function, Value out) implements WholeRun, Selective {
        @Override public Operation withSelection(Selection part) { return new HostCall(x, part, function, out); }
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new HostCall(f.apply(x), selection, function, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    // ---- metrics

    /**
     * Next-token loss, -log p, in nats: [B,T,V] → [B,T]. NaN where a position has no next token: the last position and
     * padding.
     *
     * @param at the positions to which the rows of {@code logits} belong; absent: every position
     */
    record NextTokenLoss(Value logits, Selection at, Value out) implements WholeRun {
        @Override public List<Value> inputs() { return List.of(logits); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new NextTokenLoss(f.apply(logits), at, o);
        }
    }

    /** Inner products over the last axis: [B,T,D] · [B,T,D] → [B,T]; y is repeated as for {@link Replace}. */
    record Dot(Value x, Value y, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(x, y); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new Dot(f.apply(x), f.apply(y), o); }
    }

    /** Log probability, log Σ p in nats, of each batch row's set of tokens; sets are cycled: [B,T,V] → [B,T]. */
    record LogProbability(Value logits, List<List<Integer>> tokens, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(logits); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new LogProbability(f.apply(logits), tokens, o);
        }
    }

    /** Number of tokens with a greater logit than each batch row's token; tokens are cycled: [B,T,V] → [B,T]. */
    record Rank(Value logits, List<Integer> tokens, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(logits); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Rank(f.apply(logits), tokens, o);
        }
    }

    /**
     * Kullback-Leibler divergence of the distributions of two sets of logits, KL(reference ‖ logits), in nats:
     * [B,T,V] → [B,T]; the reference is repeated as for {@link Replace}.
     */
    record KlDivergence(Value logits, Value reference, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(logits, reference); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new KlDivergence(f.apply(logits), f.apply(reference), o);
        }
    }

    /** Mean of each row over the positions that are not NaN: [B,T] → [B]. */
    record MeanPositions(Value x, Value out) implements WholeRun {
        @Override public List<Value> inputs() { return List.of(x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new MeanPositions(f.apply(x), o); }
    }

    /** Index of the largest logit, the first of equal ones, as a float: [B,T,V] → [B,T]. */
    record ArgMax(Value logits, Value out) implements PositionWise {
        @Override public List<Value> inputs() { return List.of(logits); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new ArgMax(f.apply(logits), o); }
    }
}
