package org.tornadolens.fuzz;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.stream.Stream;
import org.tornadolens.checkpoint.CheckpointException;
import org.tornadolens.jinja.JinjaException;
import org.tornadolens.tokenizer.TokenizerException;

/**
 * Opens or uses cases of a target. Each opens or gives an error of one line; it takes no more than a second of the
 * processor and a bounded amount of memory, Java's and the process's, and leaves no file open.
 */
final class Fuzzer {

    private static final long MOST_HEAP = 64 << 20, MOST_NATIVE = 300L << 20;   // bytes for one case
    private static final long MOST_NANOSECONDS = 2_000_000_000L;
    private static final int SAMPLE = 200;   // cases between looks at the process's memory

    private final Target target;
    private final Path folder;
    private final long seed;
    private final Set<String> refusals = new TreeSet<>();   // without what differs from case to case
    private long cases, opened, longest, mostHeap, firstNative = -1, mostNative;

    Fuzzer(Target target, Path folder, long seed) throws IOException {
        this.target = target;
        this.folder = Files.createDirectories(folder);
        this.seed = seed;
        target.prepare(folder);
    }

    /** @param use whether what opens is used, too */
    void run(long from, long count, boolean use) throws IOException {
        for (long number = from; number < from + count; number++) {
            Path file = target.write(random(number), folder);
            try {
                one(file, use);
            } catch (Throwable e) {
                throw new AssertionError(target.name() + ", case " + number + " of seed " + seed
                        + (use ? " in use" : "") + " (-Dfuzz.only='" + target.name() + "' -Dfuzz.case=" + number
                        + " -Dfuzz.seed=" + seed + "): " + e, e);
            }
        }
    }

    private Random random(long number) {
        long mixed = seed * 0x9E3779B97F4A7C15L + number * 0xD1B54A32D192ED03L + target.name().hashCode();
        return new Random(mixed ^ mixed >>> 29);
    }

    private void one(Path file, boolean use) throws IOException {
        long size = size(folder), heap = allocated();
        long began = processor();
        try {
            if (use) target.use(file);
            else target.open(file);
            opened++;
        } catch (CheckpointException | TokenizerException | JinjaException e) {
            requireOneLine(e);
            refusals.add(e.getMessage().replace(folder.toString(), "").replaceAll("[0-9]+|'.*'|\".*\"", "#"));
        }
        long took = processor() - began, taken = allocated() - heap;
        longest = Math.max(longest, took);
        mostHeap = Math.max(mostHeap, taken);
        if (took > MOST_NANOSECONDS) throw new AssertionError("it took " + took / 1_000_000 + " ms");
        if (!use && taken > 8 * size + MOST_HEAP)
            throw new AssertionError("it took " + taken + " bytes of heap for " + size);
        if (++cases % SAMPLE != 1 && !use) return;
        long now = peakNative();
        if (firstNative < 0) firstNative = now;
        mostNative = Math.max(mostNative, now);
        if (now - firstNative > MOST_NATIVE)
            throw new AssertionError("the process grew by " + (now - firstNative) + " bytes beside its heap");
    }

    static void requireOneLine(RuntimeException e) {
        String message = String.valueOf(e.getMessage());
        if (message.isBlank() || message.lines().count() != 1)
            throw new AssertionError("no line: \"" + message + "\"", e);
        if (message.contains("JsonReader") || message.contains("Exception") || message.contains("Cannot reserve")
                || message.contains("overflow"))
            throw new AssertionError("not for users: \"" + message + "\"", e);
    }

    /** Bytes that the files of a case have on disk or, of one with a hole, would have to be read for its header. */
    private static long size(Path folder) throws IOException {
        long size = 0;
        try (Stream<Path> files = Files.list(folder)) {
            for (Path file : files.toList()) size += Math.min(Files.size(file), 1 << 20);
        }
        return size;
    }

    private static long allocated() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.ThreadMXBean.class)
                .getCurrentThreadAllocatedBytes();
    }

    private static long processor() { return ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime(); }

    /** The most memory that the process had beside Java's heap since the last call, on Linux; else 0. */
    private static long peakNative() throws IOException {
        Path status = Path.of("/proc/self/status");
        if (!Files.isReadable(status)) return 0;
        long peak = Files.readAllLines(status).stream().filter(line -> line.startsWith("VmHWM"))
                .mapToLong(line -> Long.parseLong(line.replaceAll("\\D", "")) << 10).findFirst().orElse(0)
                - Runtime.getRuntime().totalMemory();
        try {
            Files.writeString(Path.of("/proc/self/clear_refs"), "5");
        } catch (IOException e) {
            return peak;   // then it is the peak of the whole run
        }
        return Math.max(0, peak);   // of the heap, a part may never have been touched
    }

    /**
     * Returns the number of files that the process has open or mapped, on Linux; else 0. It waits for the collector,
     * which unmaps files, until there are no more than {@code enough}.
     */
    static long handles(long enough) throws IOException, InterruptedException {
        if (!Files.isDirectory(Path.of("/proc/self/fd"))) return 0;
        long open = openOrMapped();
        for (int wait = 0; wait < 50 && open > enough; wait++) {
            System.gc();
            Thread.sleep(20);
            open = openOrMapped();
        }
        return open;
    }

    private static long openOrMapped() throws IOException {
        try (Stream<Path> open = Files.list(Path.of("/proc/self/fd"));
                Stream<String> maps = Files.lines(Path.of("/proc/self/maps"))) {
            return open.count() + maps.filter(line -> line.contains("fuzz")).count();
        }
    }

    /** One row: cases, how many opened, kinds of refusals, the longest case, the most memory of one. */
    String report() {
        return String.format(Locale.ROOT, "%-45s %,10d %,10d %,6d %8.0f ms %8.1f MB heap %8.1f MB native",
                target.name(),
                cases, opened, refusals.size(), longest / 1e6, mostHeap / 1e6,
                Math.max(0, mostNative - firstNative) / 1e6);
    }
}
