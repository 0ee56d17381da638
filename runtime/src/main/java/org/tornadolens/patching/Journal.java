package org.tornadolens.patching;

import java.util.Optional;

/** Keeps the numbers of a sweep as they are computed, so that a sweep that was stopped can be resumed. */
public interface Journal {

    Journal NONE = new Journal() {
        @Override public Optional<double[]> recall(String unit) { return Optional.empty(); }

        @Override public void remember(String unit, double[] numbers) {}

        @Override public long settled(String name, long now) { return now; }
    };

    /** Returns the numbers of a unit of work; absent if they are not known. */
    Optional<double[]> recall(String unit);

    /** Keeps the numbers of a unit of work; once this returns, they survive the end of the process. */
    void remember(String unit, double[] numbers);

    /**
     * Returns a number that determines the units of work as it was when the work began; {@code now} if it begins now.
     */
    long settled(String name, long now);

    /** Returns the part of this journal that belongs to one task. */
    default Journal part(String name) {
        Journal whole = this;
        return new Journal() {
            @Override public Optional<double[]> recall(String unit) { return whole.recall(name + " " + unit); }

            @Override public void remember(String unit, double[] numbers) {
                whole.remember(name + " " + unit, numbers);
            }

            @Override public long settled(String what, long now) { return whole.settled(name + " " + what, now); }
        };
    }
}
