package org.tornadolens.training;
import org.tornadolens.UsageException;

/**
 * Adam with decoupled weight decay (Loshchilov and Hutter 2019), as in PyTorch but that norm gains do not decay.
 *
 * @param beta1 how much of the gradient's running mean a step keeps
 * @param beta2 how much of its running square
 * @param eps   added to the root of the square
 * @param decay a matrix shrinks by the learning rate times this, every step
 */
public record AdamW(double beta1, double beta2, double eps, double decay) {

    public static final AdamW DEFAULT = new AdamW(0.9, 0.999, 1e-8, 0.01);

    public AdamW {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1))
            throw new UsageException("betas are numbers from 0 up to but without 1, not " + beta1 + " and " + beta2);
        if (!(eps > 0)) throw new UsageException("eps is a positive number, not " + eps);
        if (!(decay >= 0)) throw new UsageException("weightDecay is a number from 0 on, not " + decay);
    }
}
