package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/** Makes copies of intact checkpoints that a test may damage, and checks the messages on opening them. */
final class Tampered {

    private Tampered() {}

    /** Copies a file or folder of src/test/resources/checkpoints to {@code into}. */
    static Path copy(String name, Path into) {
        Path from = Resources.path("/checkpoints/" + name), to = into.resolve(from.getFileName().toString());
        try (Stream<Path> files = Files.walk(from)) {
            for (Path file : files.toList()) Files.copy(file, to.resolve(from.relativize(file).toString()));
            return to;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static void replace(Path file, String what, String with) {
        try {
            String text = Files.readString(file);
            assertTrue(text.contains(what), () -> file + " has no " + what);
            Files.writeString(file, text.replace(what, with));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Writes a safetensors file of this header and {@code bytes} zero bytes. */
    static Path safetensors(Path file, String header, int bytes) {
        byte[] json = header.getBytes(StandardCharsets.UTF_8);
        return write(file, ByteBuffer.allocate(8 + json.length + bytes).order(ByteOrder.LITTLE_ENDIAN)
                .putLong(json.length).put(json).array());
    }

    static Path write(Path file, byte[] bytes) {
        try {
            return Files.write(file, bytes);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    static byte[] read(Path file) {
        try {
            return Files.readAllBytes(file);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Asserts that opening fails with one line that contains {@code expected}. */
    static void assertRefused(String expected, Path path) {
        assertRefused(expected, () -> Checkpoints.open(path));
    }

    static void assertRefused(String expected, org.junit.jupiter.api.function.Executable opening) {
        String message = assertThrows(CheckpointException.class, opening).getMessage();
        assertTrue(message.contains(expected), () -> "\"" + message + "\" should say \"" + expected + "\"");
        assertEquals(1, message.lines().count(), message);
    }
}
