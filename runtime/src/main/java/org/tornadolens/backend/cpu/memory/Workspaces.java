package org.tornadolens.backend.cpu.memory;

import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.memory.OffHeap;

/**
 * Memory that runs borrow for their intermediate values. It is kept between runs, so that a loop of runs allocates
 * once.
 */
public final class Workspaces {

    private static final ConcurrentLinkedDeque<Workspace> IDLE = new ConcurrentLinkedDeque<>();

    private Workspaces() {}

    /** Borrowed memory; closing returns it. A run inside another run's hook borrows a workspace of its own. */
    public static final class Workspace implements AutoCloseable {
        private OffHeap.Owned owned = new OffHeap.Owned();
        private MemorySegment memory = MemorySegment.NULL;

        public MemorySegment memory() { return memory; }

        private void ensure(long bytes) {
            if (memory.byteSize() >= bytes) return;
            owned.close();
            owned = new OffHeap.Owned();
            memory = MemorySegment.NULL;
            memory = owned.allocate(bytes, "a run's intermediate values", "run fewer rows or tokens at once");
        }

        @Override public void close() { IDLE.push(this); }
    }

    /** Returns idle or new memory of at least this many bytes. */
    public static Workspace borrow(long bytes) {
        Workspace workspace = IDLE.poll();
        if (workspace == null) workspace = new Workspace();
        try {
            workspace.ensure(Math.max(bytes, 64));
        } catch (MemoryException e) {
            workspace.close();
            throw e;
        }
        return workspace;
    }
}
