package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.architecture.Hook;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.model.Experiment;
import org.tornadolens.model.Model;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * Builds forward passes of a model over prompts of one length: an {@link Experiment} whose rows are laid out cell by
 * cell, and within a cell prompt by prompt. Positions are counted from the end, and the data of interventions is bound
 * to the prompts.
 */
final class Passes {

    private final Model model;
    private final Prompts prompts;
    private final Set<Hook> frozen;

    /** @param frozen values that are taken from the base run in every cell */
    Passes(Model model, Prompts prompts, Set<Hook> frozen) {
        this.model = model;
        this.prompts = prompts;
        this.frozen = frozen;
    }

    /**
     * A program in which no value is marked as kept.
     *
     * @param changed the values that cells may change, in the version before any cell
     * @param lent    the data of interventions, over all positions of the prompts
     */
    record Pass(Program program, Set<Value> changed, Map<Value, Tensor> lent) {}

    /** Builds the pass of the model without cells. */
    Pass plain() { return of(List.of(), List.of()); }

    /**
     * Builds the pass of a batch.
     *
     * @param cells the interventions of each cell in the batch
     * @param group the interventions of all cells whose programs must compute the same values
     */
    Pass of(List<List<Intervention>> cells, Collection<Intervention> group) {
        List<Intervention> all = new ArrayList<>(model.interventions());
        all.addAll(group);
        int count = Math.max(1, cells.size());
        Experiment experiment = new Experiment(model.configuration(), model.hookNames(), all, frozen).touching(group);
        Experiment.Built built =
                experiment.build(model.interventions(), cells, (part, at, cell) -> place(part, at, cell, count));
        return new Pass(built.program(), built.changed(), bound(built.lent()));
    }

    /** Returns the hooks changed by a cell that replace the norm of the block by separate ones. */
    static Set<Hook> splitNorms(Model model, List<Intervention> cell) {
        Set<Hook> inputs = new HashSet<>();
        for (Intervention change : cell) {
            model.hookNames().hooks(change.site().value()).stream().filter(hook -> hook.point().splitsNorm())
                    .forEach(inputs::add);
        }
        return inputs;
    }

    /** Returns a part with batch rows, and positions counted from the end; absent if nothing is selected here. */
    private Optional<Selection> place(Selection part, Value at, OptionalInt cell, int cells) {
        Optional<List<Integer>> rows = rows(part, cell, cells);
        // checked first: prompts of this length need not have the positions
        if (rows.map(List::isEmpty).orElse(false)) return Optional.empty();
        Optional<List<Integer>> positions = part.positions().map(prompts::fromEnd);
        Optional<List<Integer>> columns = at.axis("src") >= 0 ? part.columns().map(prompts::fromEnd) : part.columns();
        boolean nothing = positions.map(List::isEmpty).orElse(false) || columns.map(List::isEmpty).orElse(false);
        return nothing ? Optional.empty() : Optional.of(new Selection(rows, part.heads(), positions, columns));
    }

    /** Returns the batch rows of a change; absent: all. */
    private Optional<List<Integer>> rows(Selection part, OptionalInt cell, int cells) {
        Optional<List<Integer>> named = part.rows();
        if (named.isEmpty() && cell.isEmpty()) return Optional.empty();
        int perCell = prompts.rows().size();
        List<Integer> within = IntStream.range(0, perCell)
                .filter(i -> named.isEmpty() || named.get().contains(prompts.rows().get(i))).boxed().toList();
        int from = cell.orElse(0), to = cell.isPresent() ? from + 1 : cells;
        return Optional.of(
                IntStream.range(from, to).boxed().flatMap(c -> within.stream().map(i -> c * perCell + i)).toList());
    }

    /** Binds the data of every intervention; cells with equal keys share one tensor. */
    private Map<Value, Tensor> bound(List<Experiment.Lent> lent) {
        Sizes sizes = new Sizes(prompts.all().batch(), prompts.all().length(), 0);
        Map<Object, Tensor> shared = new HashMap<>();
        Map<Value, Tensor> bound = new LinkedHashMap<>();
        for (Experiment.Lent one : lent) {
            Object key = List.of(one.site().value(), one.source().bindingKey(one.site(), one.at(), one.part()));
            bound.put(one.as(), shared.computeIfAbsent(key, _ -> {
                Tensor whole = one.source().bind(one.site(), one.at(), one.part(), one.held(), sizes,
                        prompts.all().padding());
                return one.as().axis("batch") < 0 ? whole : prompts.part(whole, one.at());
            }));
        }
        return bound;
    }
}
