package org.tornadolens.program;

import java.util.List;
import java.util.OptionalInt;
import java.util.function.UnaryOperator;

/**
 * What the backward pass of a program is made of, beside the operations that are their own derivatives. Each takes the
 * gradient {@code dy} of the metric with respect to what an operation made, and gives the gradient with respect to one
 * thing that the operation read: a value, or a parameter, [rows, columns]. {@link Differentiation} places them. Letters
 * are those of {@link Operation}.
 */
public sealed interface Derivative extends Operation.WholeRun {

    // ---- linear layers

    /** Of {@link Operation.Project} by its input: dx = dy · W, [B,T,out] → the input's axes. */
    record ProjectInput(Value dy, Parameter weight, Value out) implements Derivative, Parameterised {
        @Override public Parameter parameter() { return weight; }
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new ProjectInput(f.apply(dy), weight, o);
        }
    }

    /** Of {@link Operation.Project} by its weight: dW = dyᵀ · x, summed over batch and positions. */
    record ProjectWeight(Value dy, Value x, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new ProjectWeight(f.apply(dy), f.apply(x), o);
        }
    }

    /** Of {@link Operation.ProjectHeads} by its input: [B,T,H,dHead] → [B,T,H,D]. */
    record ProjectHeadsInput(Value dy, Parameter weight, Value out) implements Derivative, Parameterised {
        @Override public Parameter parameter() { return weight; }
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new ProjectHeadsInput(f.apply(dy), weight, o);
        }
    }

    /** Of {@link Operation.ProjectHeads} by its weight, every head its own rows. */
    record ProjectHeadsWeight(Value dy, Value x, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new ProjectHeadsWeight(f.apply(dy), f.apply(x), o);
        }
    }

    /** Of {@link Operation.HeadResult} by z: [B,T,heads,D] → [B,T,H,dHead], zero for the heads left out. */
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

    /** Of {@link Operation.HeadResult} by its weight, zero in the columns of the heads left out. */
    record HeadResultWeight(Value dy, Value z, List<Integer> heads, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, z); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new HeadResultWeight(f.apply(dy), f.apply(z), heads, o);
        }
    }

    /** Of {@link Operation.Bias} by its bias: Σ dy over batch and positions, [1, width]. */
    record BiasWeight(Value dy, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new BiasWeight(f.apply(dy), o); }
    }

    /** Of {@link Operation.Embed} by its table: every row the sum over the places where its token stands. */
    record EmbedTable(Value dy, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) { return new EmbedTable(f.apply(dy), o); }
    }

    // ---- RMSNorm

    /** Of {@link Operation.NormScale} by its input: dx = dy · x / (D · scale). */
    record NormScaleInput(Value x, Value scale, Value dy, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(x, scale, dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new NormScaleInput(f.apply(x), f.apply(scale), f.apply(dy), o);
        }
    }

    /** Of {@link Operation.Normalize} by its scale: -Σ dy · x / scale², [..., 1]. */
    record NormalizeScale(Value dy, Value x, Value scale, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x, scale); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new NormalizeScale(f.apply(dy), f.apply(x), f.apply(scale), o);
        }
    }

    /** Of {@link Operation.Gain} by its gain: Σ dy · x over all rows. */
    record GainWeight(Value dy, Value x, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new GainWeight(f.apply(dy), f.apply(x), o);
        }
    }

    /** Of {@link Operation.RmsNorm} by its input. */
    record RmsNormInput(Value dy, Value x, Parameter gain, double eps, Value out) implements Derivative, Parameterised {
        @Override public Parameter parameter() { return gain; }
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new RmsNormInput(f.apply(dy), f.apply(x), gain, eps, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** Of {@link Operation.RmsNorm} by its gain: Σ dy · x / scale over all rows. */
    record RmsNormGain(Value dy, Value x, double eps, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new RmsNormGain(f.apply(dy), f.apply(x), eps, o);
        }
    }

    // ---- attention

    /** Of {@link Operation.Rotate}: turned back, and multiplied by the same magnitude. */
    record RotateInput(Value dy, Rotary rotary, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new RotateInput(f.apply(dy), rotary, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** Of {@link Operation.Scores} by the queries; what is masked has no influence. */
    record ScoresQueries(Value dy, Value k, OptionalInt window, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, k); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new ScoresQueries(f.apply(dy), f.apply(k), window, o);
        }
    }

    /** Of {@link Operation.Scores} by the keys, summed over the heads that share them. */
    record ScoresKeys(Value dy, Value q, OptionalInt window, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, q); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new ScoresKeys(f.apply(dy), f.apply(q), window, o);
        }
    }

    /** Of {@link Operation.Softmax}: pattern · (dy - Σ pattern · dy). */
    record SoftmaxInput(Value dy, Value pattern, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, pattern); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new SoftmaxInput(f.apply(dy), f.apply(pattern), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** Of {@link Operation.Mix} by the pattern: dy · vᵀ, behind the mask too. */
    record MixPattern(Value dy, Value v, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, v); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new MixPattern(f.apply(dy), f.apply(v), o);
        }
    }

    /** Of {@link Operation.Mix} by the values, summed over the heads that share them. */
    record MixValues(Value dy, Value pattern, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, pattern); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new MixValues(f.apply(dy), f.apply(pattern), o);
        }
    }

    /**
     * Of {@link Operation.Attend} by all that it reads, the pattern computed anew: [B,T,H+2K,dHead], the gradients of
     * the queries' heads followed by those of the keys' and the values'.
     */
    record AttendInputs(Value dy, Value q, Value k, Value v, OptionalInt window, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, q, k, v); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new AttendInputs(f.apply(dy), f.apply(q), f.apply(k), f.apply(v), window, o);
        }
    }

    // ---- elementwise and selections

    /** Of {@link Operation.SwiGlu} by the gate: dy · up · σ(gate) · (1 + gate · (1 - σ(gate))). */
    record SwiGluGate(Value dy, Value gate, Value up, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, gate, up); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new SwiGluGate(f.apply(dy), f.apply(gate), f.apply(up), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** Of {@link Operation.SwiGlu} by the up projection: dy · SiLU(gate). */
    record SwiGluUp(Value dy, Value gate, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, gate); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new SwiGluUp(f.apply(dy), f.apply(gate), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /**
     * Of {@link Operation.Gather}: dy put back where it was taken from, zero elsewhere; what was taken twice is added
     * up.
     */
    record Scatter(Value dy, Selection selection, Value out) implements Derivative, Selective {
        @Override public Operation withSelection(Selection some) { return new Scatter(dy, some, out); }
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new Scatter(f.apply(dy), selection, o);
        }
    }

    /** Of {@link Operation.Pointwise}: dy, the selected part of it times the rule's slope at x. */
    record PointwiseInput(Value dy, Value x, Selection selection, Rule rule, Value out)
            implements
                Derivative,
                Selective {
        @Override public Operation withSelection(Selection some) { return new PointwiseInput(dy, x, some, rule, out); }
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new PointwiseInput(f.apply(dy), f.apply(x), selection, rule, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /**
     * Of {@link Operation.Shift}, and with {@code times} 1 of {@link Operation.Replace}, by the source: {@code times} ·
     * the selected part of dy, added up where the source was repeated.
     */
    record SourceInput(Value dy, Selection selection, double times, Value out) implements Derivative, Selective {
        @Override public Operation withSelection(Selection some) { return new SourceInput(dy, some, times, out); }
        @Override public List<Value> inputs() { return List.of(dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new SourceInput(f.apply(dy), selection, times, o);
        }
    }

    // ---- metrics

    /** Of {@link Operation.NextTokenLoss}: dy · (softmax - the next token's one), zero where there is no next token. */
    record NextTokenLossInput(Value logits, Value dy, Selection at, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(logits, dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new NextTokenLossInput(f.apply(logits), f.apply(dy), at, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** Of {@link Operation.Dot} by its first factor: dy · y, y repeated as there. */
    record DotFirst(Value dy, Value y, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, y); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new DotFirst(f.apply(dy), f.apply(y), o);
        }
    }

    /** Of {@link Operation.Dot} by its second factor: dy · x, added up where that was repeated. */
    record DotSecond(Value dy, Value x, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(dy, x); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new DotSecond(f.apply(dy), f.apply(x), o);
        }
    }

    /** Of {@link Operation.LogProbability}: dy · (softmax among the tokens - softmax among all). */
    record LogProbabilityInput(Value logits, Value dy, List<List<Integer>> tokens, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(logits, dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new LogProbabilityInput(f.apply(logits), f.apply(dy), tokens, o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** Of {@link Operation.KlDivergence} by the logits: dy · (softmax - the reference's softmax). */
    record KlDivergenceInput(Value logits, Value dy, Value reference, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(logits, dy, reference); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new KlDivergenceInput(f.apply(logits), f.apply(dy), f.apply(reference), o);
        }
        @Override public boolean inPlace() { return true; }
    }

    /** Of {@link Operation.MeanPositions}: dy / the number of positions that count; zero at those that do not. */
    record MeanPositionsInput(Value x, Value dy, Value out) implements Derivative {
        @Override public List<Value> inputs() { return List.of(x, dy); }
        @Override public Operation with(UnaryOperator<Value> f, Value o) {
            return new MeanPositionsInput(f.apply(x), f.apply(dy), o);
        }
        @Override public boolean inPlace() { return true; }
    }
}
