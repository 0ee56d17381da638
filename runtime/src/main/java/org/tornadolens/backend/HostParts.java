package org.tornadolens.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Passes the selected parts of a value to a host function, each as its own tensor, and writes back the results: one
 * part for each selected head, or one for all where no head is selected. Positions in the past are left out, because an
 * earlier run has computed and changed them. Rows of different padding may then have different numbers of positions
 * left; since a tensor has the same number in every row, rows with equal numbers form one part, and rows with none are
 * in no part.
 */
final class HostParts {

    private final RunFrame frame;
    private final Operation.HostCall call;
    private final Value value;
    private final HostFloats floats;

    HostParts(RunFrame frame, Operation.HostCall call, HostFloats floats) {
        this.frame = frame;
        this.call = call;
        this.value = call.x();
        this.floats = floats;
    }

    void run() {
        Map<Integer, Selection> byPositions = byPositions();
        if (call.selection().heads().isEmpty()) {
            byPositions.forEach((positions, selection) -> apply(selection, positions, -1));
        } else {
            for (int head : call.selection().heads().get()) {
                Optional<List<Integer>> one = Optional.of(List.of(head));
                byPositions.forEach((positions, selection) -> apply(selection.heads(one), positions, head));
            }
        }
    }

    /** Returns, by the number of selected positions that a row has in this run, the selection of such rows. */
    private Map<Integer, Selection> byPositions() {
        Selection all = call.selection();
        int length = value.positionAxis() < 0 ? 1 : frame.size(value, value.positionAxis());
        if (value.positionAxis() < 0 || all.positions().isEmpty()) return Map.of(length, all);
        Map<Integer, List<Integer>> rows = new TreeMap<>();
        for (int row : all.rows().orElseGet(() -> IntStream.range(0, frame.batch()).boxed().toList())) {
            int positions = Positions.indices(all.positions().get(), frame.firstToken()[row], length).length;
            rows.computeIfAbsent(positions, _ -> new ArrayList<>()).add(row);
        }
        Map<Integer, Selection> selections = new TreeMap<>();
        rows.forEach((positions, those) -> selections.put(positions, all.rows(Optional.of(those))));
        return selections;
    }

    private void apply(Selection selection, int positions, int head) {
        Shape shape = shape(selection, positions, head);
        if (shape.elements() == 0) return;
        Regions regions = frame.regions(value, selection);
        Tensor part = Tensor.zeros(shape);
        floats.read(regions, part.data());
        Tensor changed = call.function().apply(masked(part, selection), new HostFunction.Context(value.name(), head));
        if (changed == null || !changed.shape().equals(shape)) {
            String returned = changed == null ? "nothing" : changed.shape().toString();
            throw new UsageException("the hook on " + value.name() + " returned " + returned + " where it was given "
                    + shape + ": return a tensor of the same shape, or the one given, changed in place");
        }
        floats.write(regions, (changed.contiguous() ? changed : changed.copy()).data());
    }

    /** Masks padding, unless the positions and sources are selected one by one, which are tokens. */
    private Tensor masked(Tensor part, Selection selection) {
        int positions = value.positionAxis();
        if (positions >= 0 && selection.positions().isEmpty())
            part = masked(part, value.dimensions().get(positions).axis(), selection, frame.firstToken());
        return value.axis("src") >= 0 && selection.columns().isEmpty()
                ? masked(part, "src", selection, frame.padding()) : part;
    }

    /** @param first index of the first token of each row of the run */
    private Tensor masked(Tensor part, String axis, Selection selection, int[] first) {
        List<Integer> rows = selection.rows().orElseGet(() -> IntStream.range(0, frame.batch()).boxed().toList());
        if (rows.stream().allMatch(row -> first[row] <= 0)) return part;
        int length = part.shape().size(part.shape().require(axis));
        Tensor mask = Tensor.zeros(Shape.of("batch", rows.size(), axis, length));
        for (int i = 0; i < rows.size(); i++) {
            int from = Math.clamp(first[rows.get(i)], 0, length);
            if (from < length) mask.at("batch", i).slice(axis, from, length).fill(1);
        }
        return part.masked(mask);
    }

    /** The shape of a part; a single head has no axis of heads. */
    private Shape shape(Selection selection, int positions, int head) {
        Shape whole = value.shape(frame.sizes());
        List<Axis> axes = new ArrayList<>();
        for (int axis = 0; axis < whole.rank(); axis++) {
            if (axis == value.headAxis() && head >= 0) continue;
            int selected = selection.along(value, axis).map(List::size).orElse(whole.size(axis));
            axes.add(new Axis(whole.names().get(axis), axis == value.positionAxis() ? positions : selected));
        }
        return new Shape(axes);
    }
}
