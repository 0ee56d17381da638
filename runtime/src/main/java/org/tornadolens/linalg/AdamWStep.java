package org.tornadolens.linalg;

import java.lang.foreign.MemorySegment;
import org.tornadolens.backend.cpu.AdamStep;

/**
 * One step of AdamW (Loshchilov and Hutter 2019), element by element, with g the gradient times {@code gradientScale}:
 * {@code m = beta1·m + (1-beta1)·g}, {@code v = beta2·v + (1-beta2)·g²},
 * {@code w = keep·w - rate·m / (√v·spread + eps)}.
 *
 * @param gradientScale factor of the gradients, for clipping their norm
 * @param beta1         decay rate of the running mean
 * @param beta2         decay rate of the running square
 * @param keep          factor of the weights after weight decay: 1 without decay
 * @param rate          the learning rate with the bias correction of the mean: learningRate / (1 - beta1^step)
 * @param spread        the bias correction of the square: 1 / √(1 - beta2^step)
 * @param eps           added to the divisor to keep it from 0
 */
public record AdamWStep(float gradientScale, float beta1, float beta2, float keep, float rate, float spread,
        float eps) {

    /**
     * Updates weights and running averages in place, n floats each.
     *
     * @param weights   w
     * @param gradients the unscaled gradients, which are not changed
     * @param means     m
     * @param squares   v
     */
    public void apply(MemorySegment weights, MemorySegment gradients, MemorySegment means, MemorySegment squares,
            long n) {
        AdamStep.update(weights, gradients, means, squares, n,
                new AdamStep.Coefficients(gradientScale, beta1, beta2, keep, rate, spread, eps));
    }
}
