package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Progress;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.patching.Measure;
import org.tornadolens.patching.Sweep;

/** What sweeps, patching and circuits of scripts have in common: the metric, progress, and where numbers are kept for a resumption. */
final class Surveys {

    private Surveys() {}

    /** @param metric null where {@code function}, of a Run, is the metric */
    static Measure measure(Metric metric, Value function) {
        return metric != null ? new Measure.Declared(metric)
                : new Measure.Host(run -> function.execute(run).asDouble());
    }

    /** @param about what tells this work from other work in the same place of the script */
    static Sweep.Settings settings(Host host, Progress progress, String units, String about) throws IOException {
        return new Sweep.Settings(OptionalLong.empty(), host.journal(about), (done, all) -> {
            progress.at(done, all, units);
            Interrupts.check();
        });
    }

    static String about(String what, Model model, Object... rest) {
        return what + " " + model.checkpoint().source() + " " + text(model.interventions()) + " "
                + Arrays.stream(rest).map(Surveys::text).toList();
    }

    /** The same words for the same things in every process. */
    private static String text(Object thing) {
        return switch (thing) {
            case Tokens tokens -> Arrays.toString(tokens.ids()) + Arrays.toString(tokens.padding());
            case Intervention intervention -> intervention.getClass().getSimpleName() + " " + intervention.site();
            case List<?> list -> list.stream().map(Surveys::text).toList().toString();
            default -> thing.toString();
        };
    }
}
