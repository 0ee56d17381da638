package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.Comparator;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Past;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/** A program on a device: every run writes down the kernels of its operations, launches them and fetches what is kept. */
final class TornadoExecutable implements Executable {

    private final Program program;
    private final Weights weights;
    private final Device device;
    private final WeightStore store;
    private final List<Weight> read;

    TornadoExecutable(Program program, Weights weights, Device device, WeightStore store) {
        this.program = program;
        this.weights = weights;
        this.device = device;
        this.store = store;
        this.read = program.parameters().stream().map(p -> weights.get(p.name())).toList();
    }

    @Override public Program program() { return program; }

    @Override public Plan plan(Sizes sizes) { return Plan.of(program, sizes); }

    @Override public Past past(int batch, int capacity) {
        Map<Operation.Extend.Slot, Long> elements = new TreeMap<>(Comparator.comparing(Operation.Extend.Slot::layer).thenComparing(Operation.Extend.Slot::kind));
        for (Operation operation : program.operations()) {
            if (operation instanceof Operation.Extend extend) elements.put(extend.slot(), extend.x().elements(new Sizes(1, 1, 0)));
        }
        return new TornadoPast(device, batch, capacity, elements);
    }

    @Override public long pastBytes(int batch, int capacity) {
        return program.operations().stream().filter(Operation.Extend.class::isInstance)
                .mapToLong(o -> o.out().elements(new Sizes(batch, 0, capacity)) * Float.BYTES).sum();
    }

    @Override public Map<Value, Tensor> run(Inputs inputs) {
        synchronized (device) {
            store.ensure(read);
            Sizes sizes = inputs.sizes();
            Plan plan = plan(sizes);
            try (Layout layout = new Layout(device, program, plan, sizes)) {
                new Pass(program, weights, store, device, layout, inputs).run();
                return fetch(layout, sizes);
            } finally {
                device.settle();
            }
        }
    }

    private Map<Value, Tensor> fetch(Layout layout, Sizes sizes) {
        Map<Value, Tensor> kept = new LinkedHashMap<>();
        if (program.kept().isEmpty()) return kept;
        MemorySegment all = device.read(layout.keptAt(), layout.keptFloats());
        for (Value value : program.kept()) {
            Tensor tensor = Tensor.zeros(value.shape(sizes));
            MemorySegment.copy(all, (long) (layout.address(value) - layout.keptAt()) * Float.BYTES, tensor.data(), 0, tensor.data().byteSize());
            kept.put(value, tensor);
        }
        return kept;
    }
}
