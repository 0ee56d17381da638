package org.tornadolens.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A file mapped read-only for as long as its memory is reachable. Pages are read on first access. */
record MappedFile(Path path, MemorySegment data) {

    private static final String POINTER = "version https://git-lfs.github.com/spec/v1";
    private static final Pattern POINTER_SIZE = Pattern.compile("(?m)^size (\\d+)$");
    private static final int MAX_POINTER_BYTES = 1024;   // as in the specification of Git LFS

    /** @throws CheckpointException also for a pointer of Git LFS, which stands in for a file that was not fetched */
    static MappedFile open(Path path) {
        MappedFile file = map(path);
        file.pointer().ifPresent(pointer -> { throw new CheckpointException(path, pointer); });
        return file;
    }

    private static MappedFile map(Path path) {
        if (Files.isDirectory(path)) throw new CheckpointException(path, "is a folder where a file is needed");
        if (Files.exists(path) && !Files.isRegularFile(path))
            throw new CheckpointException(path, "is not a regular file");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            MemorySegment data = channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto());
            OpenFiles.add(path, data);
            return new MappedFile(path, data);
        } catch (NoSuchFileException _) {
            throw new CheckpointException(path, Files.isSymbolicLink(path)
                    ? "is a link to a file that is not there; download the model again" : "no such file");
        } catch (IOException e) {
            throw new CheckpointException(path, "cannot be read: " + e.getMessage());
        }
    }

    /** Returns what there is to say of the file if it is a pointer of Git LFS. */
    Optional<String> pointer() {
        if (size() > MAX_POINTER_BYTES || !has(0, POINTER)) return Optional.empty();
        Matcher size = POINTER_SIZE.matcher(cursor(0).latin1(size()));
        return Optional.of("is a Git LFS pointer" + (size.find() ? " to " + size.group(1) + " bytes" : "")
                + ", not the file itself; fetch it with git lfs pull, or download it");
    }

    /** Returns what there is to say of a file if it is a pointer of Git LFS; nothing of one that cannot be read. */
    static Optional<String> pointer(Path path) {
        try {
            return Files.isRegularFile(path) && Files.size(path) <= MAX_POINTER_BYTES ? map(path).pointer()
                    : Optional.empty();
        } catch (IOException _) {
            return Optional.empty();
        }
    }

    long size() { return data.byteSize(); }

    Cursor cursor(long position) { return new Cursor(this, position); }

    /** Whether the file holds these bytes at this position. */
    boolean has(long position, String ascii) {
        if (position > size() - ascii.length()) return false;
        for (int i = 0; i < ascii.length(); i++) {
            if (data.get(ValueLayout.JAVA_BYTE, position + i) != (byte) ascii.charAt(i)) return false;
        }
        return true;
    }

    /** Returns {@code bytes} bytes from {@code position} on, without copying. */
    MemorySegment slice(long position, long bytes) {
        if (position < 0 || bytes < 0 || position > size() || bytes > size() - position) {
            throw new CheckpointException(path, "is cut short: " + bytes + " bytes are needed at byte " + position
                    + " and the file has " + size());
        }
        return data.asSlice(position, bytes);
    }
}
