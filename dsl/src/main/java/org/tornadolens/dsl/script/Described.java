package org.tornadolens.dsl.script;

import java.util.stream.Collectors;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;

/** Describes interventions in words. */
final class Described {

    private Described() {}

    static String text(Intervention intervention, Configuration configuration) {
        return intervention.inWords(text(intervention.site(), configuration));
    }

    /** Describes a site; for shared keys and values, it names all heads that read them. */
    private static String text(Site site, Configuration configuration) {
        int shared = configuration.headsPerKv();
        if (shared == 1 || site.heads().isEmpty() || HookPoint.of(site.value()).filter(HookPoint::ofKvHeads).isEmpty())
            return site.toString();
        return site + ", shared by heads " + site.heads().get().stream().map(head -> head / shared).distinct()
                .map(group -> group * shared + "-" + (group * shared + shared - 1))
                .collect(Collectors.joining(" and "));
    }
}
