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

/** A file mapped read-only for as long as its memory is reachable. Pages are read on first access. */
record MappedFile(Path path, MemorySegment data) {

    static MappedFile open(Path path) {
        if (Files.isDirectory(path)) throw new CheckpointException(path, "is a folder where a file is needed");
        if (Files.exists(path) && !Files.isRegularFile(path))
            throw new CheckpointException(path, "is not a regular file");
        try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
            return new MappedFile(path, channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), Arena.ofAuto()));
        } catch (NoSuchFileException _) {
            throw new CheckpointException(path, "no such file");
        } catch (IOException e) {
            throw new CheckpointException(path, "cannot be read: " + e.getMessage());
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
