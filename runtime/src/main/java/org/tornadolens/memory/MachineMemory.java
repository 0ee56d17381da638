package org.tornadolens.memory;

import com.sun.management.OperatingSystemMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;

/** What the machine, or the control group that this process lives in, has free. */
final class MachineMemory {

    private static final Path CGROUPS = Path.of("/sys/fs/cgroup"), MEMINFO = Path.of("/proc/meminfo");
    private static final long LEAST_RESERVE = 128L << 20, MOST_RESERVE = 1L << 30;
    private static final int RESERVED = 20;   // a twentieth of the memory

    private MachineMemory() {}

    /** Bytes that can be provided without swapping. */
    static long free() { return free(MEMINFO, CGROUPS); }

    static long free(Path meminfo, Path cgroups) {
        return Math.min(machine(meminfo), group(cgroups).orElse(Long.MAX_VALUE));
    }

    /** Bytes that stay free for the heap, the operating system and others. */
    static long reserve() { return RESERVE; }

    private static final long RESERVE =
            Math.clamp(system().map(OperatingSystemMXBean::getTotalMemorySize).orElse(0L) / RESERVED,
                    LEAST_RESERVE, MOST_RESERVE);

    private static Optional<OperatingSystemMXBean> system() {
        return Optional.ofNullable(ManagementFactory.getOperatingSystemMXBean())
                .filter(OperatingSystemMXBean.class::isInstance)
                .map(OperatingSystemMXBean.class::cast);
    }

    /** Returns what Linux calls available; elsewhere the free memory, or no bound where that is unknown. */
    private static long machine(Path meminfo) {
        try {
            return number(Files.readAllLines(meminfo), "MemAvailable:").orElse(Long.MAX_VALUE / 1024) * 1024;
        } catch (IOException noProc) {
            return system().map(OperatingSystemMXBean::getFreeMemorySize).orElse(Long.MAX_VALUE);
        }
    }

    private static OptionalLong number(List<String> lines, String key) {
        return lines.stream().filter(line -> line.startsWith(key))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", ""))).findFirst();
    }

    /**
     * Returns what a container's limit leaves: the limit less what is in use and cannot be dropped. Only the group at
     * the root of the mounted hierarchy is looked at, which is a container's own.
     */
    private static OptionalLong group(Path root) {
        OptionalLong second = left(root.resolve("memory.max"), root.resolve("memory.current"),
                root.resolve("memory.stat"), "inactive_file ");
        if (second.isPresent()) return second;
        Path first = root.resolve("memory");
        return left(first.resolve("memory.limit_in_bytes"), first.resolve("memory.usage_in_bytes"),
                first.resolve("memory.stat"), "total_inactive_file ");
    }

    private static OptionalLong left(Path limit, Path usage, Path statistics, String droppable) {
        try {
            String most = Files.readString(limit).strip();
            if (!most.matches("\\d{1,17}")) return OptionalLong.empty();   // "max", or a number that means it
            long used = Long.parseLong(Files.readString(usage).strip());
            long files = number(Files.readAllLines(statistics), droppable).orElse(0);   // in bytes here
            return OptionalLong.of(Math.max(0, Long.parseLong(most) - used + files));
        } catch (IOException none) {
            return OptionalLong.empty();
        }
    }
}
