package org.tornadolens.training;
import org.tornadolens.UsageException;

/**
 * The learning rate of every step.
 *
 * @param peak   the highest
 * @param warmup steps over which it rises to that, in a line
 * @param shape  what it does afterwards
 * @param least  what it ends at, as a share of the peak
 */
public record Schedule(double peak, int warmup, Shape shape, double least) {

    public enum Shape { CONSTANT, LINEAR, COSINE }

    public Schedule {
        if (!(peak > 0 && Double.isFinite(peak)))
            throw new UsageException("a learning rate is a positive number, not " + peak);
        if (warmup < 0) throw new UsageException("warmup is a number of steps, not " + warmup);
        if (!(least >= 0 && least <= 1))
            throw new UsageException("a schedule ends at a share of its peak, from 0 to 1, not at " + least);
    }

    public static Schedule constant(double rate) { return new Schedule(rate, 0, Shape.CONSTANT, 0); }

    /** The rate of step {@code step} of {@code steps}, the first being 0. */
    public double rate(int step, int steps) {
        if (step < warmup) return peak * (step + 1) / warmup;
        double gone = steps - warmup <= 1 ? 1 : (double) (step - warmup) / (steps - warmup - 1);
        return switch (shape) {
            case CONSTANT -> peak;
            case LINEAR -> peak * (1 - (1 - least) * gone);
            case COSINE -> peak * (least + (1 - least) * (1 + Math.cos(Math.PI * gone)) / 2);
        };
    }
}
