package org.tornadolens.program;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.program.Value.Dimension;

/**
 * Reverse-mode differentiation as a rewrite: the program is followed by operations that propagate the gradient of one
 * of its values back to others. Since this is one program, its plan keeps exactly those values of the forward pass that
 * the backward pass reads, as long as it reads them, and gives their size in advance. Whether attention patterns are
 * kept or recomputed is decided before, by applying {@link Rewrites#fuse} or not.
 */
public final class Differentiation {

    /**
     * A program that also computes gradients.
     *
     * @param program    keeps the values that the original program kept, and every gradient
     * @param seed       the gradient that is carried back: given by the caller of a run, with the metric's axes. Ones
     *                   for the gradient of the metric's sum; other numbers weigh rows and positions
     * @param values     the gradient with respect to each requested value, with the same axes
     * @param parameters the gradient with respect to each requested parameter: [out, in]
     */
    public record Gradients(Program program, Value seed, Map<Value, Value> values, Map<Parameter, Value> parameters) {}

    private final Program program;
    private final Value metric;
    private final Set<Value> values;
    private final Set<Parameter> parameters;
    private final Set<Value> active = new HashSet<>();
    private final Map<Value, Value> gradients = new LinkedHashMap<>();
    private final Map<Parameter, Value> ofParameters = new LinkedHashMap<>();
    private final List<Operation> backward = new ArrayList<>();
    private final Map<String, Integer> names = new LinkedHashMap<>();

    private Differentiation(Program program, Value metric, Collection<Value> values, Collection<Parameter> parameters) {
        this.program = program;
        this.metric = metric;
        this.values = Set.copyOf(values);
        this.parameters = Set.copyOf(parameters);
    }

    /**
     * Returns a program that computes the gradient of {@code metric} with respect to values and parameters.
     *
     * @throws UsageException where the metric does not depend on one of them, or only through an operation that has no
     *                        derivative
     */
    public static Gradients of(Program program, Value metric, Collection<Value> values,
            Collection<Parameter> parameters) {
        return new Differentiation(program, metric, values, parameters).gradients();
    }

    private Gradients gradients() {
        for (Operation operation : program.operations()) if (leadsOn(operation)) active.add(operation.out());
        Value seed = named(metric.name() + ".seed", metric.dimensions());
        backward.add(new Operation.Given(seed));
        gradients.put(metric, seed);
        for (Operation operation : program.operations().reversed()) {
            Value dy = gradients.get(operation.out());
            if (dy != null && active.contains(operation.out())) carryBack(operation, dy);
        }
        Map<Value, Value> found = new LinkedHashMap<>();
        for (Value value : values)
            found.put(value, Optional.ofNullable(gradients.get(value)).orElseThrow(() -> independent(value.name())));
        for (Parameter parameter : parameters)
            if (!ofParameters.containsKey(parameter)) throw independent(parameter.name());
        List<Operation> operations = new ArrayList<>(program.operations());
        operations.addAll(backward);
        Set<Value> kept = new java.util.LinkedHashSet<>(program.kept());
        kept.addAll(found.values());
        kept.addAll(ofParameters.values());
        return new Gradients(Rewrites.prune(new Program(operations, kept)), seed, found, Map.copyOf(ofParameters));
    }

    private UsageException independent(String name) {
        return new UsageException(metric.name() + " does not depend on " + name + ", so it has no gradient");
    }

    /** Whether the value that an operation makes is requested, or depends on something requested. */
    private boolean leadsOn(Operation operation) {
        if (values.contains(operation.out()) || operation.inputs().stream().anyMatch(active::contains)) return true;
        return operation instanceof Parameterised some && parameters.contains(some.parameter());
    }

    // ---- sums of gradients

    private Value named(String name, List<Dimension> dimensions) {
        int number = names.merge(name, 1, Integer::sum);
        return new Value(number == 1 ? name : name + "." + number, 0, dimensions);
    }

    private Value gradientOf(Value value) {
        return named(value.name() + "'".repeat(value.version()) + ".grad", value.dimensions());
    }

    /** Makes the operation that computes a gradient along one path. */
    private interface Path {
        Operation to(Value gradient);
    }

    private void to(Value value, Path path) {
        if (!active.contains(value)) return;
        Operation operation = path.to(gradientOf(value));
        backward.add(operation);
        arrive(value, operation.out());
    }

