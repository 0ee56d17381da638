package org.tornadolens.program;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The placement of a program's values and the memory that a run takes, known before anything is allocated. Values whose
 * lifetimes do not overlap share memory; operations work in place where they can.
 *
 * @param offsets   byte offset in the workspace of every value that is not kept; -1 for a value that lies elsewhere
 * @param workspace bytes of the workspace
 * @param kept      bytes of the values that outlive the run
 * @param scratch   bytes that the backend's kernels work in; runs share them
 */
public record Plan(Map<Value, Long> offsets, long workspace, long kept, long scratch) {

    private static final long ALIGNMENT = 64;   // a cache line, and the widest vector

    /** Total bytes, without weights and past. */
    public long bytes() { return workspace + kept + scratch; }

    /** Returns this plan for a backend whose kernels work in this many bytes. */
    public Plan withScratch(long bytes) {
        return new Plan(offsets, workspace, kept, bytes);
    }

    public static Plan of(Program program, Sizes sizes) { return of(program, sizes, Map.of()); }

    /**
     * Plans for a backend that lays out some values in its own way.
     *
     * @param own elements that each of these takes; none of them is written over a value that lies plainly, nor the
     *            other way round
     */
    public static Plan of(Program program, Sizes sizes, Map<Value, Long> own) {
        List<Operation> operations = program.operations();
        Map<Value, Integer> lastRead = new HashMap<>();
        for (int i = 0; i < operations.size(); i++) for (Value v : operations.get(i).inputs()) lastRead.put(v, i);

        Map<Value, Long> offsets = new HashMap<>();
        Map<Value, Long> owned = new HashMap<>();   // bytes of the block that a live value owns
        Free free = new Free();
        long kept = 0;
        for (int i = 0; i < operations.size(); i++) {
            Operation operation = operations.get(i);
            Value out = operation.out();
            long bytes = align(own.getOrDefault(out, out.elements(sizes)) * Float.BYTES);
            Value handedOver = null;
            if (program.kept().contains(out)) {
                kept += bytes;
            } else if (operation instanceof Operation.Extend || operation instanceof Operation.Lent) {
                offsets.put(out, -1L);   // lies in the past or in the caller's memory
            } else {
                Value first = operation.inputs().isEmpty() ? null : operation.inputs().getFirst();
                if (operation.inPlace() && owned.containsKey(first) && lastRead.get(first) == i
                        && owned.get(first) == bytes && own.containsKey(first) == own.containsKey(out)
                        && operation.inputs().stream().filter(first::equals).count() == 1) {
                    handedOver = first;
                    offsets.put(out, offsets.get(first));
                } else {
                    offsets.put(out, free.take(bytes));
                }
                owned.put(out, bytes);
            }
            for (Value input : new java.util.HashSet<>(operation.inputs())) {
                if (lastRead.get(input) != i || !owned.containsKey(input)) continue;
                long size = owned.remove(input);
                if (!input.equals(handedOver)) free.give(offsets.get(input), size);
            }
            if (owned.containsKey(out) && !lastRead.containsKey(out)) free.give(offsets.get(out), owned.remove(out));
        }
        return new Plan(offsets, free.end, kept, 0);
    }

    private static long align(long bytes) { return (bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT; }

    /** Free ranges of the workspace by offset: the best fit is taken, and neighbours are joined. */
    private static final class Free {
        private final TreeMap<Long, Long> sizeAt = new TreeMap<>();
        private long end;

        long take(long bytes) {
            Long best = null;
            for (var range : sizeAt.entrySet()) {
                if (range.getValue() >= bytes && (best == null || range.getValue() < sizeAt.get(best)))
                    best = range.getKey();
            }
            if (best != null) {
                long size = sizeAt.remove(best);
                if (size > bytes) sizeAt.put(best + bytes, size - bytes);
                return best;
            }
            // nothing fits: grow, starting with a free range at the end
            var last = sizeAt.lastEntry();
            long start = last != null && last.getKey() + last.getValue() == end ? last.getKey() : end;
            if (start != end) sizeAt.remove(start);
            end = start + bytes;
            return start;
        }

        void give(long offset, long bytes) {
            var before = sizeAt.floorEntry(offset);
            if (before != null && before.getKey() + before.getValue() == offset) {
                offset = before.getKey();
                bytes += before.getValue();
                sizeAt.remove(offset);
            }
            Long after = sizeAt.remove(offset + bytes);
            sizeAt.put(offset, after == null ? bytes : bytes + after);
        }
    }
}
