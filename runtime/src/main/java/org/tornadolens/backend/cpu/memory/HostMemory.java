package org.tornadolens.backend.cpu.memory;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tornadolens.backend.MemoryException;

/** How much memory a run may take: the smaller of what the machine has free and what the JVM is allowed. */
public final class HostMemory {

    private static final long UNCHECKED_BYTES = 64L << 20;   // below this the operating system is not asked
    private static final long LIMIT = limit();

    private HostMemory() {}

    /**
     * Checks that memory is available.
     *
     * @param what   needs the memory, for the error
     * @param remedy what the user can do, for the error
     * @throws MemoryException where it is not
     */
    public static void require(String what, long bytes, String remedy) {
        if (bytes < UNCHECKED_BYTES) return;
        long available = available();
        if (bytes > available) throw new MemoryException(what, bytes, available, remedy);
    }

    /** Bytes that a run may take now. */
    public static long available() {
        long free = machine(), used = used();
        if (free < 0) return LIMIT - used;
        // memory that this JVM holds but no longer reaches is freed when the limit is met
        return Math.min(LIMIT, free + used);
    }

    /**
     * Returns the bytes that Linux can provide without swapping; elsewhere the free memory, or -1 where that is
     * unknown.
     */
    private static long machine() {
        try (var lines = Files.lines(Path.of("/proc/meminfo"))) {
            return lines.filter(l -> l.startsWith("MemAvailable:"))
                    .mapToLong(l -> Long.parseLong(l.replaceAll("\\D", "")) * 1024).findFirst().orElse(-1);
        } catch (IOException noProc) {
            var system = ManagementFactory.getOperatingSystemMXBean();
            return system instanceof com.sun.management.OperatingSystemMXBean s ? s.getFreeMemorySize() : -1;
        }
    }

    private static long used() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(p -> p.getName().equals("direct")).mapToLong(BufferPoolMXBean::getMemoryUsed).sum();
    }

    private static long limit() {
        var diagnostics = ManagementFactory.getPlatformMXBean(HotSpotDiagnosticMXBean.class);
        long set = diagnostics == null ? 0 : Long.parseLong(diagnostics.getVMOption("MaxDirectMemorySize").getValue());
        return set > 0 ? set : Runtime.getRuntime().maxMemory();
    }
}
