package org.tornadolens.program;

import java.util.List;

/**
 * Rotary position embedding (Su et al. 2021) in Hugging Face's layout: coordinate i is paired with i + dHead/2 and
 * turned by position · frequencies[i].
 *
 * @param frequencies radians a position, dHead/2 of them
 * @param positions   how many positions a table must cover
 */
public record Rotary(List<Double> frequencies, int positions) {
    public Rotary {
        frequencies = List.copyOf(frequencies);
    }
}
