package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.tornadolens.analysis.References;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;

/** Ablates heads and MLPs: replaces their outputs by those in corrupted prompts. */
public final class Ablation {

    /** The replacement of an output. */
    public enum Kind {
        /** The mean over all corrupted prompts, position by position. */
        MEAN,
        /** The output in the corrupted prompt that belongs to each clean one. */
        RESAMPLE
    }

    private final Data source;

    public Ablation(Model model, Pair pair, Kind kind) {
        Run run = model.run(pair.corrupted(),
                RunOptions.DEFAULT.keep(HookPoint.Z.everywhere(), HookPoint.MLP_OUT.everywhere()).withoutLogits());
        source = kind == Kind.MEAN ? References.mean(run.cache(), pair.corrupted().padding(), true)
                : run.cache().data();
    }

    /** Returns the interventions that ablate these heads and MLPs: per layer, one for all heads and one for the MLP. */
    public List<Intervention> of(Collection<Sender> members) {
        Map<String, List<Integer>> heads = new TreeMap<>();
        List<Intervention> all = new ArrayList<>();
        for (Sender member : members) {
            if (member instanceof Sender.Head(var head)) {
                heads.computeIfAbsent(member.site().value(), _ -> new ArrayList<>()).add(head.head());
            } else {
                all.add(new Intervention.Patch(member.site(), source));
            }
        }
        heads.forEach((name, numbers) -> {
            Site site = Site.of(name).heads(numbers.stream().distinct().sorted().toList());
            all.add(new Intervention.Patch(site, source));
        });
        return all;
    }
}
