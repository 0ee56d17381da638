package org.tornadolens.backend.reference;

import java.util.List;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;

/** A run as the reference's operations see it: the frame that all backends share, and the numbers of values. */
interface ReferenceFrame {

    RunFrame frame();

    double[] get(Value value);

    double[] decoded(Parameter parameter);

    /**
     * The indices that a selection takes of a value, in row-major order: axis by axis, and not the runs of memory that
     * the other backends take from the frame, which are held to this.
     */
    List<int[]> selected(Value value, Selection selection);

    /** The place of an index in a value, whose shorter axes are repeated. */
    int place(Value value, int[] index);

    /** Queries or keys turned by their positions, or turned back. */
    double[] rotate(Value x, Rotary rotary, boolean back);

    // ---- of the frame, where these are asked for in every operation

    default int batch() { return frame().batch(); }

    default int pos() { return frame().pos(); }

    default int size(Value value, int axis) { return frame().size(value, axis); }

    default int size(Value value, String axis) { return frame().size(value, axis); }

    default int width(Value value) { return frame().width(value); }

    default int elements(Value value) { return (int) frame().elements(value); }
}
