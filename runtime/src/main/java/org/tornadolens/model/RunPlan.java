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
 * The program that a run asks for: an {@link Experiment} of one cell, the values to keep marked, and everything else
 * pruned and fused.
 *
 * @param entries what the cache will hold, by hook name
 * @param given   the values that the caller gives, by hook name
 * @param lent    the data that interventions bring
 */
record RunPlan(Program program, Map<String, Entry> entries, Optional<Value> logits, Optional<Value> loss,
        Map<String, Value> given, List<Experiment.Lent> lent) {

    /**
     * A value in the cache.
     *
     * @param heads     the indices along its head axis that were kept, ascending; absent: all
     * @param positions the positions that were kept, in this order; absent: all
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
            options.keep().forEach(site -> keeping.want(site, options, reached));

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
                    "nothing is asked of this run: it has no logits, no loss and keeps nothing");
            program = Rewrites.prune(program);
            checkReached(program, built.made());
            Map<String, Value> given = new LinkedHashMap<>();
            built.given().forEach((hook, value) -> given.put(hook.name(), value));
            return new RunPlan(Rewrites.fuse(program), kept.entries(), logits, loss, given, built.lent());
        }

        /** The hooks that the run computes before it stops. */
        private Set<String> reached() {
            List<String> all = names.all();
            return new HashSet<>(options.stopAt().isEmpty() ? all : all.subList(0, all.indexOf(stop().name()) + 1));
        }

        /** The residual stream that a run leaves where it stops. */
        private Hook stop() {
            int layer = options.stopAt().orElseThrow();
            return layer == configuration.nLayers() ? new Hook(HookPoint.RESID_POST, layer - 1)
                    : new Hook(HookPoint.RESID_PRE, layer);
        }

        /** Unembeds only the positions asked for. */
        private static Program logitsAt(Program program, Optional<List<Integer>> positions) {
            if (positions.isEmpty()) return program;
            List<Operation> operations = new ArrayList<>();
            for (Operation operation : program.operations()) {
                if (operation instanceof Operation.Project(Value x, var weight, Value out)
                        && out.name().equals(ForwardPass.LOGITS)) {
                    int count = positions.get().size();
                    Value some = x.resized(x.name() + ".at", x.positionAxis(), count);
                    operations.add(new Operation.Gather(x, Selection.ofPositions(positions), some));
                    operations.add(
                            new Operation.Project(some, weight, out.resized(out.name(), out.positionAxis(), count)));
                } else {
                    operations.add(operation);
                }
            }
            return new Program(operations, program.kept());
        }

        /** Refuses an intervention that a cut leaves without effect: it would look as if it had done nothing. */
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
