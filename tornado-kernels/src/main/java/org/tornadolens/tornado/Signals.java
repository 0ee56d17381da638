package org.tornadolens.tornado;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * Keeps the JVM's signal handlers in place. Java's null checks, divisions by zero and safepoints arrive as signals.
 * Drivers of CPUs bring LLVM, whose handlers replace Java's and remove themselves at the first signal: then two threads
 * that meet a signal at once end the process, and 1 / 0 in Java yields a number.
 */
final class Signals {

    private static final int MOST = 31;            // the classic signals; LLVM takes over many of them
    private static final long ACTION_BYTES = 256;  // more than struct sigaction has anywhere

    private Signals() {}

    /** Runs work that loads native libraries, then restores the handler of every signal. */
    static <T> T kept(Supplier<T> work) {
        Optional<MethodHandle> sigaction = Linker.nativeLinker().defaultLookup().find("sigaction")
                .map(address -> Linker.nativeLinker().downcallHandle(address, FunctionDescriptor
                        .of(ValueLayout.JAVA_INT, ValueLayout.JAVA_INT, ValueLayout.ADDRESS, ValueLayout.ADDRESS)));
        if (sigaction.isEmpty()) return work.get();   // a system without such signals
        try (Arena arena = Arena.ofConfined()) {
            MemorySegment[] before = new MemorySegment[MOST + 1];
            for (int signal = 1; signal <= MOST; signal++) {
                before[signal] = arena.allocate(ACTION_BYTES, 16);
                if (call(sigaction.get(), signal, MemorySegment.NULL, before[signal]) != 0) before[signal] = null;
            }
            try {
                return work.get();
            } finally {
                for (int signal = 1; signal <= MOST; signal++)
                    if (before[signal] != null) call(sigaction.get(), signal, before[signal], MemorySegment.NULL);
            }
        }
    }

    /**
     * Returns what the C library's sigaction does: zero unless there is no such signal, or it cannot have a handler.
     */
    private static int call(MethodHandle sigaction, int signal, MemorySegment now, MemorySegment before) {
        try {
            return (int) sigaction.invokeExact(signal, now, before);
        } catch (RuntimeException | Error e) {
            throw e;
        } catch (Throwable e) {
            throw new IllegalStateException("sigaction cannot be called", e);
        }
    }
}
