package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BiFunction;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.dataset.Dataset;
import org.tornadolens.dsl.Host;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;
import org.tornadolens.survey.Collector;
import org.tornadolens.survey.Found;
import org.tornadolens.survey.Reading;
import org.tornadolens.survey.Survey;
import org.tornadolens.tensor.Tensor;

/**
 * Means that a survey has found, as data of mean ablations.
 *
 * @param of returns the mean of a site, by position or over all tokens
 */
record SurveyedMeans(BiFunction<Site, Boolean, Tensor> of) {

    /** Returns the means of a survey that has been made. */
    static SurveyedMeans of(Found found) {
        boolean measured = ((Collector.Mean) found.what()).byPosition();
        return new SurveyedMeans((site, byPosition) -> {
            if (byPosition && !measured)
                throw new UsageException("these means are over all positions: survey them with "
                        + "collect.mean(…, { by: \"position\" }) to ablate by position");
            if (!byPosition && measured)
                throw new UsageException("these means are by position: ablate with { by: \"position\" } too");
            return found.tensor(site.value());
        });
    }

    /** Returns the means of a dataset, of which each kind of value is surveyed in all layers when it is needed. */
    static SurveyedMeans of(Host host, Model given, Dataset data) {
        Model model = given.original();
        Map<String, Found> found = new HashMap<>();
        return new SurveyedMeans((site, byPosition) -> {
            String kind = HookPoint.of(site.value()).orElseThrow().everywhere();
            return found.computeIfAbsent(kind + byPosition, _ -> surveyed(host, model, data, kind, byPosition))
                    .tensor(site.value());
        });
    }

    private static Found surveyed(Host host, Model model, Dataset data, String kind, boolean byPosition) {
        Collector mean = new Collector.Mean(List.of(Site.of(kind)), Reading.COORDINATES, byPosition);
        try {
            return Surveying.run(host, model, data, Map.of("mean", mean), Survey.Settings.DEFAULT, true).found()
                    .get("mean");
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Returns the data of interventions; by position, positions count from each row's first token. */
    Data data(boolean byPosition) {
        Map<String, Tensor> made = new HashMap<>();
        return new Data(site -> made.computeIfAbsent(site.value(), _ -> {
            Tensor mean = of.apply(site, byPosition);
            return byPosition ? mean.reshape(mean.shape().with("batch", 1)) : mean;
        }), byPosition ? Optional.of(new int[1]) : Optional.empty(), OptionalLong.empty());
    }
}
