package org.tornadolens.backend.cpu;

import org.tornadolens.backend.Regions;
import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Weight;

/** One run, as the operations see it: where values lie and how long their axes are. */
interface Frame {

    MemorySegment segment(Value value);

    Weight weight(Parameter parameter);

    /** The length of an axis. */
    int size(Value value, int axis);

    /** Which parts of a value a selection takes. */
    Regions regions(Value value, Selection selection);

    /** The same, and what meets them in another value, repeated where its axes are shorter. */
    Regions regions(Value value, Selection selection, Value source);

    /** The sizes of an attention operation with these queries and keys, which sees all keys or those of a window. */
    Attention.Sizes attention(Value queries, Value keys, OptionalInt window);

    /** The sizes where every query sees all keys. */
    default Attention.Sizes attention(Value queries, Value keys) {
        return attention(queries, keys, OptionalInt.empty());
    }

    /** [batch, pos], row by row. */
    int[] tokens();

    /** For every row of logits at the selected positions the token that comes next; -1 where there is none. */
    int[] nextTokens(Value logits, Selection at);

    /** Queries or keys turned by their positions, or turned back. */
    void rotate(Value x, org.tornadolens.program.Rotary rotary, boolean back, MemorySegment out);

    /** Length of the last axis. */
    default int width(Value value) { return size(value, value.dimensions().size() - 1); }

    default long elements(Value value) {
        long product = 1;
        for (int axis = 0; axis < value.dimensions().size(); axis++) product *= size(value, axis);
        return product;
    }

    /** Rows of the last axis. */
    default int rowsOf(Value value) { return (int) (elements(value) / width(value)); }
}
