package org.tornadolens.training;

import org.tornadolens.UsageException;

/**
 * The settings of AdamW (Loshchilov and Hutter 2019), as in PyTorch, but norm gains and biases do not decay.
 *
 * @param beta1 decay rate of the running mean of gradients
 * @param beta2 decay rate of the running mean of squared gradients
 * @param eps   added to the divisor
 * @param decay weight decay: every step multiplies matrices by 1 - learning rate · decay
 */
public record AdamW(double beta1, double beta2, double eps, double decay) {

    public static final AdamW DEFAULT = new AdamW(0.9, 0.999, 1e-8, 0.01);

    public AdamW {
        if (!(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1))
            throw new UsageException("betas must be at least 0 and below 1, not " + beta1 + " and " + beta2);
        if (!(eps > 0)) throw new UsageException("eps must be positive, not " + eps);
        if (!(decay >= 0)) throw new UsageException("weightDecay must be at least 0, not " + decay);
    }
}
