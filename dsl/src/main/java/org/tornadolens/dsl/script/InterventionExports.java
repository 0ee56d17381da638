package org.tornadolens.dsl.script;

import java.util.OptionalInt;
import java.util.WeakHashMap;
import java.util.function.Function;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.tornadolens.UsageException;
import org.tornadolens.analysis.References;
import org.tornadolens.architecture.Hook;
import org.tornadolens.dataset.Dataset;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Basis;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.intervention.Steps;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Rule;
import org.tornadolens.survey.Found;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;

/** Behind {@code interventions.js}: declared changes of values. */
public final class InterventionExports {

    private static final int MOST_NESTED = 32;

    private final Host host;
    private int nested;      // hooks that are running, each within a run of the one before it
    private final WeakHashMap<Weights, WeakHashMap<Tokens, References>> references = new WeakHashMap<>();
    private final WeakHashMap<Weights, WeakHashMap<Dataset, SurveyedMeans>> datasets = new WeakHashMap<>();

    InterventionExports(Host host) { this.host = host; }

    @HostAccess.Export public Declared zero(Value targets) { return declared(targets, Intervention.AblateZero::new); }

    /** @param over Tokens or a Run */
    @HostAccess.Export public Declared mean(Value targets, Object over, boolean byPosition) {
        return new Declared(Arguments.objects(targets, Target.class), model -> {
            Data mean = over instanceof Run run ? References.mean(run.cache(), run.tokens().padding(), byPosition)
                    : references(model, (Tokens) over).mean(byPosition);
            return site -> new Intervention.Patch(site, collected(mean));
        });
    }

    /** @param over a Dataset, or the Found of a survey's means */
    @HostAccess.Export public Declared surveyed(Value targets, Object over, boolean byPosition) {
        return new Declared(Arguments.objects(targets, Target.class), model -> {
            SurveyedMeans means = over instanceof Dataset data ? datasets.computeIfAbsent(model.weights(),
                    _ -> new WeakHashMap<>()).computeIfAbsent(data, _ -> SurveyedMeans.of(host, model, data))
                    : SurveyedMeans.of((Found) over);
            Data mean = means.data(byPosition);
            return site -> new Intervention.Patch(site, mean);
        });
    }

    /** @param over Tokens or a Run */
    @HostAccess.Export public Declared resample(Value targets, Object over, double seed) {
        return new Declared(Arguments.objects(targets, Target.class), model -> {
            Data samples = over instanceof Run run ? run.cache().data().drawn((long) seed)
                    : references(model, (Tokens) over).samples((long) seed);
            return site -> new Intervention.Patch(site, collected(samples));
        });
    }

    /** @param from a Run or a Tensor */
    @HostAccess.Export public Declared patch(Value targets, Object from) {
        Data data = from instanceof Run run ? run.cache().data() : Data.of((Tensor) from);
        return declared(targets, site -> new Intervention.Patch(site, data));
    }

    @HostAccess.Export public Declared scale(Value targets, double factor) {
        return declared(targets, site -> new Intervention.Scale(site, factor));
    }

    /** An infinite limit stands for no limit. */
    @HostAccess.Export public Declared clamp(Value targets, double min, double max) {
        Rule.Clamp range = new Rule.Clamp(min, max);
        return declared(targets, site -> new Intervention.Clamp(site, range));
    }

    @HostAccess.Export public Declared add(Value targets, Tensor vector, double times) {
        Data data = Data.of(vector);
        return declared(targets, site -> new Intervention.Add(site, data, times));
    }

    @HostAccess.Export public Declared project(Value targets, Tensor directions, boolean keep) {
        Basis basis = Basis.of(directions);
        return declared(targets, site -> new Intervention.Project(site, basis, keep));
    }

    /** @param function (tensor, hook name, layer, head) → tensor; layer and head are -1 if there is none */
    @HostAccess.Export public Declared hook(Value targets, Value function) {
        HostFunction call = (value, context) -> called(function, value, context);
        return declared(targets, site -> new Intervention.Hook(site, call));
    }

    /** @param to the step before which it ends; negative: it applies to the end */
    @HostAccess.Export public Declared during(Declared change, int from, int to) {
        return change.during(new Steps(from, to < 0 ? OptionalInt.empty() : OptionalInt.of(to)));
    }

    private static Declared declared(Value targets, Function<Site, Intervention> what) {
        return new Declared(Arguments.objects(targets, Target.class), model -> what);
    }

    /** Returns reference inputs, which are run at the first use of their values, once for all sweeps. */
    private References references(Model model, Tokens tokens) {
        return references.computeIfAbsent(model.weights(), w -> new WeakHashMap<>()).computeIfAbsent(tokens,
                t -> new References(model, t));
    }

    private Data collected(Data data) {
        return data.from(site -> {
            try (Progress progress = host.progress("reference activations")) {
                return data.values().apply(site);
            }
        });
    }

    private Tensor called(Value function, Tensor value, HostFunction.Context context) {
        if (nested == MOST_NESTED)
            throw new UsageException("the hook on " + context.name() + " runs within " + MOST_NESTED
                    + " other hooks: does a hook run the model with itself?");
        nested++;
        Tensor changed;
        try {
            changed = function.execute(value, context.name(), Hook.of(context.name()).orElseThrow().layer(),
                    context.head()).asHostObject();
        } finally {
            nested--;
        }
        if (!changed.shape().equals(value.shape())) {
            throw new UsageException("the hook on " + context.name() + " was given " + value.shape() + " and returned "
                    + changed.shape());
        }
        return changed;
    }
}
