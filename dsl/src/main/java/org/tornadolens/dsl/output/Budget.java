package org.tornadolens.dsl.output;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.tornadolens.UsageException;
import org.tornadolens.memory.MemoryException;

/** Counts what a run writes, and refuses what would exceed its {@link Limits}. A file that is replaced counts once. */
public final class Budget {

    private static final long MOST_RECORDS = 64L << 20;   // bytes; they stay in memory until the run ends

    private final Limits limits;
    private final Map<Path, Long> files = new HashMap<>();
    private final Map<String, Long> records = new HashMap<>();
    private long bytes, recorded;

    Budget(Limits limits) { this.limits = limits; }

    /**
     * Returns the bytes that a file may take, which may be there already.
     *
     * @throws UsageException if there would be too many files
     */
    long forFile(Path file) {
        if (!files.containsKey(file) && files.size() >= limits.files()) throw tooMany(file.getFileName());
        return limits.bytes() - bytes + files.getOrDefault(file, 0L);
    }

    /** Counts a file that was written, in place of one of the same name. */
    void wrote(Path file, long size) {
        bytes += size - files.getOrDefault(file, 0L);
        files.put(file, size);
    }

    /** Refuses a folder whose files would take more bytes than are left, before any is written. */
    public void require(String name, long size, int count) {
        if (size > limits.bytes() - bytes) throw tooLarge("\"" + name + "\"");
        if (count > limits.files() - files.size()) throw tooMany(name);
    }

    /** Counts a file that will be written over and over, before it is written for the first time. */
    public void keep(Path file, long size) {
        if (forFile(file) < size) throw tooLarge(file.toString());
        wrote(file, size);
    }

    /** Forgets the files in a folder, which are deleted. */
    void forget(Path folder) {
        files.entrySet().removeIf(file -> {
            if (!file.getKey().startsWith(folder)) return false;
            bytes -= file.getValue();
            return true;
        });
    }

    /** Counts printed text. */
    public void print(long size) {
        if (size > limits.bytes() - bytes) throw tooLarge("what is printed");
        bytes += size;
    }

    /** Counts a record, in place of one of the same name. */
    public void record(String name, long size) {
        long more = size - records.getOrDefault(name, 0L);
        if (recorded + more > MOST_RECORDS)
            throw new UsageException("record(\"" + name + "\") would bring this run's records to more than "
                    + MemoryException.text(MOST_RECORDS) + "; save large values as a tensor or a table");
        if (more > limits.bytes() - bytes) throw tooLarge("record(\"" + name + "\")");
        records.put(name, size);
        recorded += more;
        bytes += more;
    }

    UsageException tooLarge(String what) {
        return new UsageException(what + " would bring this run's output to more than "
                + MemoryException.text(limits.bytes()) + "; --max-output SIZE allows more");
    }

    private UsageException tooMany(Object name) {
        return new UsageException("\"" + name + "\" would be this run's file number " + (files.size() + 1)
                + "; --max-files N allows more");
    }
}
