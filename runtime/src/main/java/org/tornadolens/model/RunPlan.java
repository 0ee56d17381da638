package org.tornadolens.model;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ForwardPass;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookNames;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;

/**
 * The program of a run: an {@link Experiment} of one cell with the values to keep marked, pruned and fused.
 *
 * @param entries the entries of the cache, by hook name
 * @param given   the values that the caller passes in, by hook name
 * @param lent    the data of the interventions
 */
record RunPlan(Program program, Map<String, Entry> entries, Optional<Value> logits, Optional<Value> loss,
        Map<String, Value> given, List<Experiment.Lent> lent) {

    /**
     * A value in the cache.
     *
     * @param heads     the kept indices along the head axis, ascending; absent: all
     * @param positions the kept positions, in this order; absent: all
     */
    record Entry(Value value, Optional<List<Integer>> heads, Optional<List<Integer>> positions) {}

    static RunPlan of(Configuration configuration, HookNames names, RunOptions options, boolean past) {
        return new Builder(configuration, names, options).build(past);
    }

    private static final class Builder {
        private final Configuration configuration;
        private final HookNames names;
        private final RunOptions options;

        Builder(Configuration configuration, HookNames names, RunOptions options) {
            this.configuration = configuration;
            this.names = names;
            this.options = options;
        }

        RunPlan build(boolean past) {
            options.stopAt().ifPresent(l -> check(l >= 0 && l <= configuration.nLayers(),
                    "stopAt " + l + ": layers run from 0 to " + configuration.nLayers()));
            Set<Hook> from = new HashSet<>();
            options.from().keySet().forEach(name -> from.add(names.hook(name)));
            Experiment experiment = new Experiment(configuration, names, options.interventions(), from);
            Keeping keeping = new Keeping(configuration, names, experiment);
            Set<String> reached = reached();
            // the positions of a continued run are those of its new tokens, all of which a generation may keep
            RunOptions keptAt = past ? options.everywhere() : options;
            options.keep().forEach(site -> keeping.want(site, keptAt, reached));

            Experiment.Built built =
                    experiment.build(List.of(), List.of(options.interventions()), Experiment.Placement.AS_NAMED);
            Program program = built.program();
            if (past) program = Rewrites.extendPast(program, value -> Hook.of(value.name()).flatMap(Hook::slot));
            Keeping.Kept kept =
                    keeping.in(program, options.stopAt().isPresent() ? Optional.of(stop()) : Optional.empty());
            program = kept.program();
            Optional<Value> logits = Optional.empty(), loss = Optional.empty();
            if (options.stopAt().isEmpty()) {
                if (options.logits() || options.loss()) program = logitsAt(program, options.at());
                Value value = program.value(ForwardPass.LOGITS).orElseThrow();
                if (options.logits()) {
                    program = Rewrites.keep(program, List.of(value));
                    logits = Optional.of(value);
                }
                if (options.loss()) {
                    Value out = Value.of("loss", value.dimensions().get(0), value.dimensions().get(1));
                    program = Rewrites.append(program,
                            new Operation.NextTokenLoss(value, Selection.ofPositions(options.at()), out));
                    loss = Optional.of(out);
                }
            }
            check(!program.kept().isEmpty() || past,
                    "this run computes nothing: it has no logits, no loss and keeps no values");
            program = Rewrites.prune(program);
            checkReached(program, built.made());
            Map<String, Value> given = new LinkedHashMap<>();
            built.given().forEach((hook, value) -> given.put(hook.name(), value));
            return new RunPlan(Rewrites.fuse(program), kept.entries(), logits, loss, given, built.lent());
        }

        /** Returns the names of the hooks that the run computes before it stops. */
        private Set<String> reached() {
            List<String> all = names.all();
            return new HashSet<>(options.stopAt().isEmpty() ? all : all.subList(0, all.indexOf(stop().name()) + 1));
        }

        /** Returns the residual stream at which the run stops. */
        private Hook stop() {
            int layer = options.stopAt().orElseThrow();
            return layer == configuration.nLayers() ? new Hook(HookPoint.RESID_POST, layer - 1)
                    : new Hook(HookPoint.RESID_PRE, layer);
        }

        /** Restricts the unembedding to the requested positions. */
        private static Program logitsAt(Program program, Optional<List<Integer>> positions) {
            if (positions.isEmpty()) return program;
            List<Operation> operations = new ArrayList<>();
            for (Operation operation : program.operations()) {
                if (operation instanceof Operation.Linear(Value x, var weight, Value out)
                        && out.name().equals(ForwardPass.LOGITS)) {
                    int count = positions.get().size();
                    Value selected = x.resized(x.name() + ".at", x.positionAxis(), count);
                    operations.add(new Operation.Gather(x, Selection.ofPositions(positions), selected));
                    operations.add(
                            new Operation.Linear(selected, weight,
                                    out.resized(out.name(), out.positionAxis(), count)));
                } else {
                    operations.add(operation);
                }
            }
            return new Program(operations, program.kept());
        }

        /** Rejects an intervention on a value that the run does not compute, since it would silently have no effect. */
        private void checkReached(Program program, Map<Intervention, List<Value>> made) {
            if (options.from().isEmpty() && options.stopAt().isEmpty()) return;
            Set<Value> reached = new HashSet<>();
            program.operations().forEach(o -> reached.add(o.out()));
            made.forEach((intervention, values) -> check(values.stream().anyMatch(reached::contains),
                    "the intervention on " + intervention.site()
                            + " has no effect: this run starts after it or stops before it"));
        }

        private static void check(boolean condition, String message) {
            if (!condition) throw new UsageException(message);
        }
    }
}