    /** Adds a gradient of a value to those along other paths. */
    private void arrive(Value value, Value gradient) {
        if (!active.contains(value)) return;
        gradients.merge(value, gradient, (before, more) -> {
            Value sum = gradientOf(value);
            backward.add(new Operation.Sum(before, more, sum));
            return sum;
        });
    }

    private void to(Parameter parameter, Path path) {
        if (!parameters.contains(parameter)) return;
        List<Dimension> dimensions = List.of(new Dimension("out", new Size.Fixed(parameter.rows())),
                new Dimension("in", new Size.Fixed(parameter.columns())));
        Operation operation = path.to(named(parameter.name() + ".grad", dimensions));
        backward.add(operation);
        ofParameters.merge(parameter, operation.out(), (before, more) -> {
            Value sum = named(parameter.name() + ".grad", dimensions);
            backward.add(new Operation.Sum(before, more, sum));
            return sum;
        });
    }

    // ---- the derivative of each operation

    private void carryBack(Operation operation, Value dy) {
        switch (operation) {
            case Operation.Embed o -> to(o.table(), out -> new Derivative.EmbedTable(dy, out));
            case Operation.Given _ -> {}
            case Operation.Lent o -> throw refused(o, "data that is lent to a run; give it to the run instead");
            case Operation.NormScale o -> to(o.x(), out -> new Derivative.NormScaleInput(o.x(), o.out(), dy, out));
            case Operation.Normalize o -> {
                to(o.scale(), out -> new Derivative.NormalizeScale(dy, o.x(), o.scale(), out));
                to(o.x(), out -> new Operation.Normalize(dy, o.scale(), out));
            }
            case Operation.Gain o -> {
                to(o.gain(), out -> new Derivative.GainWeight(dy, o.x(), out));
                to(o.x(), out -> new Operation.Gain(dy, o.gain(), out));
            }
            case Operation.RmsNorm o -> {
                to(o.gain(), out -> new Derivative.RmsNormGain(dy, o.x(), o.eps(), out));
                to(o.x(), out -> new Derivative.RmsNormInput(dy, o.x(), o.gain(), o.eps(), out));
            }
            case Operation.Linear o -> {
                to(o.weight(), out -> new Derivative.LinearWeight(dy, o.x(), out));
                to(o.x(), out -> new Derivative.LinearInput(dy, o.weight(), out));
            }
            case Operation.LinearPerHead o -> {
                to(o.weight(), out -> new Derivative.LinearPerHeadWeight(dy, o.x(), out));
                to(o.x(), out -> new Derivative.LinearPerHeadInput(dy, o.weight(), out));
            }
            case Operation.HeadResult o -> {
                to(o.weight(), out -> new Derivative.HeadResultWeight(dy, o.z(), o.heads(), out));
                to(o.z(), out -> new Derivative.HeadResultInput(dy, o.weight(), o.heads(), out));
            }
            case Operation.Bias o -> {
                to(o.bias(), out -> new Derivative.BiasWeight(dy, out));
                arrive(o.x(), dy);
            }
            case Operation.Rotate o -> to(o.x(), out -> new Derivative.RotateInput(dy, o.rotary(), out));
            case Operation.Extend o -> throw refused(o, "a program that continues a past; run all positions at once");
            case Operation.Scores o -> {
                to(o.q(), out -> new Derivative.ScoresQueries(dy, o.k(), o.window(), out));
                to(o.k(), out -> new Derivative.ScoresKeys(dy, o.q(), o.window(), out));
            }
            case Operation.Softmax o -> to(o.scores(), out -> new Derivative.SoftmaxInput(dy, o.out(), out));
            case Operation.Mix o -> {
                to(o.v(), out -> new Derivative.MixValues(dy, o.pattern(), out));
                to(o.pattern(), out -> new Derivative.MixPattern(dy, o.v(), out));
            }
            case Operation.Attend o -> attend(o, dy);
            case Operation.Sum o -> {
                arrive(o.a(), dy);
                arrive(o.b(), dy);
            }
            case Operation.SwiGlu o -> {
                to(o.gate(), out -> new Derivative.SwiGluGate(dy, o.gate(), o.up(), out));
                to(o.up(), out -> new Derivative.SwiGluUp(dy, o.gate(), out));
            }
            case Operation.Copy o -> arrive(o.x(), dy);
            case Operation.Repeat o -> to(o.x(), out -> new Operation.SumHeads(dy, out));
            case Operation.SumHeads o -> to(o.x(), out -> new Operation.Repeat(dy, out));
            case Operation.Gather o -> to(o.x(), out -> new Derivative.Scatter(dy, o.selection(), out));
            case Operation.Zero o -> to(o.x(), out -> new Operation.Zero(dy, o.selection(), out));
            case Operation.Pointwise o -> to(o.x(), out -> o.rule().linear()
                    ? new Operation.Pointwise(dy, o.selection(), o.rule(), out)
                    : new Derivative.PointwiseInput(dy, o.x(), o.selection(), o.rule(), out));
            case Operation.Replace o -> {
                to(o.source(), out -> new Derivative.SourceInput(dy, o.selection(), 1, out));
                to(o.x(), out -> new Operation.Zero(dy, o.selection(), out));
            }
            case Operation.Shift o -> {
                to(o.source(), out -> new Derivative.SourceInput(dy, o.selection(), o.times(), out));
                arrive(o.x(), dy);
            }
            case Operation.Subspace o -> {
                if (active.contains(o.basis())) throw refused(o, "the basis of a projection");
                // a projection is its own transpose
                to(o.x(), out -> new Operation.Subspace(dy, o.basis(), o.keep(), o.selection(), out));
            }
            case Operation.HostCall o -> throw refused(o,
                    "a JavaScript hook; use declared interventions (ablate, patch, scale, clamp, add, project)");
            case Operation.NextTokenLoss o ->
                    to(o.logits(), out -> new Derivative.NextTokenLossInput(o.logits(), dy, o.at(), out));
            case Operation.Dot o -> {
                to(o.x(), out -> new Derivative.DotFirst(dy, o.y(), out));
                to(o.y(), out -> new Derivative.DotSecond(dy, o.x(), out));
            }
            case Operation.LogProbability o ->
                    to(o.logits(), out -> new Derivative.LogProbabilityInput(o.logits(), dy, o.tokens(), out));
            case Operation.Rank o ->
                    throw refused(o, "a rank, which changes in steps; use the logit difference or the log probability");
            case Operation.KlDivergence o -> {
                if (active.contains(o.reference())) throw refused(o, "the reference of a KL divergence");
                to(o.logits(), out -> new Derivative.KlDivergenceInput(o.logits(), dy, o.reference(), out));
            }
            case Operation.MeanPositions o -> to(o.x(), out -> new Derivative.MeanPositionsInput(o.x(), dy, out));
            case Operation.ArgMax o -> throw refused(o,
                    "the most likely token, which changes in steps; use the logit difference or the log probability");
            case Derivative o -> throw refused(o, "a derivative; second derivatives are not supported");
        }
    }

