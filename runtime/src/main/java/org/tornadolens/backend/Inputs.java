package org.tornadolens.backend;

import java.util.Map;
import java.util.Optional;
import org.tornadolens.program.Past;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * What one run reads.
 *
 * @param tokens  ids [batch, pos], row by row
 * @param padding left padding of each row, counted from the start of the past
 * @param past    where earlier keys and values lie and this run's go
 * @param given   the values that the program takes from the caller
 */
public record Inputs(int[] tokens, int[] padding, Optional<Past> past, Map<Value, Tensor> given) {

    public int batch() { return padding.length; }

    public int pos() { return tokens.length / padding.length; }

    public Sizes sizes() { return new Sizes(batch(), pos(), past.map(Past::length).orElse(0)); }
}
