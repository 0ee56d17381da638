package org.tornadolens.program;

import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Rotary position embedding (Su et al. 2021) in Hugging Face's layout: coordinate i is paired with i + dHead/2 and
 * turned by position · frequencies[i], and both are multiplied by the magnitude.
 *
 * @param frequencies radians a position, dHead/2 of them
 * @param magnitude   1, or YaRN's attention factor (Peng et al. 2023)
 * @param dynamic     how the frequencies depend on a run's length, if they do
 * @param positions   how many positions a table must cover
 */
public record Rotary(List<Double> frequencies, double magnitude, Optional<Dynamic> dynamic, int positions) {

    public Rotary {
        frequencies = List.copyOf(frequencies);
    }

    /** The same frequencies in every run, and vectors that keep their length. */
    public static Rotary plain(List<Double> frequencies, int positions) {
        return new Rotary(frequencies, 1, Optional.empty(), positions);
    }

    /** The same, with vectors multiplied by a magnitude. */
    public Rotary magnified(double by) {
        return new Rotary(frequencies, by, dynamic, positions);
    }

    /** The same, with frequencies that follow the length of a run. */
    public Rotary following(Dynamic lengths) {
        return new Rotary(frequencies, magnitude, Optional.of(lengths), positions);
    }

    /**
     * The frequencies of a run.
     *
     * @param length the positions of the longest row, those of the past included
     */
    public List<Double> frequencies(int length) {
        return dynamic.filter(d -> length > d.context()).map(d -> d.frequencies(2 * frequencies.size(), length))
                .orElse(frequencies);
    }

    /**
     * Dynamic NTK scaling as Hugging Face's models do it: runs longer than the context that the model was trained on
     * turn more slowly, by the frequencies of a theta that grows with their length.
     *
     * @param theta   the base of the plain frequencies
     * @param factor  how fast theta grows
     * @param context positions up to which the plain frequencies hold
     */
    public record Dynamic(double theta, double factor, int context) {

        private List<Double> frequencies(int dHead, int length) {
            double base = theta * Math.pow(factor * length / context - (factor - 1), dHead / (dHead - 2.0));
            return IntStream.range(0, dHead / 2).mapToObj(i -> Math.pow(base, -2.0 * i / dHead)).toList();
        }
    }
}
