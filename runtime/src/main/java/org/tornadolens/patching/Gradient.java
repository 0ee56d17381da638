package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.ForwardPass;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Differentiation;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Runs a model forward and backward to compute the gradient of a metric with respect to values of the run. */
public final class Gradient {

    private static final String EMBEDDING = HookPoint.EMBED.text();

    private final Model model;
    private final Metric metric;
    private final RunOptions options;
    private final boolean embedded;
    private final Metric.Measured measured;
    private final Differentiation.Gradients gradients;
    private final Map<String, Value> values = new LinkedHashMap<>();
    private final Executable executable;

    /**
     * Values and gradients by hook name, with the same axes, and the metric of each row. The gradient of a row is that
     * of its own metric.
     */
    public record Result(Map<String, Tensor> values, Map<String, Tensor> gradients, double[] metric) {}

    private Gradient(Model model, Metric metric, List<String> wanted, List<String> kept, boolean embedded) {
        this.model = model;
        this.metric = metric;
        this.embedded = embedded;
        // optional values are part of the forward pass only if an intervention changes them
        List<Intervention> present = wanted.stream().filter(n -> HookPoint.of(n).orElseThrow().optional())
                .<Intervention>map(n -> new Intervention.Scale(Site.of(n), 1)).toList();
        Set<String> all = new LinkedHashSet<>(wanted);
        all.addAll(kept);
        RunOptions run = RunOptions.DEFAULT.keep(all.toArray(String[]::new)).with(present);
        Shape anything = Shape.of("batch", 1, "pos", 1, "dModel", 1);
        options = embedded ? run.from(Map.of(EMBEDDING, Tensor.zeros(anything))) : run;
        measured = measured(model.program(options));
        for (String name : all) values.put(name, measured.program().value(name).orElseThrow());
        gradients = Differentiation.of(measured.program(), measured.value(), wanted.stream().map(values::get).toList(),
                List.of());
        executable = model.backend().compile(gradients.program(), model.weights());
    }

    /**
     * Compiles the forward and backward pass.
     *
     * @param wanted hook names of the values whose gradients are computed
     * @param kept   hook names of further values to return
     * @throws UsageException if the metric or an intervention has no derivative
     */
    public static Gradient of(Model model, Metric metric, List<String> wanted, List<String> kept) {
        return new Gradient(model, metric, wanted, kept, false);
    }

    /** Compiles the passes for runs whose embeddings are passed in. */
    static Gradient embedded(Model model, Metric metric, List<String> wanted, List<String> kept) {
        return new Gradient(model, metric, wanted, kept, true);
    }

    /** Replaces the logits of a program by the metric. */
    private Metric.Measured measured(Program program) {
        List<Operation> operations = new ArrayList<>(program.operations());
        Operation.Linear unembedding = (Operation.Linear) operations.stream()
                .filter(o -> o.out().name().equals(ForwardPass.LOGITS)).findFirst().orElseThrow();
        operations.remove(unembedding);
        Set<Value> kept = new LinkedHashSet<>(program.kept());
        kept.remove(unembedding.out());
        Value normed = unembedding.x();
        if (metric.at().isPresent()) {
            Value selected = normed.resized("metric.residual", normed.positionAxis(), metric.at().get().size());
            operations.add(new Operation.Gather(normed, Selection.ofPositions(metric.at()), selected));
            normed = selected;
        }
        return metric.fromResidual(new Program(operations, kept), normed, model);
    }

    /**
     * @param embedding [batch, pos, dModel]; present if the passes were compiled by {@link #embedded}
     * @throws UsageException if the metric has neither one target for all rows nor one for each
     */
    Result run(Tokens tokens, Optional<Tensor> embedding) {
        if (embedding.isPresent() != embedded)
            throw new IllegalArgumentException("embeddings are passed exactly to passes compiled for them");
        metric.forPrompts(IntStream.range(0, tokens.batch()).boxed().toList(), tokens.batch());
        Sizes sizes = new Sizes(tokens.batch(), tokens.length(), 0);
        Map<Value, Tensor> given = new LinkedHashMap<>(measured.lent());
        given.putAll(model.lent(options, tokens));
        embedding.ifPresent(e -> given.put(new Value(EMBEDDING, 0, dimensions(EMBEDDING)), e));
        Tensor seed = Tensor.zeros(gradients.seed().shape(sizes));
        seed.fill(1);
        given.put(gradients.seed(), seed);
        Map<Value, Tensor> found = executable.run(new Inputs(tokens.ids(), tokens.padding(), Optional.empty(), given));

        Tensor numbers = found.get(measured.value()), slopes = Tensor.zeros(Shape.of("batch", tokens.batch()));
        double[] metrics = new double[tokens.batch()];
        for (int row = 0; row < metrics.length; row++) {
            metrics[row] = metric.read(numbers.get(row));
            slopes.set((float) metric.slope(numbers.get(row)), row);
        }
        boolean plain = slopes.min() == 1 && slopes.max() == 1;
        Map<String, Tensor> kept = new LinkedHashMap<>(), slope = new LinkedHashMap<>();
        values.forEach((name, value) -> kept.put(name, found.get(value)));
        values.forEach((name, value) -> {
            Value gradient = gradients.values().get(value);
            if (gradient != null) slope.put(name, plain ? found.get(gradient) : found.get(gradient).mul(slopes));
        });
        return new Result(kept, slope, metrics);
    }

    private List<Value.Dimension> dimensions(String name) {
        return measured.program().operations().stream().map(Operation::out).filter(v -> v.name().equals(name))
                .findFirst().orElseThrow().dimensions();
    }

    public Result run(Tokens tokens) { return run(tokens, Optional.empty()); }
}
