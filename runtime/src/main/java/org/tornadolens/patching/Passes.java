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
 * Forward passes of a model over prompts of one length: an {@link Experiment} whose rows are laid out cell by cell, and
 * within a cell prompt by prompt. Positions count from the end, and the data of interventions is bound to the prompts.
 */
final class Passes {

    private final Model model;
    private final Prompts prompts;
    private final Set<Hook> frozen;

    /** @param frozen values that are given as they are without any cell's change, whatever comes before them */
    Passes(Model model, Prompts prompts, Set<Hook> frozen) {
        this.model = model;
        this.prompts = prompts;
        this.frozen = frozen;
    }

    /**
     * A program, nothing kept.
     *
     * @param changed the values that cells change, as they are before
     * @param lent    the data that interventions bring, over all positions of the prompts
     */
    record Pass(Program program, Set<Value> changed, Map<Value, Tensor> lent) {}

    /** The model without cells. */
    Pass plain() { return of(List.of(), List.of()); }

    /**
     * @param cells interventions of each cell in the batch
     * @param group those of every cell that the batch's programs are alike for
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

    /** The values that a program only has where they are changed and whose presence leads around the block's own norm. */
    static Set<Hook> splitNorms(Model model, List<Intervention> cell) {
        Set<Hook> inputs = new HashSet<>();
        for (Intervention change : cell) {
            model.hookNames().hooks(change.site().value()).stream().filter(hook -> hook.point().splitsNorm())
                    .forEach(inputs::add);
        }
        return inputs;
    }

    /** A part by batch rows, and by positions counted from the end; absent where nothing of it is left. */
    private Optional<Selection> place(Selection part, Value at, OptionalInt cell, int cells) {
        Optional<List<Integer>> rows = rows(part, cell, cells);
        if (rows.map(List::isEmpty).orElse(false)) return Optional.empty();   // prompts of this length need not have the positions
        Optional<List<Integer>> positions = part.positions().map(prompts::fromEnd);
        Optional<List<Integer>> columns = at.axis("src") >= 0 ? part.columns().map(prompts::fromEnd) : part.columns();
        boolean nothing = positions.map(List::isEmpty).orElse(false) || columns.map(List::isEmpty).orElse(false);
        return nothing ? Optional.empty() : Optional.of(new Selection(rows, part.heads(), positions, columns));
    }

    /** The batch rows that a change is for; absent: all. */
    private Optional<List<Integer>> rows(Selection part, OptionalInt cell, int cells) {
        Optional<List<Integer>> some = part.rows();
        if (some.isEmpty() && cell.isEmpty()) return Optional.empty();
        int of = prompts.rows().size();
        List<Integer> within = IntStream.range(0, of)
                .filter(i -> some.isEmpty() || some.get().contains(prompts.rows().get(i))).boxed().toList();
        int from = cell.orElse(0), to = cell.isPresent() ? from + 1 : cells;
        return Optional
                .of(IntStream.range(from, to).boxed().flatMap(c -> within.stream().map(i -> c * of + i)).toList());
    }

    /** The data of every intervention; cells that take different heads from one value share it. */
    private Map<Value, Tensor> bound(List<Experiment.Lent> lent) {
        Sizes sizes = new Sizes(prompts.all().batch(), prompts.all().length(), 0);
        Map<Object, Tensor> shared = new HashMap<>();
        Map<Value, Tensor> bound = new LinkedHashMap<>();
        for (Experiment.Lent one : lent) {
            Object dependence = List.of(one.site().value(), one.source().bindingKey(one.site(), one.at(), one.part()));
            bound.put(one.as(), shared.computeIfAbsent(dependence, _ -> {
                Tensor whole =
                        one.source().bind(one.site(), one.at(), one.part(), one.held(), sizes, prompts.all().padding());
                return one.as().axis("batch") < 0 ? whole : prompts.part(whole, one.at());
            }));
        }
        return bound;
    }
}
