package org.tornadolens.training;

import org.tornadolens.UsageException;

/**
 * The learning rate as a function of the step.
 *
 * @param peak   the largest learning rate
 * @param warmup number of steps of linear increase to the peak
 * @param shape  the decay after the warmup
 * @param least  the final learning rate as a fraction of the peak
 */
public record Schedule(double peak, int warmup, Shape shape, double least) {

    public enum Shape { CONSTANT, LINEAR, COSINE }

    public Schedule {
        if (!(peak > 0 && Double.isFinite(peak)))
            throw new UsageException("the learning rate must be positive, not " + peak);
        if (warmup < 0) throw new UsageException("warmup must be a number of steps, not " + warmup);
        if (!(least >= 0 && least <= 1))
            throw new UsageException("a schedule must end at a fraction of its peak, from 0 to 1, not at " + least);
    }

    public static Schedule constant(double rate) { return new Schedule(rate, 0, Shape.CONSTANT, 0); }

    /** Returns the rate of a step, counted from 0, in a training of {@code steps} steps. */
    public double rate(int step, int steps) {
        if (step < warmup) return peak * (step + 1) / warmup;
        double elapsed = steps - warmup <= 1 ? 1 : (double) (step - warmup) / (steps - warmup - 1);
        return switch (shape) {
            case CONSTANT -> peak;
            case LINEAR -> peak * (1 - (1 - least) * elapsed);
            case COSINE -> peak * (least + (1 - least) * (1 + Math.cos(Math.PI * elapsed)) / 2);
        };
    }
}
