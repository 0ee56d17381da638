package org.tornadolens.architecture;

import static org.tornadolens.architecture.AxisKind.BATCH_ROW;
import static org.tornadolens.architecture.AxisKind.D_HEAD;
import static org.tornadolens.architecture.AxisKind.D_MODEL;
import static org.tornadolens.architecture.AxisKind.HEAD;
import static org.tornadolens.architecture.AxisKind.KV_HEAD;
import static org.tornadolens.architecture.AxisKind.NORM_SCALE;
import static org.tornadolens.architecture.AxisKind.POSITION;

import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;

/**
 * The steps of which families compose their blocks. Each appends operations to the program and returns the value that
 * they compute; a value that is a hook point has the name of the hook.
 */
public final class Block {

    private final ForwardPass pass;
    private final int layer;
    private final String prefix;

    Block(ForwardPass pass, int layer) {
        this.pass = pass;
        this.layer = layer;
        this.prefix = Hook.BLOCKS + layer + ".";
    }

    /**
     * Queries, keys and values.
     *
     * @param q [batch, pos, head, dHead]
     * @param k [batch, pos, kvHead, dHead]
     * @param v [batch, pos, kvHead, dHead]
     */
    public record Heads(Value q, Value k, Value v) {}

    /** Copies a value to a hook point. */
    Value copy(Value x, HookPoint as) {
        return pass.add(new Operation.Copy(x, hook(as)));
    }

    /** Adds the output of a sublayer to the residual stream. */
    Value sum(Value written, Value residual, HookPoint as) {
        return pass.add(new Operation.Sum(written, residual, hook(as)));
    }

    // ---- attention

    /** Projects the normed residual stream to queries, keys and values; heads with a changed input use their own. */
    Heads projected(Value pre) {
        Optional<Value> each = written(HookPoint.ATTN_IN)
                ? Optional.of(pass.add(new Operation.Repeat(pre, hook(HookPoint.ATTN_IN)))) : Optional.empty();
        Value normed = pass.norm(pre, parameter(ParameterSpec.NORM_1), hook(HookPoint.LN1_SCALE),
                hook(HookPoint.LN1_NORMALIZED), value("ln1.out", BATCH_ROW, POSITION, D_MODEL));
        // all products precede all biases: adjacent products of one value run as one
        Value q = projection("q", HEAD, HookPoint.Q_INPUT, pre, each, normed, ParameterSpec.W_Q,
                unbiased(HookPoint.Q, ParameterSpec.B_Q));
        Value k = projection("k", KV_HEAD, HookPoint.K_INPUT, pre, each, normed, ParameterSpec.W_K,
                unbiased(HookPoint.K, ParameterSpec.B_K));
        Value v = projection("v", KV_HEAD, HookPoint.V_INPUT, pre, each, normed, ParameterSpec.W_V,
                unbiased(HookPoint.V, ParameterSpec.B_V));
        return new Heads(biased(q, ParameterSpec.B_Q, HookPoint.Q), biased(k, ParameterSpec.B_K, HookPoint.K),
                biased(v, ParameterSpec.B_V, HookPoint.V));
    }

    /** Returns the value of a product: the one before the bias if the model has this bias. */
    private Value unbiased(HookPoint point, ParameterSpec bias) {
        return bias.in(pass.configuration) ? before(point, ".unbiased") : unnormed(point);
    }

    /** Adds the bias to a product if the model has it. */
    private Value biased(Value product, ParameterSpec bias, HookPoint point) {
        return bias.in(pass.configuration) ? pass.add(new Operation.Bias(product, parameter(bias), unnormed(point)))
                : product;
    }

    /** Returns the value before the norm for queries and keys that have one, otherwise the hook point itself. */
    private Value unnormed(HookPoint point) {
        boolean normed = (point == HookPoint.Q || point == HookPoint.K) && pass.configuration.variant().qkNorm();
        return normed ? before(point, ".unnormed") : hook(point);
    }

    /** Returns an intermediate value of a hook point, with the same axes. */
    private Value before(HookPoint point, String stage) {
        Value hook = hook(point);
        return new Value(hook.name() + stage, 0, hook.dimensions());
    }

    /** Applies RMSNorm to the queries and keys of each head, with a gain that heads share. */
    Heads normalized(Heads heads) {
        Value q = pass.norm(heads.q(), parameter(ParameterSpec.NORM_Q), hook(HookPoint.Q_NORM_SCALE),
                hook(HookPoint.Q_NORM_NORMALIZED), hook(HookPoint.Q));
        Value k = pass.norm(heads.k(), parameter(ParameterSpec.NORM_K), hook(HookPoint.K_NORM_SCALE),
                hook(HookPoint.K_NORM_NORMALIZED), hook(HookPoint.K));
        return new Heads(q, k, heads.v());
    }

