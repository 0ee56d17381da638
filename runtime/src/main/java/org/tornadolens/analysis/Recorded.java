package org.tornadolens.analysis;

import java.util.List;
import java.util.Optional;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Cache;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.tensor.Tensor;

/**
 * Values of a run: what it kept, and what it did not keep from the same run made once more, with its interventions, so
 * that an analysis can be asked of any run. Keeping the values in the first place saves that second run.
 */
public final class Recorded {

    private final Cache kept;
    private final Optional<Cache> again;

    private Recorded(Cache kept, Optional<Cache> again) {
        this.kept = kept;
        this.again = again;
    }

    /** @param wanted sites of one value each */
    public static Recorded of(Run run, List<Site> wanted) {
        List<Site> missing = wanted.stream().filter(site -> !run.cache().holds(site)).toList();
        if (missing.isEmpty()) return new Recorded(run.cache(), Optional.empty());
        RunOptions options = run.options().keep(missing).everywhere().withoutLogits().withoutLoss();
        return new Recorded(run.cache(), Optional.of(run.model().run(run.tokens(), options).cache()));
    }

    public Tensor get(Site site) { return kept.holds(site) ? kept.get(site) : again.orElseThrow().get(site); }
}
