package org.tornadolens.analysis;

import java.util.ArrayList;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.IntStream;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Attention rollout (Abnar and Zuidema 2020): the share of every source in every destination if information moved by
 * attention only. It is the product over layers, from the last to the first, of ½ (mean pattern over heads) + ½ I; rows
 * sum to 1.
 */
public final class Rollout {

    private Rollout() {}

    /** Returns the rollout, [batch, dest, src]. */
    public static Tensor of(Run run) {
        Model model = run.model();
        int layers = model.configuration().nLayers(), length = run.tokens().length();
        Tensor identity = Tensor.zeros(Shape.of("dest", length, "src", length));
        identity.diagonal(0).fill(1);
        Tensor[] rolled = {Tensor.zeros(Shape.of("batch", run.tokens().batch(), "dest", length, "src", length))};
        rolled[0].assign(identity);
        UnaryOperator<Tensor> layer = pattern -> {
            Tensor mixed = pattern.mean("head").add(identity).mul(0.5).rename("src", "via");     // [batch, dest, via]
            rolled[0] = mixed.matmul(rolled[0].rename("dest", "via"));
            return pattern;
        };
        List<Site> patterns = IntStream.range(0, layers).mapToObj(l -> Site.of(HookPoint.PATTERN.name(l))).toList();
        if (patterns.stream().allMatch(run.cache()::holds)) {
            for (Site site : patterns) layer.apply(run.cache().get(site).unmasked());
        } else {
            // repeats the run with a hook, so that only the pattern of one layer is in memory
            List<Intervention> interventions = new ArrayList<>(run.options().interventions());
            interventions.add(new Intervention.Hook(Site.of(HookPoint.PATTERN.everywhere()),
                    (pattern, context) -> layer.apply(pattern.unmasked())));
            RunOptions again = run.options().with(interventions).keep(List.of()).everywhere().withoutLoss()
                    .withoutLogits().keep(HookPoint.PATTERN.name(layers - 1));
            model.run(run.tokens(), again);
        }
        return run.tokens().masked(rolled[0]);
    }
}