    /**
     * Projects to queries, keys or values.
     *
     * @param each   the residual stream copied for every head, if {@link HookPoint#ATTN_IN} is changed
     * @param normed the normed residual stream, which all heads read if no input is changed
     */
    private Value projection(String name, AxisKind heads, HookPoint input, Value pre, Optional<Value> each,
            Value normed, ParameterSpec weight, Value out) {
        if (!written(input) && each.isEmpty()) return pass.add(new Operation.Linear(normed, parameter(weight), out));
        Value own = pass.add(each.isPresent() ? new Operation.Copy(each.get(), hook(input))
                : new Operation.Repeat(pre, hook(input)));
        Value gained = pass.norm(own, parameter(ParameterSpec.NORM_1),
                value("ln1." + name + ".scale", BATCH_ROW, POSITION, heads, NORM_SCALE),
                value("ln1." + name + ".normalized", BATCH_ROW, POSITION, heads, D_MODEL),
                value("ln1." + name + ".out", BATCH_ROW, POSITION, heads, D_MODEL));
        return pass.add(new Operation.LinearPerHead(gained, parameter(weight), out));
    }

    /** Rotates queries and keys by their positions (RoPE, Su et al. 2021). */
    Heads rotated(Heads heads) {
        Rotary rotary = pass.configuration.rotary();
        Value q = pass.add(new Operation.Rotate(heads.q(), rotary, hook(HookPoint.ROT_Q)));
        Value k = pass.add(new Operation.Rotate(heads.k(), rotary, hook(HookPoint.ROT_K)));
        return new Heads(q, k, heads.v());
    }

    /** Sums the values, weighted by the pattern over the keys in the layer's window: [batch, pos, head, dHead]. */
    Value attended(Heads heads) {
        OptionalInt window = pass.configuration.variant().window(layer);
        Value scores = pass.add(new Operation.Scores(heads.q(), heads.k(), window, hook(HookPoint.SCORES)));
        Value pattern = pass.add(new Operation.Softmax(scores, hook(HookPoint.PATTERN)));
        return pass.add(new Operation.Mix(pattern, heads.v(), hook(HookPoint.Z)));
    }

    /**
     * Computes z · W_O + b_O, [batch, pos, dModel]; heads with a changed result are excluded from the product and added
     * separately.
     */
    Value output(Value z) {
        Parameter weight = parameter(ParameterSpec.W_O);
        return biased(results(z, weight, unbiased(HookPoint.ATTN_OUT, ParameterSpec.B_O)), ParameterSpec.B_O,
                HookPoint.ATTN_OUT);
    }

    private Value results(Value z, Parameter weight, Value out) {
        if (!written(HookPoint.RESULT)) return pass.add(new Operation.Linear(z, weight, out));
        List<Integer> heads = pass.resultHeads(layer);
        Value all = hook(HookPoint.RESULT);
        Value results = pass.add(
                new Operation.HeadResult(z, weight, heads, all.resized(all.name(), all.headAxis(), heads.size())));
        if (heads.size() == pass.configuration.nHeads()) return pass.add(new Operation.SumHeads(results, out));
        Value sum = pass.add(new Operation.SumHeads(results, value("attn.result_sum", BATCH_ROW, POSITION, D_MODEL)));
        Value rest = pass.add(new Operation.Zero(z, Selection.ALL.heads(Optional.of(heads)),
                value("attn.z_rest", BATCH_ROW, POSITION, HEAD, D_HEAD)));
        Value others =
                pass.add(new Operation.Linear(rest, weight, value("attn.out_rest", BATCH_ROW, POSITION, D_MODEL)));
        return pass.add(new Operation.Sum(others, sum, out));
    }

    // ---- MLP

    /** Applies the SwiGLU MLP (Shazeer 2020) to the normed residual stream: [batch, pos, dModel]. */
    Value mlp(Value mid) {
        Value in = written(HookPoint.MLP_IN) ? copy(mid, HookPoint.MLP_IN) : mid;
        Value normed = pass.norm(in, parameter(ParameterSpec.NORM_2), hook(HookPoint.LN2_SCALE),
                hook(HookPoint.LN2_NORMALIZED), value("ln2.out", BATCH_ROW, POSITION, D_MODEL));
        Value gate = product(normed, ParameterSpec.W_GATE, ParameterSpec.B_GATE, HookPoint.MLP_PRE);
        Value up = product(normed, ParameterSpec.W_UP, ParameterSpec.B_UP, HookPoint.MLP_PRE_LINEAR);
        Value post = pass.add(new Operation.SwiGlu(biased(gate, ParameterSpec.B_GATE, HookPoint.MLP_PRE),
                biased(up, ParameterSpec.B_UP, HookPoint.MLP_PRE_LINEAR), hook(HookPoint.MLP_POST)));
        return biased(product(post, ParameterSpec.W_DOWN, ParameterSpec.B_DOWN, HookPoint.MLP_OUT),
                ParameterSpec.B_DOWN, HookPoint.MLP_OUT);
    }

    private Value product(Value x, ParameterSpec weight, ParameterSpec bias, HookPoint point) {
        return pass.add(new Operation.Linear(x, parameter(weight), unbiased(point, bias)));
    }

    // ---- names

    private Parameter parameter(ParameterSpec spec) { return pass.parameters.get(spec, layer); }

    private Value hook(HookPoint point) { return pass.hook(point, layer); }

    private boolean written(HookPoint point) { return pass.written(point, layer); }

    private Value value(String name, AxisKind... axes) { return pass.value(prefix + name, axes); }
}
