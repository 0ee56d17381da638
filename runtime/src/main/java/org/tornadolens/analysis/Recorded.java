package org.tornadolens.analysis;

import java.util.List;
import java.util.Optional;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Cache;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.tensor.Tensor;

/**
 * The values of a run that an analysis needs: those that it kept, and the others from repeating the run with its
 * interventions, so that every run can be analysed. Keeping the values in the first run avoids the second.
 */
public final class Recorded {

    private final Cache kept;
    private final Optional<Cache> again;

    private Recorded(Cache kept, Optional<Cache> again) {
        this.kept = kept;
        this.again = again;
    }

    /** @param wanted sites that name one value each */
    public static Recorded of(Run run, List<Site> wanted) {
        List<Site> missing = wanted.stream().filter(site -> !run.cache().holds(site)).toList();
        if (missing.isEmpty()) return new Recorded(run.cache(), Optional.empty());
        RunOptions options = run.options().keep(missing).everywhere().withoutLogits().withoutLoss();
        return new Recorded(run.cache(), Optional.of(run.model().run(run.tokens(), options).cache()));
    }

    /** Returns the value of a site without a mask; what is at padding is to be masked in the result. */
    public Tensor get(Site site) {
        return (kept.holds(site) ? kept.get(site) : again.orElseThrow().get(site)).unmasked();
    }
}
