package org.tornadolens.backend.cpu.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.concurrent.ConcurrentLinkedDeque;

/**
 * Memory that runs borrow for their intermediate values. It is kept between runs, so that a loop of runs allocates
 * once.
 */
public final class Workspaces {

    private static final ConcurrentLinkedDeque<Workspace> IDLE = new ConcurrentLinkedDeque<>();

    private Workspaces() {}

    /** Borrowed memory; closing returns it. A run inside another run's hook borrows a workspace of its own. */
    public static final class Workspace implements AutoCloseable {
        private Arena arena = Arena.ofShared();
        private MemorySegment memory = MemorySegment.NULL;

        public MemorySegment memory() { return memory; }

        private void ensure(long bytes) {
            if (memory.byteSize() >= bytes) return;
            arena.close();
            arena = Arena.ofShared();
            memory = MemorySegment.NULL;
            memory = arena.allocate(bytes, 64);
        }

        @Override public void close() { IDLE.push(this); }
    }

    /** Returns idle or new memory of at least this many bytes. */
    public static Workspace borrow(long bytes) {
        Workspace workspace = IDLE.poll();
        if (workspace == null) workspace = new Workspace();
        try {
            workspace.ensure(Math.max(bytes, 64));
        } catch (OutOfMemoryError e) {
            workspace.close();
            throw e;
        }
        return workspace;
    }
}
