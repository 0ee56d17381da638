package org.tornadolens.backend.cpu;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.backend.BackendPast;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.RunFrame;

import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Workspaces;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Past;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Size;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;

/** A program that runs on the CPU, with its intermediate values in one borrowed workspace. */
final class CpuExecutable implements Executable {

    private static final long FLOAT = Float.BYTES;

    private final Program program;
    private final List<List<Operation>> steps;
    private final Weights weights;
    private final boolean planDependsOnKeys;
    private final Set<Value> extended;
    private ValuePlacement latest;

    CpuExecutable(Program program, Weights weights) {
        this.program = program;
        this.steps = steps(program);
        this.weights = weights;
        this.extended = program.extended();
        this.planDependsOnKeys = program.operations().stream().filter(o -> !(o instanceof Operation.Extend))
                .anyMatch(o -> o.out().dimensions().stream().anyMatch(d -> d.size() == Size.Symbol.KEY));
    }

    /**
     * Returns the operations in order; neighbouring products of one value, such as queries, keys and values, are one
     * step.
     */
    private static List<List<Operation>> steps(Program program) {
        // the memory of a value without readers is free at once, perhaps for the next
        Map<Value, Integer> readers = program.readers();
        List<List<Operation>> steps = new ArrayList<>();
        for (Operation operation : program.operations()) {
            if (operation instanceof Operation.Linear next && !steps.isEmpty()
                    && steps.getLast().getLast() instanceof Operation.Linear last
                    && next.x().equals(last.x()) && next.weight().columns() == last.weight().columns()
                    && readers.containsKey(last.out())) {
                steps.getLast().add(operation);
            } else {
                steps.add(new ArrayList<>(List.of(operation)));
            }
        }
        return steps;
    }

    @Override public Program program() { return program; }

    @Override public Plan plan(Sizes sizes) { return placement(sizes).plan(); }

    private synchronized ValuePlacement placement(Sizes sizes) {
        // decoding a token only lengthens the past: the placement for the previous token holds
        Sizes relevant = planDependsOnKeys ? sizes : new Sizes(sizes.batch(), sizes.pos(), 0);
        if (latest == null || !relevant.equals(latest.sizes())) {
            Map<Value, Long> inPanels = PanelValues.of(program, relevant);
            Need scratch = scratch(relevant, inPanels.keySet());
            latest = new ValuePlacement(relevant, inPanels,
                    Plan.of(program, relevant, inPanels).withScratch(scratch.bytes()));
        }
        return latest;
    }

    private Need scratch(Sizes sizes, Set<Value> inPanels) {
        return new CpuScratch(weights, sizes, inPanels).of(steps);
    }

    /** Describes the memory that the kernels of a run work in. */
    Need scratch(Sizes sizes) {
        return scratch(sizes, PanelValues.of(program, sizes).keySet());
    }

    @Override public Past past(int batch, int capacity) {
        OffHeap.require(pastBytes(batch, capacity), "a past of " + batch + " × " + capacity + " positions",
                "generate fewer tokens or rows at once");
        return new BackendPast(program, batch, capacity, new CpuPast(batch, capacity, program.pastSlots()));
    }

    @Override public long pastBytes(int batch, int capacity) {
        return BackendPast.elements(program, batch, capacity) * FLOAT;
    }

    @Override public Map<Value, Tensor> run(Inputs inputs) {
        require(inputs.sizes());
        Map<Value, Tensor> kept = new LinkedHashMap<>();
        for (Value value : program.kept()) kept.put(value, Tensor.zeros(value.shape(inputs.sizes())));
        run(inputs, kept);
        return kept;
    }

    @Override public void run(Inputs inputs, Map<Value, Tensor> into) {
        require(inputs.sizes());
        ValuePlacement placement = placement(inputs.sizes());
        try (Workspaces.Workspace workspace = Workspaces.borrow(placement.plan().workspace())) {
            new CpuRun(new RunFrame(inputs, extended), steps, weights, placement, workspace.memory(), into).run();
        }
    }

    private void require(Sizes sizes) {
        OffHeap.require(plan(sizes).bytes(), "a run of " + sizes.batch() + " × " + sizes.pos() + " tokens",
                "keep fewer values, or run fewer rows or tokens at once");
    }
}
