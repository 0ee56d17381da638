package org.tornadolens.backend;

import java.util.Map;
import org.tornadolens.program.Past;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/** A program made ready by a backend. One serves every batch, length and past; it is used by one thread at a time. */
public interface Executable {

    Program program();

    /** The memory that a run of these sizes takes, without weights and past. */
    Plan plan(Sizes sizes);

    /** An empty past of this capacity; its bytes are {@link #pastBytes}. */
    Past past(int batch, int capacity);

    long pastBytes(int batch, int capacity);

    /** Runs, and returns the kept values. A past in {@code inputs} has grown by this run's positions afterwards. */
    Map<Value, Tensor> run(Inputs inputs);

    /**
     * The same into contiguous tensors that the caller has for every kept value, and uses again: for loops that run a
     * program many times.
     */
    default void run(Inputs inputs, Map<Value, Tensor> into) {
        run(inputs).forEach((value, tensor) -> into.get(value).assign(tensor));
    }
}
