package org.tornadolens.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.tensor.Tensor;

/**
 * The options of a run: what it keeps, and how it differs from a plain forward pass.
 *
 * @param keep          the values that the cache holds
 * @param interventions applied in this order, after those of {@link Model#with}
 * @param at            positions of the logits, the loss and the cache, from the first real token, or negative from the
 *                      end; absent: all
 * @param from          values passed in instead of computed, by hook name; operations that lead only to them do not run
 * @param stopAt        the layer before which the run stops: its {@code hook_resid_pre} is kept and there are no logits
 * @param logits        whether to compute logits
 * @param loss          whether to compute the next-token loss
 */
public record RunOptions(List<Site> keep, List<Intervention> interventions, Optional<List<Integer>> at,
        Map<String, Tensor> from, OptionalInt stopAt, boolean logits, boolean loss) {

    public static final RunOptions DEFAULT =
            new RunOptions(List.of(), List.of(), Optional.empty(), Map.of(), OptionalInt.empty(), true, false);

    public RunOptions {
        keep = List.copyOf(keep);
        interventions = List.copyOf(interventions);
        at = at.map(List::copyOf);
        from = new LinkedHashMap<>(from);
    }

    public RunOptions keep(String... patterns) {
        List<Site> sites = new ArrayList<>(keep);
        for (String pattern : patterns) sites.add(Site.of(pattern));
        return keep(sites);
    }

    public RunOptions keep(List<Site> sites) {
        return new RunOptions(sites, interventions, at, from, stopAt, logits, loss);
    }

    public RunOptions with(List<Intervention> all) { return new RunOptions(keep, all, at, from, stopAt, logits, loss); }

    public RunOptions at(Integer... positions) {
        return new RunOptions(keep, interventions, Optional.of(List.of(positions)), from, stopAt, logits, loss);
    }

    /** Returns these options for all positions. */
    public RunOptions everywhere() {
        return new RunOptions(keep, interventions, Optional.empty(), from, stopAt, logits, loss);
    }

    public RunOptions from(Map<String, Tensor> given) {
        return new RunOptions(keep, interventions, at, given, stopAt, logits, loss);
    }

    public RunOptions stopAt(int layer) {
        return new RunOptions(keep, interventions, at, from, OptionalInt.of(layer), logits, loss);
    }

    public RunOptions withoutLogits() { return new RunOptions(keep, interventions, at, from, stopAt, false, loss); }

    public RunOptions withLoss() { return new RunOptions(keep, interventions, at, from, stopAt, logits, true); }

    public RunOptions withoutLoss() { return new RunOptions(keep, interventions, at, from, stopAt, logits, false); }
}
