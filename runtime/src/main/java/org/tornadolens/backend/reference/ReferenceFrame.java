package org.tornadolens.backend.reference;

import java.util.List;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;

/** One run, as its operations see it. */
interface ReferenceFrame {

    double[] get(Value value);

    double[] decoded(Parameter parameter);

    /** The length of an axis. */
    int size(Value value, int axis);

    /** Number of elements. */
    int elements(Value value);

    int batch();

    int pos();

    /** Positions of the past before these. */
    int past();

    int[] tokens();

    /** The token that follows a position of a batch row, or -1. */
    int next(int row, int position);

    /** Left padding of a batch row. */
    int padding(int row);

    /** The indices that a selection takes of a value, in row-major order. */
    List<int[]> selected(Value value, Selection selection);

    /** The place of an index in a value, whose shorter axes are repeated. */
    int place(Value value, int[] index);

    /** Queries or keys turned by their positions, or turned back. */
    double[] rotate(Value x, Rotary rotary, boolean back);

    /** The positions that a selection takes of a batch row. */
    int[] positions(Selection selection, int row);

    /** The length of an axis, by its name. */
    default int size(Value value, String axis) { return size(value, value.axis(axis)); }

    /** Length of the last axis. */
    default int width(Value value) { return size(value, value.dimensions().size() - 1); }
}
