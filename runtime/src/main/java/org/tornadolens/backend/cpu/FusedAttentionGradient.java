package org.tornadolens.backend.cpu;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.tornadolens.backend.cpu.Attention.Sizes;

/**
 * The backward pass of attention whose pattern nobody keeps: it is computed anew, for a block of destinations at a time
 * (after Dao et al., 2022). The gradients of queries, keys and values come out side by side:
 * [batch, pos, heads + 2 kvHeads, dHead].
 */
final class FusedAttentionGradient {

    /** Rows of fewer positions are taken pair by pair: their tiles would be mostly empty. */
    private static final int SHORT = 10;

    private FusedAttentionGradient() {}

    static void inputs(MemorySegment dz, MemorySegment q, MemorySegment k, MemorySegment v, Sizes sizes,
            MemorySegment out) {
        Operands operands = new Operands(sizes,
                Memory.address(dz, sizes.queryElements(), "the gradient of attention's output"),
                Memory.address(q, sizes.queryElements(), "attention's queries"),
                Memory.address(k, sizes.keyElements(), "attention's keys"),
                Memory.address(v, sizes.keyElements(), "attention's values"),
                Memory.address(out,
                        (long) sizes.batch() * sizes.pos() * (sizes.heads() + 2 * sizes.kvHeads()) * sizes.dHead(),
                        "attention's gradients"));
        int tasks = sizes.batch() * sizes.kvHeads();
        long work = 5L * sizes.group() * sizes.pos() * Math.min(sizes.pos(), sizes.window()) * sizes.dHead();
        Threads.range(tasks, (int) Math.clamp(128 * 1024 / Math.max(1, work), 1, tasks), (first, last) -> {
            for (int task = first; task < last; task++) {
                int row = task / sizes.kvHeads(), kvHead = task % sizes.kvHeads();
                if (sizes.pos() < SHORT) new PairwiseAttentionGradient(operands, row, kvHead).run();
                else new TiledAttentionGradient(operands, row, kvHead).run();
            }
        });
        Reference.reachabilityFence(dz);
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(out);
    }

    /** Where everything lies. */
    record Operands(Sizes sizes, long dz, long q, long k, long v, long out) {

        /** Bytes from one position's query head to the next position's, as of dz. */
        long queryStride() {
            return 4L * sizes.heads() * sizes.dHead();
        }

        long keyStride() { return 4L * sizes.kvHeads() * sizes.dHead(); }

        long outStride() { return 4L * (sizes.heads() + 2 * sizes.kvHeads()) * sizes.dHead(); }

        /** The gradient of one head of queries; those of keys and of values follow them. */
        long queryGradient(int row, int head) {
            return out + row * sizes.pos() * outStride() + 4L * head * sizes.dHead();
        }

        long keyGradient(int row, int kvHead) { return queryGradient(row, sizes.heads() + kvHead); }

        long valueGradient(int row, int kvHead) { return queryGradient(row, sizes.heads() + sizes.kvHeads() + kvHead); }
    }
}
