package org.tornadolens.dsl.script;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
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

    /**
     * Returns one intervention for each site that the targets name in a model. A head, or a group of heads that share
     * keys and values, that several targets name is changed once.
     */
    List<Intervention> in(Model model) {
        List<Intervention> all = new ArrayList<>();
        Function<Site, Intervention> here = what.apply(model);
        Map<Site, Set<Integer>> named = new HashMap<>();   // by site without heads: the heads or groups so far
        for (Target target : targets) {
            for (Site site : target.sites(model.configuration()))
                unnamed(site, model, named).ifPresent(rest -> all.add(here.apply(rest)));
        }
        if (all.isEmpty()) throw new UsageException("an intervention names nothing to change");
        return all;
    }

    /** Returns the part of a site that no earlier one named. */
    private static Optional<Site> unnamed(Site site, Model model, Map<Site, Set<Integer>> named) {
        Site whole = new Site(site.value(), site.part().heads(Optional.empty()));
        Optional<Set<Integer>> before = Optional.ofNullable(named.get(whole));
        if (before.map(Set::isEmpty).orElse(false)) return Optional.empty();   // all of it was named
        if (site.heads().isEmpty()) {
            named.put(whole, Set.of());
            if (before.isEmpty()) return Optional.of(site);
            site = site.heads(IntStream.range(0, model.configuration().nHeads()).boxed().toList());
        }
        return unnamed(site, model, before.orElseGet(() -> named.computeIfAbsent(whole, _ -> new HashSet<>())));
    }

    private static Optional<Site> unnamed(Site site, Model model, Set<Integer> known) {
        List<Integer> rest = site.heads().get().stream()
                .filter(head -> !known.containsAll(model.headIndices(site.value(), List.of(head)))).toList();
        known.addAll(model.headIndices(site.value(), site.heads().get()));
        return rest.isEmpty() ? Optional.empty() : Optional.of(site.heads(rest));
    }
}
