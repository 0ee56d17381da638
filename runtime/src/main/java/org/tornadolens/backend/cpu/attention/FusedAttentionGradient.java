package org.tornadolens.backend.cpu.attention;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.parallel.Threads;

/**
 * The backward pass of attention whose pattern was not kept: it is recomputed for a block of destinations at a time
 * (after Dao et al., 2022). The gradients of queries, keys and values lie side by side: [batch, pos, heads + 2 kvHeads,
 * dHead].
 */
public final class FusedAttentionGradient {

    /** Batch rows of fewer positions are computed pair by pair, because tiles would be mostly empty. */
    private static final int MIN_POSITIONS_IN_TILES = 10;

    private FusedAttentionGradient() {}

    /** Describes what {@link #inputs} works in. */
    public static Need scratch(AttentionSizes sizes) {
        return Need.ofEach(sizes.pos() < MIN_POSITIONS_IN_TILES
                ? PairwiseAttentionGradient.scratch(sizes.pos())
                : TiledAttentionGradient.scratch(sizes.pos(), sizes.dHead()));
    }

    /** Computes the gradients of queries, keys and values from dz, the gradient of the output. */
    public static void inputs(MemorySegment dz, MemorySegment q, MemorySegment k, MemorySegment v, AttentionSizes sizes,
            MemorySegment out) {
        Operands operands = new Operands(sizes,
                Memory.address(dz, sizes.queryElements(), "the gradient of attention's output"),
                Memory.address(q, sizes.queryElements(), "attention's queries"),
                Memory.address(k, sizes.keyElements(), "attention's keys"),
                Memory.address(v, sizes.keyElements(), "attention's values"),
                Memory.address(out,
                        (long) sizes.batch() * sizes.pos() * (sizes.heads() + 2 * sizes.kvHeads()) * sizes.dHead(),
                        "attention's gradients"));
        Layout scratch = scratch(sizes).each();
        int tasks = sizes.batch() * sizes.kvHeads();
        long work = 5L * sizes.group() * sizes.pos() * Math.min(sizes.pos(), sizes.window()) * sizes.dHead();
        Threads.range(tasks, (int) Math.clamp(128 * 1024 / Math.max(1, work), 1, tasks), (first, last) -> {
            for (int task = first; task < last; task++) {
                Threads.check();
                int row = task / sizes.kvHeads(), kvHead = task % sizes.kvHeads();
                if (sizes.pos() < MIN_POSITIONS_IN_TILES)
                    new PairwiseAttentionGradient(operands, row, kvHead).run(scratch);
                else
                    new TiledAttentionGradient(operands, row, kvHead, scratch).run();
            }
        });
        Reference.reachabilityFence(dz);
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(out);
    }

    /** The addresses of the operands. */
    record Operands(AttentionSizes sizes, long dz, long q, long k, long v, long out) {

        /** Bytes from a position's query head to the next position's, also in dz. */
        long queryStride() {
            return 4L * sizes.heads() * sizes.dHead();
        }

        long keyStride() { return 4L * sizes.kvHeads() * sizes.dHead(); }

        long outStride() { return 4L * (sizes.heads() + 2 * sizes.kvHeads()) * sizes.dHead(); }

        /** The address of the gradient of one query head; the gradients of key heads and value heads follow. */
        long queryGradient(int row, int head) {
            return out + row * sizes.pos() * outStride() + 4L * head * sizes.dHead();
        }

        long keyGradient(int row, int kvHead) { return queryGradient(row, sizes.heads() + kvHead); }

        long valueGradient(int row, int kvHead) { return queryGradient(row, sizes.heads() + sizes.kvHeads() + kvHead); }
    }
}
