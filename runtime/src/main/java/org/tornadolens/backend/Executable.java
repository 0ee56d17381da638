package org.tornadolens.backend;

import java.util.Map;
import org.tornadolens.program.Past;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/** A program prepared by a backend. It serves every batch, length and past, and one thread at a time. */
public interface Executable {

    Program program();

    /** Returns the memory that a run of these sizes takes, without weights and past. */
    Plan plan(Sizes sizes);

    /** Returns an empty past of this capacity; it takes {@link #pastBytes}. */
    Past past(int batch, int capacity);

    long pastBytes(int batch, int capacity);

    /** Runs, and returns the kept values. A past in {@code inputs} is then longer by this run's positions. */
    Map<Value, Tensor> run(Inputs inputs);

    /** Runs and writes the kept values to contiguous tensors of the caller, who can reuse them for many runs. */
    default void run(Inputs inputs, Map<Value, Tensor> into) {
        run(inputs).forEach((value, tensor) -> into.get(value).assign(tensor));
    }
}
