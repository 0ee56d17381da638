package org.tornadolens.backend.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.concurrent.CompletableFuture;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;

/**
 * Runs kernels on a new thread, without help of the team, so that its scratch holds only what the kernels have taken.
 */
public final class FreshThread {

    private FreshThread() {}

    /** Fails unless the kernels that some work runs take exactly the described regions, in the described sizes. */
    public static void assertTakes(String what, Need described, Runnable work) {
        Layout held = scratchOf(work), caller = described.onCaller();
        for (Region region : Region.values()) {
            assertEquals(floats(caller, region), floats(held, region), what + ": floats of " + region);
        }
        assertEquals(caller.bytes(), held.bytes(), what + ": bytes");
    }

    /** Memory off the heap is at least a cache line. */
    private static long floats(Layout layout, Region region) {
        return layout.floats(region) == 0 ? 0 : Math.max(16, layout.floats(region));
    }

    /** Loops of another thread run on that thread alone while the team is busy, or while there is no team. */
    private static Layout scratchOf(Runnable work) {
        CompletableFuture<Layout> held = new CompletableFuture<>();
        Threads.range(2, 1, (from, to) -> {
            if (from > 0) return;
            Thread thread = Thread.ofPlatform().start(() -> {
                try {
                    work.run();
                    held.complete(Scratch.held());
                } catch (Throwable e) {
                    held.completeExceptionally(e);
                }
            });
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
        });
        return held.join();
    }
}
