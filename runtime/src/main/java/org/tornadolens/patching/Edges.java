package org.tornadolens.patching;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.cpu.MatrixProduct;
import org.tornadolens.model.Configuration;
import org.tornadolens.model.HookNames;
import org.tornadolens.model.LlamaParameters;
import org.tornadolens.model.Model;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;

/**
 * Scores of edges [sender, receiver]: the inner product of what a sender's output changes by and the gradient at the
 * receiver's own input, the residual stream before the norm. That gradient follows from the one at the receiver's q, k, v
 * or neurons, through its rows of the weights and the norm; so the pass itself need not be split by heads.
 */
final class Edges {

    /** The values whose gradients an edge needs, and others whose values it does. */
    static final List<String> WANTED = List.of("attn.hook_q", "attn.hook_k", "attn.hook_v", "mlp.hook_pre", "mlp.hook_pre_linear");
    static final List<String> KEPT = List.of("hook_resid_pre", "hook_resid_mid");

    private final Model model;
    private final Configuration c;
    private final LlamaParameters parameters;
    private final Pair pair;
    private final Tensor differences;   // [sender, batch · pos · dModel]
    private final Tensor scores;        // [sender, receiver]

    Edges(Model model, Pair pair) {
        this.model = model;
        this.c = model.configuration();
        this.parameters = new LlamaParameters(c);
        this.pair = pair;
        for (var intervention : model.interventions()) {
            for (String name : model.hookNames().match(intervention.site().value())) {
                if (HookNames.optional(name)) throw new UsageException("edges of a model whose " + name + " is changed cannot be scored: there its receivers do not read the residual stream");
            }
        }
        differences = senderDifferences();
        scores = Tensor.zeros(Shape.of("sender", senders(c).size(), "receiver", receivers().size()));
        for (int sender = 0; sender < senders(c).size(); sender++) {
            for (int receiver = 0; receiver < receivers().size(); receiver++) if (sender >= before(receiver)) scores.set(Float.NaN, sender, receiver);
        }
    }

    static List<String> senders(Configuration c) {
        List<String> names = new ArrayList<>(List.of("embed"));
        for (int layer = 0; layer < c.nLayers(); layer++) {
            for (int head = 0; head < c.nHeads(); head++) names.add(layer + "." + head);
            names.add("mlp " + layer);
        }
        return names;
    }

    /** q, k, v of every head (keys and values: of every group), MLPs, logits; layer after layer. */
    List<String> receivers() {
        List<String> names = new ArrayList<>();
        for (int layer = 0; layer < c.nLayers(); layer++) {
            for (String kind : List.of("q", "k", "v")) for (int head = 0; head < heads(kind); head++) names.add(layer + "." + head + "." + kind);
            names.add("mlp " + layer);
        }
        names.add("logits");
        return names;
    }

    Tensor scores() { return scores; }

    /** The final residual stream, which the logits receive. */
    List<String> last() { return List.of("blocks." + (c.nLayers() - 1) + ".hook_resid_post"); }

    private int heads(String kind) { return kind.equals("q") ? c.nHeads() : c.nKvHeads(); }

    private int perLayer() { return c.nHeads() + 2 * c.nKvHeads() + 1; }

    /** How many senders come before a receiver. */
    private int before(int receiver) {
        int layer = receiver / perLayer();
        if (layer == c.nLayers()) return senders(c).size();
        boolean mlp = receiver % perLayer() == perLayer() - 1;
        return 1 + layer * (c.nHeads() + 1) + (mlp ? c.nHeads() : 0);
    }

    private Tensor senderDifferences() {
        List<String> names = new ArrayList<>(List.of("hook_embed"));
        for (int layer = 0; layer < c.nLayers(); layer++) names.addAll(List.of("blocks." + layer + ".attn.hook_result", "blocks." + layer + ".hook_mlp_out"));
        Map<String, Tensor> all = AttributionPatching.differences(model, pair, names);
        int each = pair.clean().ids().length * c.dModel();
        Tensor rows = Tensor.zeros(Shape.of("sender", senders(c).size(), "element", each));
        int at = 0;
        put(rows, at++, all.get("hook_embed"));
        for (int layer = 0; layer < c.nLayers(); layer++) {
            for (int head = 0; head < c.nHeads(); head++) put(rows, at++, all.get("blocks." + layer + ".attn.hook_result").at("head", head));
            put(rows, at++, all.get("blocks." + layer + ".hook_mlp_out"));
        }
        return rows;
    }

    private static void put(Tensor rows, int row, Tensor values) {
        Tensor target = rows.at(rows.shape().names().getFirst(), row);
        target.assign((values.contiguous() ? values : values.copy()).reshape(target.shape()));
    }

