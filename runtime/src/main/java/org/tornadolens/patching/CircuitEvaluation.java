package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.model.Model;

/**
 * How much of a model's behaviour a circuit explains (Wang et al. 2022). F(X) is the metric of the model with everything
 * outside X knocked out, M the whole model, C the circuit; K runs over no node, each node, and for completeness the whole
 * circuit.
 *
 * @param model        F(M)
 * @param circuit      F(C)
 * @param faithfulness F(C) / F(M)
 * @param completeness 1 - max over K of |F(C∖K) - F(M∖K)| / |F(M)|: 1 where what is outside does nothing the circuit does not
 * @param minimality   of each node v, max over K of |F(C∖K∖v) - F(C∖K)| / |F(M)|: 0 for one that is not needed
 * @param without      of each node, [F(C∖v), F(M∖v)]
 */
public record CircuitEvaluation(double model, double circuit, double faithfulness, double completeness, Map<String, Double> minimality, Map<String, double[]> without) {

    public static CircuitEvaluation of(Model model, Circuit circuit, Pair pair, Measure measure, Ablation.Kind kind, Sweep.Settings settings) {
        Ablation ablation = new Ablation(model, pair, kind);
        List<Sender> universe = circuit.universe(model.configuration());
        for (Sender member : circuit.members()) if (!universe.contains(member)) model.with(List.of(new Intervention.AblateZero(member.site())));   // refuses what the model does not have
        Set<Sender> outside = new HashSet<>(universe);
        circuit.members().forEach(outside::remove);
        List<String> nodes = List.copyOf(circuit.nodes().keySet());

        List<List<Intervention>> cells = new ArrayList<>();
        Map<Set<Sender>, Integer> places = new LinkedHashMap<>();
        Knock knock = members -> places.computeIfAbsent(new HashSet<>(members), set -> {
            cells.add(ablation.of(ordered(universe, set)));
            return cells.size() - 1;
        });
        int none = knock.out(Set.of()), alone = knock.out(outside), whole = knock.out(circuit.members()), nothing = knock.out(universe);
        for (String v : nodes) {
            knock.out(circuit.nodes().get(v));
            for (String k : nodes) knock.out(union(outside, circuit.nodes().get(v), circuit.nodes().get(k)));
        }
        double[] f = measure.sweep(model, pair.clean(), cells, settings).cells();

        double full = f[none], incomplete = Math.max(Math.abs(f[alone] - full), Math.abs(f[nothing] - f[whole]));
        Map<String, Double> minimality = new LinkedHashMap<>();
        Map<String, double[]> without = new LinkedHashMap<>();
        for (String v : nodes) {
            List<Sender> members = circuit.nodes().get(v);
            double circuitWithout = f[knock.out(union(outside, members))], modelWithout = f[knock.out(members)];
            incomplete = Math.max(incomplete, Math.abs(circuitWithout - modelWithout));
            double most = Math.abs(circuitWithout - f[alone]);
            for (String k : nodes) {
                if (!k.equals(v)) most = Math.max(most, Math.abs(f[knock.out(union(outside, members, circuit.nodes().get(k)))] - f[knock.out(union(outside, circuit.nodes().get(k)))]));
            }
            minimality.put(v, most / Math.abs(full));
            without.put(v, new double[] {circuitWithout, modelWithout});
        }
        return new CircuitEvaluation(full, f[alone], f[alone] / full, 1 - incomplete / Math.abs(full), minimality, without);
    }

    /** The place of the cell in which these are knocked out. */
    private interface Knock {
        int out(Collection<Sender> members);
    }

    @SafeVarargs private static Set<Sender> union(Collection<Sender>... sets) {
        Set<Sender> all = new HashSet<>();
        for (Collection<Sender> set : sets) all.addAll(set);
        return all;
    }

    private static List<Sender> ordered(List<Sender> universe, Set<Sender> set) { return universe.stream().filter(set::contains).toList(); }
}
