package org.tornadolens.survey;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tornadolens.architecture.ForwardPass;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.backend.Executable;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Tensor;

/**
 * The one program of a survey: a forward pass as far as anything needs it, with the values, the loss and the metrics of
 * all collectors kept.
 *
 * @param options of the run that it extends
 * @param metrics the value of each metric, [batch]
 * @param loss    the loss of each token, [batch, pos]
 * @param lent    data of the metrics
 */
record SurveyProgram(Model model, RunOptions options, Executable executable, List<Value> metrics, Optional<Value> loss,
        Map<Value, Tensor> lent) {

    /**
     * @param sites   whose values are kept
     * @param metrics each with a target for all rows
     */
    static SurveyProgram of(Model model, List<Site> sites, List<Metric> metrics, boolean loss) {
        boolean logits = loss || !metrics.isEmpty();
        RunOptions options = RunOptions.DEFAULT.keep(kept(model, sites));
        if (!logits) options = options.withoutLogits();
        Program program = model.program(options);
        Map<Value, Tensor> lent = new HashMap<>();
        List<Value> measured = new ArrayList<>();
        Optional<Value> losses = Optional.empty();
        if (logits) {
            Value value = program.value(ForwardPass.LOGITS).orElseThrow(), normed = normed(program, value);
            Set<Value> keep = new LinkedHashSet<>(program.kept());
            keep.remove(value);
            program = new Program(program.operations(), keep);
            if (loss) {
                Value out = Value.of("loss", value.dimensions().get(0), value.dimensions().get(1));
                program = Rewrites.append(program, new Operation.NextTokenLoss(value, Selection.ALL, out));
                losses = Optional.of(out);
            }
            for (Metric metric : metrics) {
                Metric.Measured one = measured(metric.forPrompts(List.of(0), 1), program, value, normed, model);
                Renamed renamed = new Renamed(program, "metric " + measured.size());
                program = renamed.of(one.program());
                measured.add(renamed.of(one.value()));
                one.lent().forEach((from, tensor) -> lent.put(renamed.of(from), tensor));
            }
            program = Rewrites.prune(program);
        }
        return new SurveyProgram(model, options, model.backend().compile(program, model.weights()), measured, losses,
                lent);
    }

    private static Value normed(Program program, Value logits) {
        for (Operation operation : program.operations())
            if (operation.out().equals(logits)) return operation.inputs().getFirst();
        throw new IllegalStateException("no operation makes the logits");
    }

    private static Metric.Measured measured(Metric metric, Program program, Value logits, Value normed, Model model) {
        if (metric.at().isEmpty()) return metric.fromLogits(program, logits, model);
        Value selected = normed.resized("metric.normed", normed.positionAxis(), metric.at().get().size());
        List<Operation> operations = new ArrayList<>(program.operations());
        operations.add(new Operation.Gather(normed, Selection.ofPositions(metric.at()), selected));
        return metric.fromResidual(new Program(operations, program.kept()), selected, model);
    }

    /** Gives the values that a metric adds to a program names of their own, so that several metrics can. */
    private static final class Renamed {
        private final Set<Value> before = new HashSet<>();
        private final String name;

        Renamed(Program program, String name) {
            program.operations().forEach(o -> before.add(o.out()));
            this.name = name;
        }

        Value of(Value value) {
            return before.contains(value) ? value
                    : new Value(name + "." + value.name(), value.version(), value.dimensions());
        }

        Program of(Program program) {
            Set<Value> kept = new LinkedHashSet<>();
            program.kept().forEach(value -> kept.add(of(value)));
            return new Program(program.operations().stream().map(o -> o.with(this::of, of(o.out()))).toList(), kept);
        }
    }

    /** Returns the values as wholes, but of the results of heads only those that are needed, since each is computed. */
    private static List<Site> kept(Model model, List<Site> sites) {
        Map<String, TreeSet<Integer>> heads = new LinkedHashMap<>();
        for (Site site : sites) {
            for (Hook hook : model.hookNames().hooks(site.value())) {
                TreeSet<Integer> own = heads.computeIfAbsent(hook.name(), _ -> new TreeSet<>());
                if (hook.point() == HookPoint.RESULT)
                    own.addAll(site.heads().orElseGet(() -> model.hookNames().allHeads(hook)));
            }
        }
        List<Site> kept = new ArrayList<>();
        heads.forEach((name, some) -> kept.add(some.isEmpty() ? Site.of(name)
                : Site.of(name).heads(List.copyOf(some))));
        return kept;
    }

    /** Returns the value that the run keeps for a hook. */
    Value value(Hook hook) {
        for (Value value : executable.program().kept()) {
            String name = value.name();
            if (name.equals(hook.name()) || name.startsWith(hook.name() + " ") || name.startsWith(hook.name() + "'"))
                return value;
        }
        throw new IllegalStateException(hook + " is not kept");
    }

    /** Returns the heads that the kept value of a hook holds; absent if these are all. */
    Optional<List<Integer>> held(Hook hook) {
        return options.keep().stream().filter(site -> site.value().equals(hook.name())).findFirst()
                .flatMap(Site::heads);
    }

    /** Returns the data that a run of these tokens reads. */
    Map<Value, Tensor> given(Tokens tokens) {
        Map<Value, Tensor> given = new LinkedHashMap<>(model.lent(options, tokens));
        given.putAll(lent);
        return given;
    }

    static boolean positional(Value value) {
        return value.dimensions().size() > 1 && value.dimensions().get(1) instanceof Dimension(String axis, _)
                && axis.equals("pos");
    }
}
