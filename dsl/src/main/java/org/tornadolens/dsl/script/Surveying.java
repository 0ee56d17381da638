package org.tornadolens.dsl.script;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.tornadolens.Interruption;
import org.tornadolens.dataset.Dataset;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Progress;
import org.tornadolens.dsl.output.Fingerprint;
import org.tornadolens.model.Model;
import org.tornadolens.survey.Collector;
import org.tornadolens.survey.Saved;
import org.tornadolens.survey.Survey;

/** Runs surveys for scripts: with progress, resumable, and with a warning of what was left out. */
final class Surveying {

    private Surveying() {}

    /** @param resume whether it leaves what it has found beside the run's folder, to be resumed from */
    static Survey.Result run(Host host, Model model, Dataset data, Map<String, Collector> collectors,
            Survey.Settings settings, boolean resume) throws IOException {
        return run(host, model, data, collectors, settings, resume ? host.survey() : Optional.empty());
    }

    static Survey.Result run(Host host, Model model, Dataset data, Map<String, Collector> collectors,
            Survey.Settings settings, Optional<Path> kept) throws IOException {
        String about = Fingerprint.of(Sweeps.about("survey", model, data.identity(), collectors.toString(),
                settings.at()).getBytes(StandardCharsets.UTF_8)).hex();
        try (Progress progress = host.progress("survey")) {
            long began = System.nanoTime();
            Survey.Settings own = settings.listener((rows, tokens, share) -> {
                double seconds = (System.nanoTime() - began) / 1e9;
                progress.at(rows, share == 0 ? 0 : Math.max(rows, Math.round(rows / share)),
                        String.format(Locale.ROOT, "rows, %,.0f tokens/s", tokens / seconds));
                Interruption.check();
            });
            if (kept.isPresent()) own = own.saved(new Saved(kept.get(), about));
            Survey.Result result = Survey.of(model, data, collectors, own).run();
            warn(host, result);
            return result;
        }
    }

    private static void warn(Host host, Survey.Result result) {
        if (result.invalid().count() > 0) host.warn(result.invalid().text());
        int count = result.leftOut().size();
        if (count > 0)
            host.warn(count + (count == 1 ? " row was" : " rows were") + " left out: "
                    + String.join("; ", result.leftOut().subList(0, Math.min(5, count))) + (count > 5 ? "; …" : ""));
    }
}
