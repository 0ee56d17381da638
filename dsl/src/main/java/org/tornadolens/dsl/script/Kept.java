package org.tornadolens.dsl.script;

import java.util.List;
import java.util.Optional;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.intervention.Site;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.Model;

/** Translates the {@code cache} option of a script to the sites that a run keeps. */
final class Kept {

    private Kept() {}

    /** @param everything whether every value is kept instead of the targets */
    static List<Site> sites(Model model, boolean everything, List<Target> targets) {
        if (everything) return List.of(Site.of("*"));
        Configuration configuration = model.configuration();
        return targets.stream().flatMap(target -> target.sites(configuration).stream())
                .map(site -> whole(site, configuration)).toList();
    }

    /** Returns a site of all heads, named one by one, as one of the value itself, which keeps its head axis. */
    private static Site whole(Site site, Configuration configuration) {
        boolean all = site.heads().isPresent() && site.heads().get().size() == configuration.nHeads();
        return all ? new Site(site.value(), site.part().heads(Optional.empty())) : site;
    }
}
