package org.tornadolens.dsl.script;

import java.util.List;
import java.util.stream.Collectors;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Configuration;

/** Interventions in words. */
final class Described {

    private static final List<String> SHARED = List.of("attn.hook_k", "attn.hook_v", "attn.hook_rot_k", "hook_k_input", "hook_v_input");

    private Described() {}

    static String text(Intervention intervention, Configuration configuration) {
        String site = text(intervention.site(), configuration);
        return switch (intervention) {
            case Intervention.AblateZero zero -> "zero in place of " + site;
            case Intervention.Scale(var s, double factor) -> site + " times " + factor;
            case Intervention.Patch patch -> "data in place of " + site;
            case Intervention.Add(var s, var v, double times) -> times == 1 ? "a vector added to " + site : times + " times a vector added to " + site;
            case Intervention.Project(var s, var basis, boolean keep) -> site + " projected " + (keep ? "onto " : "out of ") + (basis.directions() == 1 ? "a direction" : basis.directions() + " directions");
            case Intervention.Hook hook -> "a hook on " + site;
        };
    }

    /** Keys and values belong to a group of heads: the other heads that read them are named too. */
    private static String text(Site site, Configuration configuration) {
        int shared = configuration.headsPerKv();
        if (shared == 1 || site.heads().isEmpty() || SHARED.stream().noneMatch(site.value()::endsWith)) return site.toString();
        return site + ", shared by heads " + site.heads().get().stream().map(head -> head / shared).distinct()
                .map(group -> group * shared + "-" + (group * shared + shared - 1)).collect(Collectors.joining(" and "));
    }
}
