package org.tornadolens.backend.cpu.attention;

import java.lang.foreign.MemorySegment;
import java.lang.ref.Reference;
import org.tornadolens.backend.cpu.memory.Activations;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.parallel.Threads;
import org.tornadolens.backend.cpu.product.Tile;

/**
 * Attention whose scores and pattern no operation reads: they exist for a block of queries and keys at a time, and the
 * softmax is updated block by block (Milakov and Gimelshein, 2018; Dao et al., 2022).
 *
 * <p>Queries lie across the lanes of a vector, [key, query] and [dHead, query]: keys and values are then broadcast as
 * they lie, and softmax needs no sums across lanes. The queries of all heads that share a key/value head form one
 * sequence, head after head, which is cut into panels of a tile's width.
 */
public final class FusedAttention {

    /** Panels of queries of one task, which share the copies of key and value blocks. */
    private static final int MAX_TASK_PANELS = 4;

    private FusedAttention() {}

    /** Whether this many positions with {@code group} queries each of a key/value head are taken in panels. */
    public static boolean takesPanels(int pos, int group) {
        return pos * group > FewQueries.MAX_QUERIES;
    }

    /** Describes what attention works in. */
    public static Need scratch(AttentionSizes sizes) {
        return Need.ofEach(takesPanels(sizes.pos(), sizes.group())
                ? QueryPanels.scratch(sizes.dHead(), panelsOfTask(sizes))
                : FewQueries.scratch(sizes));
    }

    private static int panels(AttentionSizes sizes) { return Panels.count(sizes.pos() * sizes.group()); }

    /** Panels of queries that one task takes. */
    private static int panelsOfTask(AttentionSizes sizes) {
        long all = (long) panels(sizes) * sizes.batch() * sizes.kvHeads();
        return Math.clamp(all / (4 * Threads.count()), 1, MAX_TASK_PANELS);
    }

    /**
     * Computes z[b, i, h] = Σ_j softmax_j(q·k / √dHead) · v[b, j] over the sources that destination i sees; zeros if
     * none.
     */
    public static void attend(MemorySegment q, MemorySegment k, MemorySegment v, AttentionSizes sizes,
            MemorySegment z) {
        attend(Activations.rows(q), Activations.rows(k), Activations.rows(v), sizes, Activations.rows(z));
    }

    /**
     * Computes the same; where {@link #takesPanels}, each operand may lie in {@link Panels}: queries and z
     * [batch · pos, heads · dHead], keys and values, both in the same layout, [batch · key, kvHeads · dHead].
     */
    public static void attend(Activations q, Activations k, Activations v, AttentionSizes sizes, Activations z) {
        int queries = sizes.batch() * sizes.pos(), width = sizes.heads() * sizes.dHead();
        if (k.inPanels() != v.inPanels())
            throw new IllegalArgumentException("keys and values lie in different layouts");
        Operands operands = new Operands(sizes, q.inPanels(), q.address(queries, width, "attention's queries"),
                k.inPanels(), keys(k, sizes, "attention's keys"),
                keys(v, sizes, "attention's values"), z.inPanels(), z.address(queries, width, "attention's output"));
        boolean anyInPanels = q.inPanels() || k.inPanels() || z.inPanels();
        if (takesPanels(sizes.pos(), sizes.group())) inPanels(operands);
        else if (anyInPanels) throw new IllegalArgumentException("few queries are taken from rows");
        else FewQueries.attend(operands.q, operands.k, operands.v, sizes, operands.z);
        Reference.reachabilityFence(q);
        Reference.reachabilityFence(k);
        Reference.reachabilityFence(v);
        Reference.reachabilityFence(z);
    }

    /** The operands' addresses, and which of them lie in panels. */
    record Operands(AttentionSizes sizes, boolean qInPanels, long q, boolean keysInPanels, long k, long v,
            boolean zInPanels, long z) {}

    /** Returns the address of keys or values; panels have no spare capacity between batch rows. */
    private static long keys(Activations x, AttentionSizes sizes, String what) {
        if (x.inPanels()) return x.address(sizes.batch() * sizes.key(), (long) sizes.kvHeads() * sizes.dHead(), what);
        return Memory.address(x.data(), sizes.keyElements(), what);
    }

    private static void inPanels(Operands operands) {
        AttentionSizes sizes = operands.sizes;
        int panels = panels(sizes), perTask = panelsOfTask(sizes);
        Layout scratch = QueryPanels.scratch(sizes.dHead(), perTask);
        int blocks = (panels + perTask - 1) / perTask;
        int tasks = Math.multiplyExact(sizes.batch() * sizes.kvHeads(), blocks);
        long keys = Math.min(sizes.key(), (long) sizes.window() + perTask * Tile.WIDTH);
        long work = 2L * perTask * Tile.WIDTH * keys * sizes.dHead();
        Threads.range(tasks, (int) Math.clamp(256 * 1024 / Math.max(1, work), 1, tasks), (from, to) -> {
            for (int t = from; t < to; t++) {
                Threads.check();
                int first = (blocks - 1 - t % blocks) * perTask;   // late queries, which see most, go first
                int row = t / blocks / sizes.kvHeads(), kvHead = t / blocks % sizes.kvHeads();
                new QueryPanels(operands, row, kvHead, first * Tile.WIDTH, Math.min(perTask, panels - first), scratch)
                        .attend();
            }
        });
    }
}
