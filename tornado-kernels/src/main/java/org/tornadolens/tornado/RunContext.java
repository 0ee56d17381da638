package org.tornadolens.tornado;

import java.util.Arrays;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/** What the writers of a run's kernels share: the run's frame, where values and weights lie, and the tape. */
final class RunContext {

    private final Device device;
    private final Weights weights;
    private final WeightStore store;
    private final Layout layout;
    private final RunFrame frame;
    private final Tape tape;
    private int scratch;
    private long scratchSize;

    RunContext(Device device, Weights weights, WeightStore store, Layout layout, RunFrame frame) {
        this.device = device;
        this.weights = weights;
        this.store = store;
        this.layout = layout;
        this.frame = frame;
        tape = new Tape(device);
    }

    Device device() { return device; }

    Tuning tuning() { return device.tuning(); }

    WeightStore store() { return store; }

    Layout layout() { return layout; }

    RunFrame frame() { return frame; }

    Tape tape() { return tape; }

    Launch launch(Operation origin, Kernel kernel) { return tape.launch(origin, kernel); }

    // ---- values

    /** Returns the address of a value. */
    int at(Value value) { return layout.address(value); }

    int size(Value value, int axis) { return frame.size(value, axis); }

    int width(Value value) { return frame.width(value); }

    /** Returns the elements of a value. */
    int count(Value value) { return (int) frame.elements(value); }

    int rows(Value value) { return frame.rows(value); }

    int tokens(Value value) { return frame.tokenRows(value); }

    // ---- what kernels read besides values

    Weight weight(String name) { return weights.get(name); }

    /** Returns the address of a parameter that is a vector. */
    int vector(String name) {
        return store.vector(weight(name));
    }

    /** Returns the address of a number. */
    int number(double value) { return device.number(value); }

    /** Returns a list of offsets as an argument. */
    int list(long[] values) {
        return tape.list(Arrays.stream(values).mapToInt(Math::toIntExact).toArray());
    }

    /** Returns memory for what an operation leaves for its next kernel; the operation after it may overwrite it. */
    int scratch(long floats) {
        if (floats > scratchSize) {
            scratch = layout.take(floats, "room for intermediate results");
            scratchSize = floats;
        }
        return scratch;
    }
}
