package org.tornadolens.program;

import org.tornadolens.UsageException;

/**
 * The function that {@link Operation.Pointwise} applies to each number. It consists of the new number and the slope for
 * the backward pass; a backend may have a faster kernel for a rule, but does not need one.
 */
public sealed interface Rule {

    /** The new number. */
    double apply(double x);

    /** The derivative of {@link #apply} at x. */
    double slope(double x);

    /** Whether gradients are changed as values are, so that the backward pass does not need x. */
    default boolean linear() {
        return false;
    }

    /** factor · x. */
    record Times(double factor) implements Rule {
        @Override public double apply(double x) { return x * factor; }
        @Override public double slope(double x) { return factor; }
        @Override public boolean linear() { return true; }
    }

    /**
     * x limited to [min, max], where an infinite limit does not limit. Limits are rounded to f32, the type of values in
     * memory, so that every backend finds the same numbers inside. A number equal to a limit counts as inside.
     */
    record Clamp(double min, double max) implements Rule {
        public Clamp {
            boolean numbers = !Double.isNaN(min) && !Double.isNaN(max);
            if (!numbers) throw new UsageException("a limit of clamp is a number, not NaN");
            if (min > max) throw new UsageException("clamp's min " + min + " is above its max " + max);
            min = (float) min;
            max = (float) max;
            if (Double.isInfinite(min) && Double.isInfinite(max)) {
                throw new UsageException("clamp needs a finite min, a finite max, or both");
            }
            if (min == Double.POSITIVE_INFINITY || max == Double.NEGATIVE_INFINITY) {
                throw new UsageException("clamp to [" + min + ", " + max + "] would leave nothing finite");
            }
        }

        @Override public double apply(double x) { return x < min ? min : x > max ? max : x; }
        @Override public double slope(double x) { return x < min || x > max ? 0 : 1; }
    }
}
