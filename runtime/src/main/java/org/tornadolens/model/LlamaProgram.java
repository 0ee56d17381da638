package org.tornadolens.model;

import static org.tornadolens.program.Size.Symbol.BATCH;
import static org.tornadolens.program.Size.Symbol.KEY;
import static org.tornadolens.program.Size.Symbol.POS;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;

/**
 * A Llama's forward pass (Touvron et al. 2023) as a program, one line a value, in the order data flows. Values whose
 * name begins with {@code hook_} after the last dot are the hook points, named as in TransformerLens.
 */
public final class LlamaProgram {

    private final Configuration c;
    private final LlamaParameters parameters;
    private final Set<String> written;
    private final Map<Integer, List<Integer>> resultHeads;
    private final List<Operation> operations = new ArrayList<>();

    // axes
    private final Dimension batch = new Dimension("batch", BATCH);
    private final Dimension pos = new Dimension("pos", POS);
    private final Dimension dModel, head, kvHead, dHead, dMlp, dVocab;
    private final Dimension one = fixed("scale", 1);

    private LlamaProgram(Configuration configuration, Set<String> written, Map<Integer, List<Integer>> resultHeads) {
        this.c = configuration;
        this.parameters = new LlamaParameters(configuration);
        this.written = written;
        this.resultHeads = resultHeads;
        dModel = fixed("dModel", c.dModel());
        head = fixed("head", c.nHeads());
        kvHead = fixed("kvHead", c.nKvHeads());
        dHead = fixed("dHead", c.dHead());
        dMlp = fixed("dMlp", c.dMlp());
        dVocab = fixed("dVocab", c.dVocab());
    }

    /**
     * The whole forward pass up to {@code logits}, nothing kept.
     *
     * @param written     the optional hook points ({@link HookNames#optional}) that an intervention changes; the others
     *                    are left out, as they only copy what is there anyway
     * @param resultHeads for each layer whose {@code attn.hook_result} is changed, the heads computed one by one
     */
    public static Program of(Configuration configuration, Set<String> written, Map<Integer, List<Integer>> resultHeads) {
        return new LlamaProgram(configuration, written, resultHeads).build();
    }

    private Program build() {
        Value residual = add(new Operation.Embed(parameters.embedding(), value("hook_embed", batch, pos, dModel)));
        for (int layer = 0; layer < c.nLayers(); layer++) residual = block(layer, residual);
        Value normed = norm("ln_final", residual, parameters.finalNorm());
        add(new Operation.Project(normed, parameters.unembedding(), value("logits", batch, pos, dVocab)));
        return new Program(operations, Set.of());
    }

    private Value block(int layer, Value residual) {
        String block = "blocks." + layer + ".";
        Value pre = add(new Operation.Copy(residual, value(block + "hook_resid_pre", batch, pos, dModel)));
        Value attention = attention(layer, block, pre);
        Value mid = add(new Operation.Add(attention, pre, value(block + "hook_resid_mid", batch, pos, dModel)));
        Value mlp = mlp(layer, block, mid);
        return add(new Operation.Add(mlp, mid, value(block + "hook_resid_post", batch, pos, dModel)));
    }

    private Value attention(int layer, String block, Value pre) {
        Value attnIn = written(block + "hook_attn_in") ? add(new Operation.Repeat(pre, value(block + "hook_attn_in", batch, pos, head, dModel))) : pre;
        Value normed = norm(block + "ln1", pre, parameters.attentionNorm(layer));
        Value q = projection(layer, block, "q", attnIn, normed, head, parameters.query(layer));
        Value k = projection(layer, block, "k", attnIn, normed, kvHead, parameters.key(layer));
        Value v = projection(layer, block, "v", attnIn, normed, kvHead, parameters.value(layer));
        Rotary rotary = rotary(c);
        Value rotQ = add(new Operation.Rotate(q, rotary, value(block + "attn.hook_rot_q", batch, pos, head, dHead)));
        Value rotK = add(new Operation.Rotate(k, rotary, value(block + "attn.hook_rot_k", batch, pos, kvHead, dHead)));
        Dimension dest = new Dimension("dest", POS), src = new Dimension("src", KEY);
        Value scores = add(new Operation.Scores(rotQ, rotK, value(block + "attn.hook_attn_scores", batch, head, dest, src)));
        Value pattern = add(new Operation.Softmax(scores, value(block + "attn.hook_pattern", batch, head, dest, src)));
        Value z = add(new Operation.Mix(pattern, v, value(block + "attn.hook_z", batch, pos, head, dHead)));
        return output(layer, block, z);
    }

