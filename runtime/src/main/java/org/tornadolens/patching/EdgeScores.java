package org.tornadolens.patching;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.backend.Inputs;
import org.tornadolens.intervention.Head;
import org.tornadolens.linalg.Products;
import org.tornadolens.model.Model;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;

/**
 * Attribution scores of edges, [sender, receiver]: the inner product of the change of a sender's output and the
 * gradient at the input of the receiver, the residual stream before the norm. That gradient is computed from the one at
 * the q, k, v or neurons of the receiver, back through its rows of the weights and the norm; so the forward pass need
 * not be split by heads.
 */
final class EdgeScores {

    /** The values whose gradients are needed. */
    static final List<HookPoint> WANTED =
            List.of(HookPoint.Q, HookPoint.K, HookPoint.V, HookPoint.MLP_PRE, HookPoint.MLP_PRE_LINEAR);
    /** The values that are needed themselves. */
    static final List<HookPoint> KEPT =
            List.of(HookPoint.RESID_PRE, HookPoint.RESID_MID, HookPoint.Q_NORM_SCALE, HookPoint.Q_NORM_NORMALIZED,
                    HookPoint.K_NORM_SCALE, HookPoint.K_NORM_NORMALIZED);

    private final Model model;
    private final Configuration c;
    private final Parameters parameters;
    private final Pair pair;
    private final ResidualGraph graph;
    private final Tensor differences;   // [sender, batch · pos · dModel]
    private final Tensor scores;        // [sender, receiver]

    EdgeScores(Model model, Pair pair) {
        this.model = model;
        this.c = model.configuration();
        this.parameters = new Parameters(c);
        this.pair = pair;
        for (var intervention : model.interventions()) {
            for (Hook hook : model.hookNames().hooks(intervention.site().value())) {
                if (hook.point().optional())
                    throw new UsageException("edges of a model whose " + hook
                            + " is changed cannot be scored: its receivers do not read the residual stream there");
            }
        }
        this.graph = ResidualGraph.of(c);
        differences = senderDifferences();
        scores = Tensor.zeros(Shape.of("sender", graph.senders().size(), "receiver", graph.receivers().size()));
        for (int receiver = 0; receiver < graph.receivers().size(); receiver++) {
            for (int sender = graph.before(graph.receivers().get(receiver)).size(); sender < graph.senders().size();
                    sender++)
                scores.set(Float.NaN, sender, receiver);
        }
    }

    /** Returns the names of the senders, in the order of the scores. */
    List<String> senders() {
        return graph.senders().stream().map(Sender::toString).toList();
    }

    /**
     * Returns the names of the receivers, layer by layer: q of every head, k and v of every group, MLP; then logits.
     */
    List<String> receivers() { return graph.receivers().stream().map(Receiver::toString).toList(); }

    Tensor scores() { return scores; }

    /** Returns the name of the final residual stream, the input of the logits. */
    String last() {
        return graph.receivers().getLast().residual().name();
    }

    /** Returns the index of a receiver. */
    private int index(Receiver receiver) {
        return graph.receivers().indexOf(receiver);
    }

    private Tensor senderDifferences() {
        Map<String, Tensor> all = AttributionPatching.differences(model, pair,
                graph.senders().stream().map(sender -> sender.output().name()).distinct().toList());
        int each = pair.clean().ids().length * c.dModel();
        Tensor rows = Tensor.zeros(Shape.of("sender", graph.senders().size(), "element", each));
        for (int i = 0; i < graph.senders().size(); i++) {
            Sender sender = graph.senders().get(i);
            Tensor output = all.get(sender.output().name());
            put(rows, i, sender instanceof Sender.Head(Head head) ? output.at("head", head.head()) : output);
        }
        return rows;
    }

    private static void put(Tensor rows, int row, Tensor values) {
        Tensor target = rows.at(rows.shape().names().getFirst(), row);
        target.assign((values.contiguous() ? values : values.copy()).reshape(target.shape()));
    }

    /** Adds {@code weight} times the scores under the gradients of one run. */
    void add(Gradient.Result run, double weight) {
        for (int layer = 0; layer < c.nLayers(); layer++) {
            for (Receiver.Kind kind : Receiver.Kind.values()) {
                List<Receiver> heads = graph.inputs(layer, kind);
                Tensor inputs = headInputs(kind, layer, run);
                score(inputs, heads, weight);
            }
            score(mlpInput(layer, run), List.of(new Receiver.Mlp(layer)), weight);
        }
        score(run.gradients().get(last()), List.of(graph.receivers().getLast()), weight);
    }

    /**
     * Adds the scores of consecutive receivers and all senders before them.
     *
     * @param inputs the gradients at the inputs, [batch, pos, receiver, dModel]; without the third axis for one
     *               receiver
     */
    private void score(Tensor inputs, List<Receiver> receivers, double weight) {
        int count = receivers.size(), first = index(receivers.getFirst());
        Tensor rows = Tensor.zeros(Shape.of("receiver", count, "element", differences.shape().size(1)));
        for (int i = 0; i < count; i++)
            put(rows, i, inputs.shape().rank() == 3 ? inputs : inputs.at(inputs.shape().names().get(2), i));
        int senders = graph.before(receivers.getFirst()).size(), each = differences.shape().size(1);
        Tensor products = Tensor.zeros(Shape.of("sender", senders, "receiver", count));
        Products.multiply(differences.data(), senders, new Weight("the gradients", DType.F32, count, each, rows.data()),
                products.data());
        for (int sender = 0; sender < senders; sender++) {
            for (int i = 0; i < count; i++)
                scores.set((float) (scores.get(sender, first + i) + weight * products.get(sender, i)), sender,
                        first + i);
        }
    }

