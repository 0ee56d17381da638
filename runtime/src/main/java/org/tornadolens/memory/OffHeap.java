package org.tornadolens.memory;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.ref.Cleaner;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;

/**
 * Allocates memory off the heap within one budget for the whole process: what the machine and the process's control
 * group have free, less a reserve, and no more than {@link #limit(long)}. Whoever takes memory asks here first, so that
 * a request that does not fit is refused in words before anything is touched.
 *
 * <p>The garbage collector sees only the heap, where a tensor of a gigabyte is a small object. It is therefore started
 * here: between two collections, at most three times what the last one left, and 256 MB, are allocated. What is live
 * and what was dropped take at most four times the live bytes and 256 MB together.
 */
public final class OffHeap {

    private static final long ALIGNMENT = 64;                 // bytes, those of the widest vector
    private static final long SLACK = 256L << 20;             // bytes between two collections, besides the share
    private static final long SHARE = 3;                      // of what the last collection left
    private static final long UNCHECKED = 64L << 20;          // bytes allocated before the machine is asked again
    private static final long PATIENCE_MILLIS = 500;          // for the cleaner after a collection
    private static final Cleaner CLEANER = Cleaner.create();

    private static final AtomicLong LIVE = new AtomicLong();          // bytes that have not been freed
    private static final AtomicLong SINCE_COLLECTION = new AtomicLong(), SINCE_CHECK = new AtomicLong();
    private static final ReentrantLock COLLECTING = new ReentrantLock();
    private static final AtomicLong HIGHEST = new AtomicLong();       // of the live bytes
    private static volatile long left;                                // live bytes after the last collection
    private static volatile long limit = Long.MAX_VALUE;

    private OffHeap() {}

    /** Sets the most bytes that this process may hold off the heap. */
    public static void limit(long bytes) {
        limit = bytes;
    }

    /** Returns the bytes that are held off the heap. */
    public static long live() { return LIVE.get(); }

    /** Returns the most bytes that were held at once since {@link #measure}. */
    public static long highest() {
        return HIGHEST.get();
    }

    /** Frees what nothing refers to, and begins to measure {@link #highest} from there; returns what is held. */
    public static long measure() {
        collect();
        HIGHEST.set(LIVE.get());
        return HIGHEST.get();
    }

    /** Returns the bytes that may be taken besides those that are held. */
    public static long available() {
        return Math.max(0, Math.min(limit - LIVE.get(), MachineMemory.free() - MachineMemory.reserve()));
    }

    /**
     * Returns zeroed memory, which is freed once no segment refers to it any more.
     *
     * @param what   takes the memory, for the error
     * @param remedy what the user can do, for the error
     * @throws MemoryException where the budget does not have it
     */
    public static MemorySegment allocate(long bytes, String what, String remedy) {
        take(bytes, what, remedy);
        try {
            MemorySegment segment = Arena.ofAuto().allocate(bytes, ALIGNMENT);
            CLEANER.register(segment.scope(), () -> LIVE.addAndGet(-bytes));
            return segment;
        } catch (OutOfMemoryError | RuntimeException e) {
            throw failed(e, bytes, what, remedy);
        }
    }

    /** Returns zeroed memory for values that a script asked for. */
    public static MemorySegment allocate(long bytes, String what) {
        return allocate(bytes, what, "keep fewer or smaller values at once");
    }

    /**
     * Checks that memory is available, without taking it.
     *
     * @throws MemoryException where the budget does not have it
     */
    public static void require(long bytes, String what, String remedy) {
        if (bytes < UNCHECKED || bytes <= available()) return;
        collect();
        long available = available();
        if (bytes > available) throw new MemoryException(what, bytes, available, remedy);
    }

    private static void take(long bytes, String what, String remedy) {
        if (SINCE_COLLECTION.addAndGet(bytes) > SLACK + SHARE * left) {
            collect();
            SINCE_COLLECTION.addAndGet(bytes);
        }
        if (SINCE_CHECK.addAndGet(bytes) >= UNCHECKED) {
            SINCE_CHECK.set(0);
            if (bytes > available()) {
                collect();
                long available = available();
                if (bytes > available) throw new MemoryException(what, bytes, available, remedy);
            }
        }
        HIGHEST.accumulateAndGet(LIVE.addAndGet(bytes), Math::max);
    }

    private static RuntimeException failed(Throwable e, long bytes, String what, String remedy) {
        LIVE.addAndGet(-bytes);
        return e instanceof OutOfMemoryError ? new MemoryException(what, bytes, available(), remedy)
                : (RuntimeException) e;
    }

    /** Frees what nothing refers to. A thread that finds another one at it goes on. */
    private static void collect() {
        if (!COLLECTING.tryLock()) return;
        try {
            CountDownLatch cleaned = new CountDownLatch(1);
            mark(cleaned);
            System.gc();
            // references that one collection finds are handled together, with the mark among them
            if (cleaned.await(PATIENCE_MILLIS, TimeUnit.MILLISECONDS)) settle();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            left = LIVE.get();
            SINCE_COLLECTION.set(0);
            COLLECTING.unlock();
        }
    }

    private static void mark(CountDownLatch cleaned) { CLEANER.register(new Object(), cleaned::countDown); }

    private static void settle() throws InterruptedException {
        for (long before = -1, now = LIVE.get(); now != before; now = LIVE.get()) {
            before = now;
            Thread.sleep(1);
        }
    }

    /** Memory that is freed when it is closed. */
    public static final class Owned implements AutoCloseable {
        private final Arena arena = Arena.ofShared();
        private final AtomicLong bytes = new AtomicLong();

        /**
         * Returns zeroed memory.
         *
         * @throws MemoryException where the budget does not have it
         */
        public MemorySegment allocate(long bytes, String what, String remedy) {
            take(bytes, what, remedy);
            this.bytes.addAndGet(bytes);
            try {
                return arena.allocate(bytes, ALIGNMENT);
            } catch (OutOfMemoryError | RuntimeException e) {
                this.bytes.addAndGet(-bytes);
                throw failed(e, bytes, what, remedy);
            }
        }

        @Override public void close() {
            arena.close();
            LIVE.addAndGet(-bytes.getAndSet(0));
        }
    }
}