    /** Queries, keys or values: from the normed residual stream, or every head from its own input where that is changed. */
    private Value projection(int layer, String block, String name, Value attnIn, Value normed, Dimension heads, Parameter weight) {
        Value out = value(block + "attn.hook_" + name, batch, pos, heads, dHead);
        String inputName = block + "hook_" + name + "_input";
        boolean perHead = attnIn.headAxis() >= 0;
        if (!written(inputName) && !perHead) return add(new Operation.Project(normed, weight, out));
        Value input = value(inputName, batch, pos, heads, dModel);
        Value own = add(perHead ? new Operation.Copy(attnIn, input) : new Operation.Repeat(attnIn, input));
        Value scale = add(new Operation.NormScale(own, c.normEps(), value(block + "ln1." + name + ".scale", batch, pos, heads, one)));
        Value normalized = add(new Operation.Normalize(own, scale, value(block + "ln1." + name + ".normalized", batch, pos, heads, dModel)));
        Value gained = add(new Operation.Gain(normalized, parameters.attentionNorm(layer), value(block + "ln1." + name + ".out", batch, pos, heads, dModel)));
        return add(new Operation.ProjectHeads(gained, weight, out));
    }

    /** z · W_O; heads whose result is changed are taken out of the product and added one by one. */
    private Value output(int layer, String block, Value z) {
        Parameter weight = parameters.output(layer);
        Value out = value(block + "hook_attn_out", batch, pos, dModel);
        if (!written(block + "attn.hook_result")) return add(new Operation.Project(z, weight, out));
        List<Integer> heads = resultHeads.get(layer);
        Dimension some = fixed("head", heads.size());
        Value results = add(new Operation.HeadResult(z, weight, heads, value(block + "attn.hook_result", batch, pos, some, dModel)));
        if (heads.size() == c.nHeads()) return add(new Operation.SumHeads(results, out));
        Value sum = add(new Operation.SumHeads(results, value(block + "attn.result_sum", batch, pos, dModel)));
        Value rest = add(new Operation.Zero(z, Selection.ALL.heads(java.util.Optional.of(heads)), value(block + "attn.z_rest", batch, pos, head, dHead)));
        Value others = add(new Operation.Project(rest, weight, value(block + "attn.out_rest", batch, pos, dModel)));
        return add(new Operation.Add(others, sum, out));
    }

    private Value mlp(int layer, String block, Value mid) {
        Value in = written(block + "hook_mlp_in") ? add(new Operation.Copy(mid, value(block + "hook_mlp_in", batch, pos, dModel))) : mid;
        Value normed = norm(block + "ln2", in, parameters.mlpNorm(layer));
        Value gate = add(new Operation.Project(normed, parameters.gate(layer), value(block + "mlp.hook_pre", batch, pos, dMlp)));
        Value up = add(new Operation.Project(normed, parameters.up(layer), value(block + "mlp.hook_pre_linear", batch, pos, dMlp)));
        Value post = add(new Operation.SwiGlu(gate, up, value(block + "mlp.hook_post", batch, pos, dMlp)));
        return add(new Operation.Project(post, parameters.down(layer), value(block + "hook_mlp_out", batch, pos, dModel)));
    }

    private Value norm(String name, Value x, Parameter gain) {
        Value scale = add(new Operation.NormScale(x, c.normEps(), value(name + ".hook_scale", batch, pos, one)));
        Value normalized = add(new Operation.Normalize(x, scale, value(name + ".hook_normalized", batch, pos, dModel)));
        return add(new Operation.Gain(normalized, gain, value(name + ".out", batch, pos, dModel)));
    }

    /** The frequencies theta^(-2i/dHead), stretched as the configuration says. */
    public static Rotary rotary(Configuration c) {
        return Rotary.plain(IntStream.range(0, c.dHead() / 2)
                .mapToObj(i -> c.ropeScaling().scale(i, Math.pow(c.ropeTheta(), -2.0 * i / c.dHead()))).toList(), c.nCtx());
    }

    private boolean written(String name) { return written.contains(name); }

    private Value add(Operation operation) {
        operations.add(operation);
        return operation.out();
    }

    private static Value value(String name, Dimension... dimensions) { return Value.of(name, dimensions); }

    private static Dimension fixed(String axis, int size) { return new Dimension(axis, new Size.Fixed(size)); }
}
