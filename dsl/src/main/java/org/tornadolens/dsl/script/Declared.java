package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.Configuration;

/**
 * An intervention as a script declares it, before there is a model.
 *
 * @param what what is done at a site
 */
record Declared(List<Target> targets, Function<Site, Intervention> what) {

    /** One intervention for each site that the targets name in a model of this configuration. */
    List<Intervention> in(Configuration configuration) {
        List<Intervention> all = new ArrayList<>();
        for (Target target : targets) target.sites(configuration).forEach(site -> all.add(what.apply(site)));
        if (all.isEmpty()) throw new UsageException("an intervention names nothing to change");
        return all;
    }
}
