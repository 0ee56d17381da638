package org.tornadolens.survey;

import java.io.BufferedInputStream;
import java.io.BufferedOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.zip.CRC32;
import java.util.zip.CheckedInputStream;
import java.util.zip.CheckedOutputStream;
import org.tornadolens.UsageException;

/**
 * The file in which a survey that is stopped leaves what it has found, to go on from there.
 *
 * @param about what the numbers depend on, as text; a file of anything else is refused
 */
public record Saved(Path file, String about) {

    private static final int FORMAT = 0x53555256;    // "SURV"

    /** Writes the file, whole or not at all. */
    void write(Partial partial) {
        Path part = file.resolveSibling(file.getFileName() + ".part");
        try {
            if (file.getParent() != null) Files.createDirectories(file.getParent());
            CRC32 sum = new CRC32();
            try (DataOutputStream out = new DataOutputStream(
                    new CheckedOutputStream(new BufferedOutputStream(Files.newOutputStream(part), 1 << 16), sum))) {
                out.writeInt(FORMAT);
                text(out, about);
                partial.write(out);
                out.writeLong(sum.getValue());
            }
            Files.move(part, file, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw new UncheckedIOException(file + " cannot be written", e);
        }
    }

    /**
     * Reads the file into an empty partial result, if there is one.
     *
     * @throws UsageException if it is of another survey, or damaged
     */
    void read(Partial partial) {
        if (!Files.exists(file)) return;
        CRC32 sum = new CRC32();
        try (DataInputStream in = new DataInputStream(
                new CheckedInputStream(new BufferedInputStream(Files.newInputStream(file), 1 << 16), sum))) {
            if (in.readInt() != FORMAT) throw new IOException("it is no survey");
            if (!text(in).equals(about))
                throw new UsageException(
                        "cannot resume: the dataset, the model or what the survey collects has changed "
                                + "since the run that was stopped; run it without --resume");
            partial.read(in);
            long expected = sum.getValue();
            if (in.readLong() != expected) throw new IOException("its checksum is wrong");
        } catch (IOException e) {
            throw new UsageException("cannot resume from " + file + ", which is damaged (" + e.getMessage()
                    + "): run it without --resume");
        }
    }

    private static void text(DataOutputStream out, String text) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.writeInt(bytes.length);
        out.write(bytes);
    }

    private static String text(DataInputStream in) throws IOException {
        return new String(in.readNBytes(in.readInt()), StandardCharsets.UTF_8);
    }
}