    /**
     * Returns the gradient at a projection, [batch, pos, head, dHead]: for queries and keys, back through their norm.
     */
    private Tensor products(Receiver.Kind kind, int layer, Gradient.Result run) {
        Tensor gradient = run.gradients().get(kind.point().name(layer));
        return switch (kind) {
            case Q -> throughNorm(gradient, ParameterSpec.NORM_Q, HookPoint.Q_NORM_SCALE, HookPoint.Q_NORM_NORMALIZED,
                    layer, run);
            case K -> throughNorm(gradient, ParameterSpec.NORM_K, HookPoint.K_NORM_SCALE, HookPoint.K_NORM_NORMALIZED,
                    layer, run);
            case V -> gradient;
        };
    }

    private Tensor throughNorm(Tensor gradient, ParameterSpec norm, HookPoint scale, HookPoint normalized, int layer,
            Gradient.Result run) {
        if (!norm.in(c)) return gradient;
        Tensor before =
                run.values().get(normalized.name(layer)).mul(run.values().get(scale.name(layer)).at("scale", 0));
        Value dy = like("gradient", gradient), x = like("before", before),
                out = new Value("product.grad", 0, dy.dimensions());
        Program program = new Program(List.of(new Operation.Given(dy), new Operation.Given(x),
                new Derivative.RmsNormInput(dy, x, parameters.get(norm, layer), c.normEps(), out)), Set.of(out));
        return run(program, Map.of(dy, gradient, x, before), out);
    }

    /**
     * Returns the gradient at the inputs of heads, [batch, pos, head, dModel]: back through their weights and the norm.
     */
    private Tensor headInputs(Receiver.Kind kind, int layer, Gradient.Result run) {
        Tensor gradient = products(kind, layer, run), residual = run.values().get(HookPoint.RESID_PRE.name(layer));
        Parameter weight = parameters.get(kind.weight(), layer);
        Value dy = like("gradient", gradient), x = like("residual", residual);
        Value.Dimension head = dy.dimensions().get(2), width = x.dimensions().get(2);
        Value normed = Value.of("normed.grad", dy.dimensions().get(0), dy.dimensions().get(1), head, width),
                own = new Value("own", 0, normed.dimensions()), out = new Value("inputs.grad", 0, normed.dimensions());
        Program program = new Program(List.of(new Operation.Given(dy), new Operation.Given(x),
                new Derivative.LinearPerHeadInput(dy, weight, normed), new Operation.Repeat(x, own),
                new Derivative.RmsNormInput(normed, own, parameters.get(ParameterSpec.NORM_1, layer), c.normEps(),
                        out)),
                Set.of(out));
        return run(program, Map.of(dy, gradient, x, residual), out);
    }

    private Tensor mlpInput(int layer, Gradient.Result run) {
        Tensor gate = run.gradients().get(HookPoint.MLP_PRE.name(layer)),
                up = run.gradients().get(HookPoint.MLP_PRE_LINEAR.name(layer));
        Tensor residual = run.values().get(HookPoint.RESID_MID.name(layer));
        Value dGate = like("gate.grad", gate), dUp = like("up.grad", up), x = like("residual", residual);
        Value one = new Value("one", 0, x.dimensions()), other = new Value("other", 0, x.dimensions()),
                sum = new Value("normed.grad", 0, x.dimensions()), out = new Value("input.grad", 0, x.dimensions());
        Program program = new Program(List.of(new Operation.Given(dGate), new Operation.Given(dUp),
                new Operation.Given(x),
                new Derivative.LinearInput(dGate, parameters.get(ParameterSpec.W_GATE, layer), one),
                new Derivative.LinearInput(dUp, parameters.get(ParameterSpec.W_UP, layer), other),
                new Operation.Sum(one, other, sum),
                new Derivative.RmsNormInput(sum, x, parameters.get(ParameterSpec.NORM_2, layer), c.normEps(), out)),
                Set.of(out));
        return run(program, Map.of(dGate, gate, dUp, up, x, residual), out);
    }

    private Tensor run(Program program, Map<Value, Tensor> given, Value out) {
        Map<Value, Tensor> contiguous = new HashMap<>();
        given.forEach((value, tensor) -> contiguous.put(value, tensor.contiguous() ? tensor : tensor.copy()));
        return model.backend().compile(program, model.weights())
                .run(new Inputs(pair.clean().ids(), pair.clean().padding(), Optional.empty(), contiguous)).get(out);
    }

    /** Returns a value with the axes of a tensor [batch, pos, …], where batch and pos are symbols. */
    private static Value like(String name, Tensor tensor) {
        return Value.of(name, IntStream.range(0, tensor.shape().rank())
                .mapToObj(axis -> new Value.Dimension(tensor.shape().names().get(axis), switch (axis) {
                    case 0 -> Size.Symbol.BATCH;
                    case 1 -> Size.Symbol.POS;
                    default -> new Size.Fixed(tensor.shape().size(axis));
                })).toArray(Value.Dimension[]::new));
    }
}
