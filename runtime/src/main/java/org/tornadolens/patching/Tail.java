package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.tornadolens.architecture.ForwardPass;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/** The last operations of the programs of cells, such as a metric. */
interface Tail {

    /** Appends the operations to a forward pass, and marks their results as kept. */
    Ended end(Program forward);

    /** Returns the positions that are read, counted from the end; absent: all. */
    Optional<List<Integer>> positions();

    /** @param lent further inputs of the new operations */
    record Ended(Program program, Map<Value, Tensor> lent) {
        Set<Value> kept() { return program.kept(); }
    }

    /** Returns the tail that computes a metric for a part of the prompts: one kept value, [batch]. */
    static Tail of(Metric metric, Prompts prompts, Model model) {
        Metric own = metric.forPrompts(prompts.rows(), prompts.all().batch());
        Optional<List<Integer>> positions = metric.at().map(prompts::fromEnd);
        return new Tail() {
            @Override public Optional<List<Integer>> positions() { return positions; }

            @Override public Ended end(Program forward) {
                Value normed = forward.value(ForwardPass.FINAL_NORMED).orElseThrow();
                Program program = forward;
                if (positions.isPresent()) {
                    Value selected = normed.resized("metric.normed", normed.positionAxis(), positions.get().size());
                    List<Operation> operations = new ArrayList<>(forward.operations());
                    operations.add(new Operation.Gather(normed, Selection.ofPositions(positions), selected));
                    program = new Program(operations, forward.kept());
                    normed = selected;
                }
                Metric.Measured measured = own.fromResidual(program, normed, model);
                return new Ended(measured.program(), measured.lent());
            }
        };
    }
}
