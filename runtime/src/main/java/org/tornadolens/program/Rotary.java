package org.tornadolens.program;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Rotary position embedding (Su et al. 2021) in Hugging Face's layout: coordinate i is paired with i + dHead/2 and
 * rotated by position · frequencies[i], and both are multiplied by the magnitude.
 *
 * @param frequencies dHead/2 frequencies in radians per position
 * @param magnitude   1, or YaRN's attention factor (Peng et al. 2023)
 * @param dynamic     how the frequencies depend on a run's length, if they do
 * @param positions   number of positions that a table must cover
 */
public record Rotary(List<Double> frequencies, double magnitude, Optional<Dynamic> dynamic, int positions) {

    public Rotary {
        frequencies = List.copyOf(frequencies);
    }

    /** Returns an embedding with the same frequencies in every run and magnitude 1. */
    public static Rotary plain(List<Double> frequencies, int positions) {
        return new Rotary(frequencies, 1, Optional.empty(), positions);
    }

    /** Returns this embedding with another magnitude. */
    public Rotary magnified(double by) {
        return new Rotary(frequencies, by, dynamic, positions);
    }

    /** Returns this embedding with frequencies that depend on the length of a run. */
    public Rotary following(Dynamic lengths) {
        return new Rotary(frequencies, magnitude, Optional.of(lengths), positions);
    }

    /**
     * Returns the frequencies of a run.
     *
     * @param length number of positions of the longest row, including the past
     */
    public List<Double> frequencies(int length) {
        return dynamic.filter(d -> length > d.context()).map(d -> d.frequencies(2 * frequencies.size(), length))
                .orElse(frequencies);
    }

    /**
     * Dynamic NTK scaling as in Hugging Face's models: runs longer than the context that the model was trained on use
     * the lower frequencies of a theta that grows with their length.
     *
     * @param theta   the base of the plain frequencies
     * @param factor  how fast theta grows
     * @param context number of positions up to which the plain frequencies hold
     */
    public record Dynamic(double theta, double factor, int context) {

        private List<Double> frequencies(int dHead, int length) {
            double base = theta * Math.pow(factor * length / context - (factor - 1), dHead / (dHead - 2.0));
            return IntStream.range(0, dHead / 2).mapToObj(i -> Math.pow(base, -2.0 * i / dHead)).toList();
        }
    }
}
