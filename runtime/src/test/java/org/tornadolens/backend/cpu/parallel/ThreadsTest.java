package org.tornadolens.backend.cpu.parallel;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CancellationException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicIntegerArray;
import org.junit.jupiter.api.Test;

class ThreadsTest {

    @Test void everyIterationRunsOnce() {
        for (int n : new int[]{0, 1, 2, 3, 7, 64, 1000, 12345}) {
            for (int grain : new int[]{1, 2, 10, 5000}) {
                AtomicIntegerArray runs = new AtomicIntegerArray(Math.max(1, n));
                Threads.range(n, grain, (from, to) -> { for (int i = from; i < to; i++) runs.incrementAndGet(i); });
                for (int i = 0; i < n; i++) assertEquals(1, runs.get(i), "iteration " + i + " of " + n);
            }
        }
    }

    @Test void manyShortLoopsInARowLoseNothing() {
        AtomicInteger sum = new AtomicInteger();
        for (int loop = 0; loop < 20_000; loop++) Threads.range(4, 1, (from, to) -> sum.addAndGet(to - from));
        assertEquals(80_000, sum.get());
    }

    @Test void workersThatWentToSleepWakeUpAgain() throws InterruptedException {
        AtomicInteger sum = new AtomicInteger();
        for (int loop = 0; loop < 20; loop++) {
            Thread.sleep(2);
            Threads.range(100, 1, (from, to) -> sum.addAndGet(to - from));
        }
        assertEquals(2000, sum.get());
    }

    @Test void whatATaskThrowsArrivesAtTheCaller() {
        IllegalStateException thrown = new IllegalStateException("iteration 5");
        assertSame(thrown, assertThrows(IllegalStateException.class, () -> Threads.range(50, 1, (from, to) -> {
            if (from <= 5 && 5 < to) throw thrown;
        })));
        everyIterationRunsOnce();   // and the team is complete
    }

    @Test void anInterruptOfTheCallerEndsTheLoopOnEveryThread() {
        for (int grain : new int[]{1, 1_000_000}) {
            AtomicInteger done = new AtomicInteger();
            Thread caller = Thread.currentThread();
            assertThrows(CancellationException.class, () -> Threads.range(1_000_000, grain, (from, to) -> {
                for (int i = from; i < to; i++) {
                    Threads.check();
                    if (done.incrementAndGet() == 1000) caller.interrupt();
                }
            }));
            assertTrue(Thread.interrupted(), "the interrupt stays for the caller to see");
            assertTrue(done.get() < 500_000, done + " iterations ran");
        }
        everyIterationRunsOnce();   // and the team is complete
    }

    @Test void chunksThatDoNotCheckEndTheLoopToo() {
        AtomicInteger chunks = new AtomicInteger();
        Thread.currentThread().interrupt();
        assertThrows(CancellationException.class,
                () -> Threads.range(1000, 1, (from, to) -> chunks.incrementAndGet()));
        assertTrue(Thread.interrupted());
        assertEquals(0, chunks.get());
    }

    @Test void aLoopWithinALoopRunsInline() {
        AtomicInteger sum = new AtomicInteger();
        Threads.range(8, 1, (from, to) -> {
            for (int i = from; i < to; i++) {
                Thread caller = Thread.currentThread();
                Threads.range(100, 1, (a, b) -> {
                    assertSame(caller, Thread.currentThread());
                    sum.addAndGet(b - a);
                });
            }
        });
        assertEquals(800, sum.get());
    }

    @Test void severalApplicationThreadsMayCallAtOnce() throws InterruptedException {
        AtomicInteger sum = new AtomicInteger();
        List<Thread> callers = new ArrayList<>();
        for (int t = 0; t < 4; t++) {
            callers.add(Thread.ofPlatform().start(() -> {
                for (int loop = 0; loop < 500; loop++) Threads.range(10, 1, (from, to) -> sum.addAndGet(to - from));
            }));
        }
        for (Thread caller : callers) caller.join();
        assertEquals(20_000, sum.get());
        assertTrue(Threads.count() >= 1);
    }
}
