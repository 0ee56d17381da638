package org.tornadolens.program;

/**
 * What {@link Operation.Pointwise} makes of each number by itself. All that an engine has to know about it is here: the
 * new number, and the slope for the backward pass. A backend may have a faster kernel for a rule, but needs none.
 */
public sealed interface Rule {

    double apply(double x);

    /** The derivative of {@link #apply} at x. */
    double slope(double x);

    /** True where a gradient is changed as the value is: the backward pass then need not know x. */
    default boolean linear() { return false; }

    /** factor · x. */
    record Times(double factor) implements Rule {
        @Override public double apply(double x) { return x * factor; }
        @Override public double slope(double x) { return factor; }
        @Override public boolean linear() { return true; }
    }
}
