package org.tornadolens.program;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * The operations of a backward pass, besides those that are their own derivatives. Each takes {@code dy}, the gradient
 * of the metric with respect to the value that an operation made, and computes the gradient with respect to one input
 * of the operation: a value, or a parameter, [rows, columns]. {@link Differentiation} inserts them. Letters are those
 * of {@link Operation}.
 */
public sealed interface Derivative extends Operation.WholeRun {

    // ---- linear layers

    /**
     * The derivative of {@link Operation.Linear} with respect to its input: dx = dy · W, [B,T,out] → the input's axes.
     */
    record LinearInput(Value dy, Parameter weight, Value out) implements Derivative, Parameterised {
        @Override public Parameter parameter() { return weight; }
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new LinearInput(f.apply(dy), weight, o);
        }
    }

    /**
     * The derivative of {@link Operation.Linear} with respect to its weight: dW = dyᵀ · x, summed over batch and
     * positions.
     */
    record LinearWeight(Value dy, Value x, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new LinearWeight(f.apply(dy), f.apply(x), o);
        }
    }

    /** The derivative of {@link Operation.LinearPerHead} with respect to its input: [B,T,H,dHead] → [B,T,H,D]. */
    record LinearPerHeadInput(Value dy, Parameter weight, Value out) implements Derivative, Parameterised {
        @Override public Parameter parameter() { return weight; }
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new LinearPerHeadInput(f.apply(dy), weight, o);
        }
    }

    /** The derivative of {@link Operation.LinearPerHead} with respect to its weight, every head's own rows. */
    record LinearPerHeadWeight(Value dy, Value x, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new LinearPerHeadWeight(f.apply(dy), f.apply(x), o);
        }
    }

    /**
     * The derivative of {@link Operation.HeadResult} with respect to z: [B,T,heads,D] → [B,T,H,dHead], zero for heads
     * that are not selected.
     */
    record HeadResultInput(Value dy, Parameter weight, List<Integer> heads, Value out)
            implements
                Derivative,
                Parameterised {
        @Override public Parameter parameter() { return weight; }
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new HeadResultInput(f.apply(dy), weight, heads, o);
        }
    }

    /**
     * The derivative of {@link Operation.HeadResult} with respect to its weight, zero in the columns of heads that are
     * not selected.
     */
    record HeadResultWeight(Value dy, Value z, List<Integer> heads, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, z); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new HeadResultWeight(f.apply(dy), f.apply(z), heads, o);
        }
    }

    /** The derivative of {@link Operation.Bias} with respect to its bias: Σ dy over batch and positions, [1, width]. */
    record BiasWeight(Value dy, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new BiasWeight(f.apply(dy), o); }
    }

    /**
     * The derivative of {@link Operation.Embed} with respect to its table: each row is the sum over the occurrences of
     * its token.
     */
    record EmbedTable(Value dy, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new EmbedTable(f.apply(dy), o); }
    }

    // ---- RMSNorm

    /** The derivative of {@link Operation.NormScale} with respect to its input: dx = dy · x / (D · scale). */
    record NormScaleInput(Value x, Value scale, Value dy, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(x, scale, dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new NormScaleInput(f.apply(x), f.apply(scale), f.apply(dy), o);
        }
    }

    /** The derivative of {@link Operation.Normalize} with respect to its scale: -Σ dy · x / scale², [..., 1]. */
    record NormalizeScale(Value dy, Value x, Value scale, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x, scale); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new NormalizeScale(f.apply(dy), f.apply(x), f.apply(scale), o);
        }
    }

    /** The derivative of {@link Operation.Gain} with respect to its gain: Σ dy · x over all rows. */
    record GainWeight(Value dy, Value x, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new GainWeight(f.apply(dy), f.apply(x), o);
        }
    }

    /** The derivative of {@link Operation.RmsNorm} with respect to its input. */
    record RmsNormInput(Value dy, Value x, Parameter gain, double eps, Value out) implements Derivative, Parameterised {
        @Override public Parameter parameter() { return gain; }
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new RmsNormInput(f.apply(dy), f.apply(x), gain, eps, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** The derivative of {@link Operation.RmsNorm} with respect to its gain: Σ dy · x / scale over all rows. */
    record RmsNormGain(Value dy, Value x, double eps, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new RmsNormGain(f.apply(dy), f.apply(x), eps, o);
        }
    }

    // ---- attention

    /** The derivative of {@link Operation.Rotate}: the inverse rotation, multiplied by the same magnitude. */
    record RotateInput(Value dy, Rotary rotary, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new RotateInput(f.apply(dy), rotary, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** The derivative of {@link Operation.Scores} with respect to the queries; masked entries have no influence. */
    record ScoresQueries(Value dy, Value k, OptionalInt window, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, k); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new ScoresQueries(f.apply(dy), f.apply(k), window, o);
        }
    }

    /** The derivative of {@link Operation.Scores} with respect to the keys, summed over the heads that share them. */
    record ScoresKeys(Value dy, Value q, OptionalInt window, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, q); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new ScoresKeys(f.apply(dy), f.apply(q), window, o);
        }
    }

    /** The derivative of {@link Operation.Softmax}: pattern · (dy - Σ pattern · dy). */
    record SoftmaxInput(Value dy, Value pattern, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, pattern); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new SoftmaxInput(f.apply(dy), f.apply(pattern), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** The derivative of {@link Operation.Mix} with respect to the pattern: dy · vᵀ, also where it is masked. */
    record MixPattern(Value dy, Value v, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, v); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new MixPattern(f.apply(dy), f.apply(v), o);
        }
    }

    /** The derivative of {@link Operation.Mix} with respect to the values, summed over the heads that share them. */
    record MixValues(Value dy, Value pattern, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, pattern); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new MixValues(f.apply(dy), f.apply(pattern), o);
        }
    }

    /**
     * The derivative of {@link Operation.Attend} with respect to all its inputs, with the pattern recomputed:
     * [B,T,H+2K,dHead], the gradients of query heads followed by those of key heads and value heads.
     */
    record AttendInputs(Value dy, Value q, Value k, Value v, OptionalInt window, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, q, k, v); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new AttendInputs(f.apply(dy), f.apply(q), f.apply(k), f.apply(v), window, o);
        }
    }

    // ---- elementwise and selections

    /**
     * The derivative of {@link Operation.SwiGlu} with respect to the gate: dy · up · σ(gate) · (1 + gate · (1 -
     * σ(gate))).
     */
    record SwiGluGate(Value dy, Value gate, Value up, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, gate, up); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new SwiGluGate(f.apply(dy), f.apply(gate), f.apply(up), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** The derivative of {@link Operation.SwiGlu} with respect to up: dy · SiLU(gate). */
    record SwiGluUp(Value dy, Value gate, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, gate); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new SwiGluUp(f.apply(dy), f.apply(gate), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /**
     * The derivative of {@link Operation.Gather}: dy added at the places from which elements were taken, zero
     * elsewhere.
     */
    record Scatter(Value dy, Selection selection, Value out) implements Derivative, Selective {
        @Override public Operation withSelection(Selection part) { return new Scatter(dy, part, out); }
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Scatter(f.apply(dy), selection, o);
        }
    }

    /**
     * The derivative of {@link Operation.Pointwise}: dy, with the selected part multiplied by the rule's slope at x.
     */
    record PointwiseInput(Value dy, Value x, Selection selection, Rule rule, Value out)
            implements
                Derivative,
                Selective {
        @Override public Operation withSelection(Selection part) { return new PointwiseInput(dy, x, part, rule, out); }
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new PointwiseInput(f.apply(dy), f.apply(x), selection, rule, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /**
     * The derivative of {@link Operation.Shift}, and with {@code times} 1 of {@link Operation.Replace}, with respect to
     * the source: {@code times} · the selected part of dy, summed where the source was repeated.
     */
    record SourceInput(Value dy, Selection selection, double times, Value out) implements Derivative, Selective {
        @Override public Operation withSelection(Selection part) { return new SourceInput(dy, part, times, out); }
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new SourceInput(f.apply(dy), selection, times, o);
        }
    }

    // ---- metrics

    /**
     * The derivative of {@link Operation.NextTokenLoss}: dy · (softmax - one-hot of the next token), zero where there
     * is no next token.
     */
    record NextTokenLossInput(Value logits, Value dy, Selection at, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(logits, dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new NextTokenLossInput(f.apply(logits), f.apply(dy), at, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /**
     * The derivative of {@link Operation.Dot} with respect to its first factor: dy · y, where y is repeated as there.
     */
    record DotFirst(Value dy, Value y, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, y); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new DotFirst(f.apply(dy), f.apply(y), o);
        }
    }

    /**
     * The derivative of {@link Operation.Dot} with respect to its second factor: dy · x, summed where that was
     * repeated.
     */
    record DotSecond(Value dy, Value x, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new DotSecond(f.apply(dy), f.apply(x), o);
        }
    }

    /** The derivative of {@link Operation.LogProbability}: dy · (softmax among the tokens - softmax among all). */
    record LogProbabilityInput(Value logits, Value dy, List<List<Integer>> tokens, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(logits, dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new LogProbabilityInput(f.apply(logits), f.apply(dy), tokens, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /**
     * The derivative of {@link Operation.KlDivergence} with respect to the logits: dy · (softmax - the reference's
     * softmax).
     */
    record KlDivergenceInput(Value logits, Value dy, Value reference, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(logits, dy, reference); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new KlDivergenceInput(f.apply(logits), f.apply(dy), f.apply(reference), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /**
     * The derivative of {@link Operation.MeanPositions}: dy / the number of positions that are not NaN; zero at those
     * that are.
     */
    record MeanPositionsInput(Value x, Value dy, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(x, dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new MeanPositionsInput(f.apply(x), f.apply(dy), o);
        }
        @Override public boolean inPlace() { return true; }
    }
}
