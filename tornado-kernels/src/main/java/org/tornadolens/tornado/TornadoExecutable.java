package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.tornadolens.backend.BackendPast;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Past;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/**
 * A program on a device: every run writes the kernels of its operations on a tape, launches them and fetches kept
 * values.
 */
final class TornadoExecutable implements Executable {

    private final Program program;
    private final Weights weights;
    private final Device device;
    private final WeightStore store;
    private final List<Weight> read;
    private final Set<Value> extended;

    TornadoExecutable(Program program, Weights weights, Device device, WeightStore store) {
        this.program = program;
        this.weights = weights;
        this.device = device;
        this.store = store;
        this.extended = program.extended();
        this.read = program.parameters().stream().map(p -> weights.get(p.name())).toList();
    }

    @Override public Program program() { return program; }

    @Override public Plan plan(Sizes sizes) { return Plan.of(program, sizes); }

    @Override public Past past(int batch, int capacity) {
        return new BackendPast(program, batch, capacity, new TornadoPast(device, batch, capacity, program.pastSlots()));
    }

    @Override public long pastBytes(int batch, int capacity) {
        return BackendPast.elements(program, batch, capacity) * Float.BYTES;
    }

    @Override public Map<Value, Tensor> run(Inputs inputs) {
        synchronized (device) {
            store.ensure(read);
            Sizes sizes = inputs.sizes();
            Plan plan = plan(sizes);
            try (Layout layout = new Layout(device, program, plan, sizes)) {
                new Pass(program, weights, store, device, layout, new RunFrame(inputs, extended)).run();
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
            MemorySegment.copy(all, (long) (layout.address(value) - layout.keptAt()) * Float.BYTES, tensor.data(), 0,
                    tensor.data().byteSize());
            kept.put(value, tensor);
        }
        return kept;
    }
}
