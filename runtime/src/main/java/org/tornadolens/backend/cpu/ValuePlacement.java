package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.util.HashMap;
import java.util.Map;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;

/** Where the values of runs of some sizes lie in a workspace, and which of them lie in panels. */
final class ValuePlacement {

    private final Sizes sizes;
    private final Map<Value, Long> inPanels;   // with the elements that they take in panels
    private final Plan plan;
    private MemorySegment workspace = MemorySegment.NULL;
    private Map<Value, MemorySegment> segments = Map.of();

    ValuePlacement(Sizes sizes, Map<Value, Long> inPanels, Plan plan) {
        this.sizes = sizes;
        this.inPanels = inPanels;
        this.plan = plan;
    }

    Sizes sizes() { return sizes; }

    Plan plan() { return plan; }

    boolean inPanels(Value value) { return inPanels.containsKey(value); }

    /**
     * Returns the memory of every value in a borrowed workspace. Runs that borrow the same workspace one after the
     * other, such as those of generation, find the segments of the first.
     */
    synchronized Map<Value, MemorySegment> in(MemorySegment borrowed) {
        // not merely equal: memory that was freed may have begun where another workspace begins now
        if (borrowed != workspace) {
            Map<Value, MemorySegment> placed = new HashMap<>();
            plan.offsets().forEach((value, offset) -> {
                if (offset >= 0)
                    placed.put(value, borrowed.asSlice(offset,
                            inPanels.getOrDefault(value, value.elements(sizes)) * Float.BYTES));
            });
            segments = placed;
            workspace = borrowed;
        }
        return segments;
    }
}
