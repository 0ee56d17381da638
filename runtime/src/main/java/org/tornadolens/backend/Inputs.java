package org.tornadolens.backend;

import java.util.Map;
import java.util.Optional;
import org.tornadolens.program.Past;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * The inputs of one run.
 *
 * @param tokens  ids [batch, pos], row by row
 * @param padding left padding of each row, counted from the start of the past
 * @param past    where earlier keys and values lie and where this run's are stored
 * @param given   the values that the program takes from the caller
 * @param after   the token that follows each row's last one, for the loss at the last position: a token that is needed
 *                only for that does not have to be part of the run
 */
public record Inputs(int[] tokens, int[] padding, Optional<Past> past, Map<Value, Tensor> given,
        Optional<int[]> after) {

    public Inputs(int[] tokens, int[] padding, Optional<Past> past, Map<Value, Tensor> given) {
        this(tokens, padding, past, given, Optional.empty());
    }

    /** Returns the token that follows a position of a row, or -1 where none is known. */
    public int next(int row, int position) {
        if (position + 1 < pos()) return tokens[row * pos() + position + 1];
        return after.map(ids -> ids[row]).orElse(-1);
    }

    public int batch() { return padding.length; }

    public int pos() { return tokens.length / padding.length; }

    public Sizes sizes() { return new Sizes(batch(), pos(), past.map(Past::length).orElse(0)); }
}
