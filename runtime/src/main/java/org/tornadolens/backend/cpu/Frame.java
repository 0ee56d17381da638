package org.tornadolens.backend.cpu;
import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Weight;

/** A run as the CPU's operations see it: the frame that all backends share, and where values and weights lie. */
interface Frame {

    RunFrame frame();

    MemorySegment segment(Value value);

    Weight weight(Parameter parameter);

    /** The sizes of an attention operation with these queries and keys, which sees all keys or those of a window. */
    Attention.Sizes attention(Value queries, Value keys, OptionalInt window);

    /** The sizes where every query sees all keys. */
    default Attention.Sizes attention(Value queries, Value keys) {
        return attention(queries, keys, OptionalInt.empty());
    }

    /** Queries or keys turned by their positions, or turned back. */
    void rotate(Value x, org.tornadolens.program.Rotary rotary, boolean back, MemorySegment out);

    // ---- of the frame, where these are asked for in every operation

    default int size(Value value, int axis) { return frame().size(value, axis); }

    default int width(Value value) { return frame().width(value); }

    default long elements(Value value) { return frame().elements(value); }

    /** Rows of the last axis. */
    default int rowsOf(Value value) { return frame().rows(value); }
}
