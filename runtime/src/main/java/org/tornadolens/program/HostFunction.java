package org.tornadolens.program;

import org.tornadolens.tensor.Tensor;

/** Code of the host that a program calls in its middle. */
@FunctionalInterface public interface HostFunction {

    /**
     * @param value the selected part, which may be changed in place; with one head selected it has no head axis
     * @return the value to go on with, of the same shape; {@code value} itself when it was changed in place
     */
    Tensor apply(Tensor value, Context context);

    /** Where the call happens: the hook's name, and the head where one is selected (else -1). */
    record Context(String name, int head) {}
}
