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

/** What batches of cells compute in the end. */
interface Tail {

    /** The program with more at its end, and what of it is kept. */
    Ended end(Program forward);

    /** The positions that are read, counted from the end; absent: all. */
    Optional<List<Integer>> positions();

    /** @param lent what the new operations read besides the run */
    record Ended(Program program, Map<Value, Tensor> lent) {
        Set<Value> kept() { return program.kept(); }
    }

    /** A metric of some prompts: one kept value, [batch]. */
    static Tail of(Metric metric, Prompts prompts, Model model) {
        Metric own = metric.forPrompts(prompts.rows(), prompts.all().batch());
        Optional<List<Integer>> positions = metric.at().map(prompts::fromEnd);
        return new Tail() {
            @Override public Optional<List<Integer>> positions() { return positions; }

            @Override public Ended end(Program forward) {
                Value normed = forward.value(ForwardPass.FINAL_NORMED).orElseThrow();
                Program program = forward;
                if (positions.isPresent()) {
                    Value some = normed.resized("metric.normed", normed.positionAxis(), positions.get().size());
                    List<Operation> operations = new ArrayList<>(forward.operations());
                    operations.add(new Operation.Gather(normed, Selection.ofPositions(positions), some));
                    program = new Program(operations, forward.kept());
                    normed = some;
                }
                Metric.Measured measured = own.fromResidual(program, normed, model);
                return new Ended(measured.program(), measured.lent());
            }
        };
    }
}
