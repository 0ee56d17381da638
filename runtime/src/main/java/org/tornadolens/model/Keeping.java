package org.tornadolens.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookNames;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.intervention.Site;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Value;

/** Collects the sites of a run's cache and adds the operations that gather the part of each value to keep. */
final class Keeping {

    private final Configuration configuration;
    private final HookNames names;
    private final Experiment experiment;
    private final Map<Hook, Want> wants = new LinkedHashMap<>();

    /** The union of what the sites of the cache request of one value. */
    private static final class Want {
        private final TreeSet<Integer> heads = new TreeSet<>();
        private final List<Integer> positions = new ArrayList<>();
        private boolean allHeads, allPositions;

        Optional<List<Integer>> heads() { return allHeads ? Optional.empty() : Optional.of(List.copyOf(heads)); }

        Optional<List<Integer>> positions() {
            return allPositions ? Optional.empty() : Optional.of(List.copyOf(positions));
        }
    }

    Keeping(Configuration configuration, HookNames names, Experiment experiment) {
        this.configuration = configuration;
        this.names = names;
        this.experiment = experiment;
    }

    /**
     * Requests a site.
     *
     * @param options the options of the run, whose positions are kept if the site names none
     * @param reached the names of the hooks that the run computes
     */
    void want(Site site, RunOptions options, Set<String> reached) {
        List<Hook> matched = names.hooks(site.value()),
                computed = matched.stream().filter(hook -> reached.contains(hook.name())).toList();
        if (computed.isEmpty())
            throw new UsageException(
                    matched.getFirst() + " cannot be kept: the run stops at layer " + options.stopAt().orElseThrow());
        for (Hook hook : computed) {
            Want want = wants.computeIfAbsent(hook, _ -> new Want());
            site.heads().ifPresentOrElse(h -> want.heads.addAll(names.headIndices(hook, h)),
                    () -> want.allHeads = true);
            site.positions().or(options::at).ifPresentOrElse(
                    p -> p.stream().filter(x -> !want.positions.contains(x)).forEach(want.positions::add),
                    () -> want.allPositions = true);
            experiment.splitAlso(hook, site.heads());
        }
    }

    /** @param entries the entries of the cache, by hook name */
    record Kept(Program program, Map<String, RunPlan.Entry> entries) {}

    /**
     * Returns the program with everything requested marked as kept.
     *
     * @param stop the residual stream at which the run stops, which is also kept
     */
    Kept in(Program program, Optional<Hook> stop) {
        Map<String, RunPlan.Entry> entries = new LinkedHashMap<>();
        Derived derived = new Derived();
        wants.forEach((hook, want) -> {
            Optional<Value> computed = program.value(hook.name());
            Value kept = computed.isPresent() ? part(derived, hook, computed.get(), want)
                    : copied(derived, program, hook, want);
            entries.put(hook.name(), new RunPlan.Entry(kept, want.heads(), want.positions()));
        });
        stop.ifPresent(hook -> entries.computeIfAbsent(hook.name(),
                name -> new RunPlan.Entry(program.value(name).orElseThrow(), Optional.empty(), Optional.empty())));
        Program kept = Rewrites.keep(derived.in(program), entries.values().stream().map(RunPlan.Entry::value).toList());
        return new Kept(kept, entries);
    }

    private Value part(Derived derived, Hook hook, Value value, Want want) {
        Optional<List<Integer>> heads = want.heads()
                .map(h -> experiment.heldHeads(hook).map(held -> h.stream().map(held::indexOf).toList()).orElse(h));
        return derived.gather(value, heads, value.positionAxis() >= 0 ? want.positions() : Optional.empty());
    }

    /** Computes a hook point that the program omits, from the value of which it is a copy. */
    private Value copied(Derived derived, Program program, Hook hook, Want want) {
        Hook original = new Hook(hook.point().copyOf().orElseThrow(), hook.layer());
        Value source = derived.gather(program.value(original.name()).orElseThrow(), Optional.empty(), want.positions());
        if (hook.point().headAxis().isEmpty())
            return derived.add(source, new Operation.Copy(source, new Value(hook.name(), 0, source.dimensions())));
        List<Integer> heads = want.heads().orElseGet(() -> names.allHeads(hook));
        Value whole = hook.value(configuration), out = whole.resized(hook.name(), whole.headAxis(), heads.size());
        Value shaped = out.with(out.positionAxis(), source.dimensions().get(source.positionAxis()));
        return derived.add(source, hook.point() == HookPoint.RESULT
                ? new Operation.HeadResult(source, new Parameters(configuration).get(ParameterSpec.W_O, hook.layer()),
                        heads, shaped)
                : new Operation.Repeat(source, shaped));
    }
}
