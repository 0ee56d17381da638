package org.tornadolens.linalg;

import java.lang.foreign.MemorySegment;
import org.tornadolens.backend.cpu.pointwise.AdamStep;

/**
 * One step of AdamW (Loshchilov and Hutter 2019), element by element, with g the gradient times {@code gradientScale}:
 * {@code m = beta1·m + (1-beta1)·g}, {@code v = beta2·v + (1-beta2)·g²},
 * {@code w = keep·w - rate·m / (√v·spread + eps)}.
 *
 * @param gradientScale what gradients are multiplied with first, as clipping their norm asks
 * @param beta1         the share of the running mean that is kept
 * @param beta2         the share of the running square that is kept
 * @param keep          the share of a weight that decay leaves: 1 without decay
 * @param rate          the learning rate, with the correction of the young mean: rate / (1 - beta1^step)
 * @param spread        the correction of the young square: 1 / √(1 - beta2^step)
 * @param eps           keeps the divisor from 0
 */
public record AdamWStep(float gradientScale, float beta1, float beta2, float keep,
        float rate, float spread, float eps) {

    /**
     * Changes weights and running averages, n floats each.
     *
     * @param weights   w
     * @param gradients stay as they are
     * @param means     m
     * @param squares   v
     */
    public void apply(MemorySegment weights, MemorySegment gradients, MemorySegment means, MemorySegment squares,
            long n) {
        AdamStep.update(weights, gradients, means, squares, n,
                new AdamStep.Coefficients(gradientScale, beta1, beta2, keep, rate, spread, eps));
    }
}