    /** One operation computes all three gradients; each is a part of its result. */
    private void attend(Operation.Attend o, Value dy) {
        List<Dimension> d = o.q().dimensions();
        int heads = fixed(o.q(), "head"), kvHeads = fixed(o.k(), "kvHead");
        Value all = named(o.out().name() + ".inputs.grad",
                List.of(d.get(0), d.get(1), new Dimension("head", new Size.Fixed(heads + 2 * kvHeads)), d.get(3)));
        backward.add(new Derivative.AttendInputs(dy, o.q(), o.k(), o.v(), o.window(), all));
        to(o.v(), out -> part(all, heads + kvHeads, kvHeads, out));
        to(o.k(), out -> part(all, heads, kvHeads, out));
        to(o.q(), out -> part(all, 0, heads, out));
    }

    private static Operation part(Value all, int from, int count, Value out) {
        return new Operation.Gather(all,
                Selection.ALL.heads(Optional.of(IntStream.range(from, from + count).boxed().toList())), out);
    }

    private static int fixed(Value value, String axis) {
        return value.dimensions().get(value.axis(axis)).size().bind(new Sizes(1, 1, 0));
    }

    private UsageException refused(Operation operation, String what) {
        return new UsageException("the gradient of " + metric.name() + " passes through " + operation.out().name()
                + ", and there is no derivative of " + what);
    }
}
