package org.tornadolens.backend.reference;

import java.util.List;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;

/**
 * A run as the reference's operations see it: the frame that all backends share, and the numbers of values and weights.
 */
interface ReferenceFrame {

    RunFrame frame();

    double[] get(Value value);

    double[] decoded(Parameter parameter);

    /**
     * Returns the indices that a selection takes of a value, in row-major order. They are found axis by axis,
     * independently of the regions that other backends take from the frame and that tests compare with these.
     */
    List<int[]> selected(Value value, Selection selection);

    /** Returns the place of an index in a value whose shorter axes are repeated. */
    int place(Value value, int[] index);

    /** Rotates queries or keys by their positions, or back. */
    double[] rotate(Value x, Rotary rotary, boolean back);

    // ---- shorthands for methods of the frame

    default int batch() { return frame().batch(); }

    default int pos() { return frame().pos(); }

    default int key() { return frame().sizes().key(); }

    default int size(Value value, int axis) { return frame().size(value, axis); }

    default int size(Value value, String axis) { return frame().size(value, axis); }

    default int width(Value value) { return frame().width(value); }

    default int elements(Value value) { return (int) frame().elements(value); }
}
