package org.tornadolens.patching;
import java.util.Optional;

/** Where the numbers of a sweep are kept as they are made, so that one that was stopped need not begin again. */
public interface Journal {

    Journal NONE = new Journal() {
        @Override public Optional<double[]> recall(String unit) { return Optional.empty(); }

        @Override public void remember(String unit, double[] numbers) {}

        @Override public long settled(String name, long now) { return now; }
    };

    /** The numbers of a unit of work, where they are known. */
    Optional<double[]> recall(String unit);

    /** Keeps the numbers of a unit of work; when this returns, no stop of the process loses them. */
    void remember(String unit, double[] numbers);

    /** What a number that shapes the work was when it began, {@code now} if it begins now. */
    long settled(String name, long now);

    /** The part of this journal that belongs to one piece of work. */
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