    /** Adds {@code weight} times the edges' scores under one run's gradients. */
    void add(Gradient.Result run, double weight) {
        for (int layer = 0; layer < c.nLayers(); layer++) {
            String block = "blocks." + layer + ".";
            int receiver = layer * perLayer();
            for (String kind : List.of("q", "k", "v")) {
                Tensor inputs = headInputs(kind, layer, run.gradients().get(block + "attn.hook_" + kind), run.values().get(block + "hook_resid_pre"));
                score(inputs, heads(kind), receiver, weight);
                receiver += heads(kind);
            }
            score(mlpInput(layer, run, block), 1, receiver, weight);
        }
        score(run.gradients().get(last().getFirst()), 1, c.nLayers() * perLayer(), weight);
    }

    /** Gradients at the inputs of {@code count} receivers, side by side along the head axis, against all senders before them. */
    private void score(Tensor inputs, int count, int receiver, double weight) {
        Tensor rows = Tensor.zeros(Shape.of("receiver", count, "element", differences.shape().size(1)));
        for (int i = 0; i < count; i++) put(rows, i, count == 1 && inputs.shape().rank() == 3 ? inputs : inputs.at(inputs.shape().names().get(2), i));
        int senders = before(receiver), each = differences.shape().size(1);
        Tensor products = Tensor.zeros(Shape.of("sender", senders, "receiver", count));
        MemorySegment data = rows.data();
        MatrixProduct.multiply(differences.data(), senders, new Weight("the gradients", DType.F32, count, each, data), products.data());
        for (int sender = 0; sender < senders; sender++) {
            for (int i = 0; i < count; i++) scores.set((float) (scores.get(sender, receiver + i) + weight * products.get(sender, i)), sender, receiver + i);
        }
    }

    /** [batch, pos, head, dModel]: through every head's rows of the weight, and the norm. */
    private Tensor headInputs(String kind, int layer, Tensor gradient, Tensor residual) {
        Parameter weight = switch (kind) {
            case "q" -> parameters.query(layer);
            case "k" -> parameters.key(layer);
            default -> parameters.value(layer);
        };
        Value dy = like("gradient", gradient), x = like("residual", residual);
        Value.Dimension head = dy.dimensions().get(2), width = x.dimensions().get(2);
        Value normed = Value.of("normed.grad", dy.dimensions().get(0), dy.dimensions().get(1), head, width), own = new Value("own", 0, normed.dimensions()), out = new Value("inputs.grad", 0, normed.dimensions());
        Program program = new Program(List.of(new Operation.Given(dy), new Operation.Given(x), new Derivative.ProjectHeadsInput(dy, weight, normed), new Operation.Repeat(x, own),
                new Derivative.RmsNormInput(normed, own, parameters.attentionNorm(layer), c.normEps(), out)), Set.of(out));
        return run(program, Map.of(dy, gradient, x, residual), out);
    }

    private Tensor mlpInput(int layer, Gradient.Result run, String block) {
        Tensor gate = run.gradients().get(block + "mlp.hook_pre"), up = run.gradients().get(block + "mlp.hook_pre_linear"), residual = run.values().get(block + "hook_resid_mid");
        Value dGate = like("gate.grad", gate), dUp = like("up.grad", up), x = like("residual", residual);
        Value one = new Value("one", 0, x.dimensions()), other = new Value("other", 0, x.dimensions()), sum = new Value("normed.grad", 0, x.dimensions()), out = new Value("input.grad", 0, x.dimensions());
        Program program = new Program(List.of(new Operation.Given(dGate), new Operation.Given(dUp), new Operation.Given(x), new Derivative.ProjectInput(dGate, parameters.gate(layer), one),
                new Derivative.ProjectInput(dUp, parameters.up(layer), other), new Operation.Add(one, other, sum),
                new Derivative.RmsNormInput(sum, x, parameters.mlpNorm(layer), c.normEps(), out)), Set.of(out));
        return run(program, Map.of(dGate, gate, dUp, up, x, residual), out);
    }

    private Tensor run(Program program, Map<Value, Tensor> given, Value out) {
        Map<Value, Tensor> contiguous = new HashMap<>();
        given.forEach((value, tensor) -> contiguous.put(value, tensor.contiguous() ? tensor : tensor.copy()));
        return model.backend().compile(program, model.weights()).run(new Inputs(pair.clean().ids(), pair.clean().padding(), Optional.empty(), contiguous)).get(out);
    }

    /** A value of a tensor's axes, batch and positions being the run's. */
    private static Value like(String name, Tensor tensor) {
        return Value.of(name, IntStream.range(0, tensor.shape().rank()).mapToObj(axis -> new Value.Dimension(tensor.shape().names().get(axis),
                axis == 0 ? org.tornadolens.program.Size.Symbol.BATCH : axis == 1 ? org.tornadolens.program.Size.Symbol.POS : new org.tornadolens.program.Size.Fixed(tensor.shape().size(axis)))).toArray(Value.Dimension[]::new));
    }
}
