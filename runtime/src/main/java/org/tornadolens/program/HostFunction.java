package org.tornadolens.program;

import org.tornadolens.tensor.Tensor;

/** A function of the host that a program calls between its operations. */
@FunctionalInterface public interface HostFunction {

    /**
     * @param value the selected part, with padding masked, which may be changed in place; where one head is selected it
     *              has no head axis
     * @return the value with which the program continues, of the same shape; {@code value} itself if changed in place
     */
    Tensor apply(Tensor value, Context context);

    /** The place of the call: the hook's name, and the head where one is selected, else -1. */
    record Context(String name, int head) {}
}
