package org.tornadolens.backend.cpu;

import com.sun.management.HotSpotDiagnosticMXBean;
import java.io.IOException;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import org.tornadolens.backend.MemoryException;

/** How much memory a run may take: what the machine has free and what the JVM is allowed. */
final class HostMemory {

    private static final long SMALL = 64L << 20;   // not worth asking the operating system for
    private static final long LIMIT = limit();

    private HostMemory() {}

    /** Refuses what would not fit. */
    static void require(String what, long bytes, String remedy) {
        if (bytes < SMALL) return;
        long available = available();
        if (bytes > available) throw new MemoryException(what, bytes, available, remedy);
    }

    static long available() {
        long free = machine(), used = used();
        if (free < 0) return LIMIT - used;
        // what this JVM holds and no longer reaches is freed when the limit is met
        return Math.min(LIMIT, free + used);
    }

    /** Linux counts what can be had without swapping; elsewhere the free memory has to do. */
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
