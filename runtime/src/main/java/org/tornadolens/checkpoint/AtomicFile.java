package org.tornadolens.checkpoint;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedByInterruptException;
import java.nio.channels.FileChannel;
import java.nio.file.AccessDeniedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.UUID;
import java.util.concurrent.CancellationException;
import org.tornadolens.Interruption;

/**
 * Writes a file completely or not at all: under a temporary name in the same folder, which is then renamed. An
 * interrupt ends it between two chunks.
 */
final class AtomicFile {

    private static final int CHUNK = 1 << 22;

    private AtomicFile() {}

    interface Content { void writeTo(FileChannel channel) throws IOException; }

    /** @throws UncheckedIOException that names the file, where it cannot be written */
    static void write(Path path, Content content) {
        Path temporary = path.resolveSibling("." + path.getFileName() + "." + UUID.randomUUID() + ".part");
        try {
            try (FileChannel channel =
                    FileChannel.open(temporary, StandardOpenOption.WRITE, StandardOpenOption.CREATE_NEW)) {
                content.writeTo(channel);
            }
            Files.move(temporary, path, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (ClosedByInterruptException e) {
            CancellationException interrupted = new CancellationException("interrupted");
            discard(temporary, interrupted);
            throw interrupted;
        } catch (IOException e) {
            discard(temporary, e);
            throw new UncheckedIOException(new FileSystemException(path.toString(), null,
                    "cannot be written: " + reason(e)));
        } catch (RuntimeException e) {
            discard(temporary, e);
            throw e;
        }
    }

    /** Returns what is wrong, without the name of a temporary file. */
    static String reason(IOException e) {
        return switch (e) {
            case NoSuchFileException _ -> "there is no such folder";
            case AccessDeniedException _ -> "the system denies access";
            case FileSystemException system when system.getReason() != null -> system.getReason();
            default -> String.valueOf(e.getMessage());
        };
    }

    /** Writes the whole buffer: one call of {@link FileChannel#write} may write only a part. */
    static void writeAll(FileChannel channel, ByteBuffer bytes) throws IOException {
        while (bytes.hasRemaining()) {
            Interruption.check();
            channel.write(bytes);
        }
    }

    /** Writes the whole segment, in chunks that fit a {@link ByteBuffer}. */
    static void writeAll(FileChannel channel, MemorySegment memory) throws IOException {
        for (long at = 0; at < memory.byteSize(); at += CHUNK) {
            writeAll(channel, memory.asSlice(at, Math.min(CHUNK, memory.byteSize() - at)).asByteBuffer());
        }
    }

    private static void discard(Path temporary, Exception cause) {
        try {
            Files.deleteIfExists(temporary);
        } catch (IOException e) {
            cause.addSuppressed(e);
        }
    }
}
