package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.OptionalInt;
import org.tornadolens.backend.RunFrame;
import org.tornadolens.backend.cpu.attention.AttentionSizes;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Weight;

/** A run as the CPU's operations see it: the frame that all backends share, and the memory of values and weights. */
interface CpuFrame {

    RunFrame frame();

    MemorySegment segment(Value value);

    Weight weight(Parameter parameter);

    /** The sizes of an attention operation with these queries and keys, over all keys or those of a window. */
    AttentionSizes attention(Value queries, Value keys, OptionalInt window);

    /** The sizes of an attention operation over all keys. */
    default AttentionSizes attention(Value queries, Value keys) {
        return attention(queries, keys, OptionalInt.empty());
    }

    /** Rotates queries or keys by their positions, or back. */
    void rotate(Value x, org.tornadolens.program.Rotary rotary, boolean back, MemorySegment out);

    // ---- shorthands for methods of the frame

    default int size(Value value, int axis) { return frame().size(value, axis); }

    default int width(Value value) { return frame().width(value); }

    default long elements(Value value) { return frame().elements(value); }

    /** The number of vectors along the last axis. */
    default int rowsOf(Value value) { return frame().rows(value); }
}
