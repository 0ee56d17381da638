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

/** Knocks heads and MLPs out by what they write in corrupted prompts. */
public final class Ablation {

    /** By the mean over all corrupted prompts, position by position, or by what each prompt's own corrupted one has. */
    public enum Kind {
        MEAN, RESAMPLE
    }

    private final Data source;

    public Ablation(Model model, Pair pair, Kind kind) {
        Run run = model.run(pair.corrupted(),
                RunOptions.DEFAULT.keep(HookPoint.Z.everywhere(), HookPoint.MLP_OUT.everywhere()).withoutLogits());
        source = kind == Kind.MEAN ? References.mean(run.cache(), pair.corrupted().padding(), true)
                : run.cache().data();
    }

    /** The interventions that knock these out, one for each layer's heads and MLP. */
    public List<Intervention> of(Collection<Sender> members) {
        Map<String, List<Integer>> heads = new TreeMap<>();
        List<Intervention> all = new ArrayList<>();
        for (Sender member : members) {
            if (member instanceof Sender.Head(var head))
                heads.computeIfAbsent(member.site().value(), n -> new ArrayList<>()).add(head.head());
            else
                all.add(new Intervention.Patch(member.site(), source));
        }
        heads.forEach((name, some) -> all
                .add(new Intervention.Patch(Site.of(name).heads(some.stream().distinct().sorted().toList()), source)));
        return all;
    }
}
