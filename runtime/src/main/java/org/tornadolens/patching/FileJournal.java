package org.tornadolens.patching;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.io.UncheckedIOException;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.zip.CRC32;
import org.tornadolens.UsageException;
import org.tornadolens.files.Facts;

/**
 * A journal in an append-only file. A record is its length, its bytes and their CRC-32; reading stops at the first that
 * is truncated or damaged, and writing continues from there. The first record names what the numbers depend on: script,
 * model and version, without which they are not valid.
 */
public final class FileJournal implements Journal, AutoCloseable {

    private static final int MAX_RECORD_BYTES = 1 << 28;
    private static final long SYNC_NANOS = 1_000_000_000;   // a power failure loses at most a second of records

    private final Path path;
    private final RandomAccessFile file;
    private final Map<String, double[]> known = new HashMap<>();
    private long synced = System.nanoTime();

    private FileJournal(Path path, RandomAccessFile file) {
        this.path = path;
        this.file = file;
    }

    /** Starts a new journal; an existing file is overwritten. */
    public static FileJournal begin(Path path, List<String> bound) {
        try {
            if (path.getParent() != null) Files.createDirectories(path.getParent());
            FileJournal journal = new FileJournal(path, locked(path));
            journal.file.setLength(0);
            journal.append(header(bound));
            return journal;
        } catch (IOException e) {
            throw new UncheckedIOException(path + " cannot be written", e);
        }
    }

    /**
     * Opens the journal of a run that was stopped, or starts a new one if there is none.
     *
     * @param bound what the numbers depend on, such as {@code "script 3b7a…"}; the first word is a name for messages
     * @throws UsageException if one of these has changed
     */
    public static FileJournal resume(Path path, List<String> bound) {
        if (!Files.exists(path)) return begin(path, bound);
        try {
            FileJournal journal = new FileJournal(path, locked(path));
            if (!journal.read(bound)) {
                journal.close();
                return begin(path, bound);
            }
            return journal;
        } catch (IOException e) {
            throw new UncheckedIOException(path + " cannot be read", e);
        }
    }

    private static RandomAccessFile locked(Path path) throws IOException {
        RandomAccessFile file = new RandomAccessFile(path.toFile(), "rw");
        try {
            if (file.getChannel().tryLock() != null) return file;
        } catch (OverlappingFileLockException ofThisProcess) {
            // reported below, like the lock of another process
        }
        file.close();
        throw new UsageException(
                "another run writes to " + path + "; wait for it, or give this one a folder of its own with --out");
    }

    // ---- reading

    /** Reads all intact records; returns false if not even the header is intact. */
    private boolean read(List<String> bound) throws IOException {
        byte[] header = next();
        if (header == null) return false;
        List<String> was = new ArrayList<>();
        try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(header))) {
            for (int i = in.readInt(); i > 0; i--) was.add(text(in));
        }
        if (!was.equals(bound)) {
            file.close();
            throw new UsageException("cannot resume: " + Facts.changed(was, bound)
                    + " has changed since the run that was stopped; run it without --resume");
        }
        long whole = file.getFilePointer();
        for (byte[] record; (record = next()) != null; whole = file.getFilePointer()) {
            try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(record))) {
                String unit = text(in);
                double[] numbers = new double[in.readInt()];
                for (int i = 0; i < numbers.length; i++) numbers[i] = Double.longBitsToDouble(in.readLong());
                known.put(unit, numbers);
            }
        }
        file.setLength(whole);
        file.seek(whole);
        return true;
    }

    /** Returns the next record; null if it is truncated or damaged. */
    private byte[] next() throws IOException {
        try {
            int length = file.readInt();
            if (length < 0 || length > MAX_RECORD_BYTES || length > file.length() - file.getFilePointer()) return null;
            byte[] record = new byte[length];
            file.readFully(record);
            return file.readInt() == checksum(record) ? record : null;
        } catch (EOFException cutShort) {
            return null;
        }
    }

    // ---- writing

    private static byte[] header(List<String> bound) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(bound.size());
        for (String fact : bound) text(out, fact);
        return bytes.toByteArray();
    }

    private void append(byte[] record) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        DataOutputStream out = new DataOutputStream(bytes);
        out.writeInt(record.length);
        out.write(record);
        out.writeInt(checksum(record));
        file.write(bytes.toByteArray());
        if (System.nanoTime() - synced < SYNC_NANOS) return;
        file.getFD().sync();
        synced = System.nanoTime();
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }

    private static int checksum(byte[] record) {
        CRC32 crc = new CRC32();
        crc.update(record);
        return (int) crc.getValue();
    }

    // ---- the journal

    @Override public synchronized Optional<double[]> recall(String unit) {
        return Optional.ofNullable(known.get(unit)).map(double[]::clone);
    }

    @Override public synchronized void remember(String unit, double[] numbers) {
        double[] before = known.put(unit, numbers.clone());
        if (before != null && Arrays.equals(before, numbers)) return;
        try {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            DataOutputStream out = new DataOutputStream(bytes);
            text(out, unit);
            out.writeInt(numbers.length);
            for (double number : numbers) out.writeLong(Double.doubleToRawLongBits(number));
            append(bytes.toByteArray());
        } catch (IOException e) {
            throw new UncheckedIOException(path + " cannot be written", e);
        }
    }

    @Override public long settled(String name, long now) {
        return Double.doubleToRawLongBits(recall("settled " + name).orElseGet(() -> {
            double[] bits = {Double.longBitsToDouble(now)};
            remember("settled " + name, bits);
            return bits;
        })[0]);
    }

    /** Returns the number of units with known numbers. */
    public synchronized int size() { return known.size(); }

    @Override public void close() {
        try {
            file.close();
        } catch (IOException e) {
            throw new UncheckedIOException(path + " cannot be closed", e);
        }
    }
}
