package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Function;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.intervention.Steps;
import org.tornadolens.intervention.Target;
import org.tornadolens.model.Model;

/**
 * An intervention as a script declares it, before there is a model.
 *
 * @param what makes the intervention at a site of a model
 */
record Declared(List<Target> targets, Function<Model, Function<Site, Intervention>> what) {

    /** Returns this change in some steps of a generation only. */
    Declared during(Steps steps) {
        return new Declared(targets, model -> {
            Function<Site, Intervention> here = what.apply(model);
            return site -> here.apply(site).during(steps);
        });
    }

    /** Returns one intervention for each site that the targets name in a model. */
    List<Intervention> in(Model model) {
        List<Intervention> all = new ArrayList<>();
        Function<Site, Intervention> here = what.apply(model);
        for (Target target : targets) target.sites(model.configuration()).forEach(site -> all.add(here.apply(site)));
        if (all.isEmpty()) throw new UsageException("an intervention names nothing to change");
        return all;
    }
}
