package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.tensor.Weight;

/** Another program cuts a file short that a model reads from. */
class CutShortTest {

    private static final int ROWS = 4096, COLUMNS = 64;

    @TempDir Path folder;

    @Test void theFileIsNamed() throws IOException {
        Path file = folder.resolve("t.safetensors");
        new SafetensorsWriter().add("t", Weight.of("t", ROWS, COLUMNS, new float[ROWS * COLUMNS])).write(file);
        Safetensors opened = Safetensors.open(file);
        long whole = Files.size(file);
        assertTrue(Checkpoints.cutShort(new InternalError("of something else")).isEmpty());
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE)) {
            channel.truncate(1 << 14);
        }
        InternalError error = assertThrows(InternalError.class, () -> opened.tensor("t"));
        assertEquals(file + ": was cut short while it was in use: it had " + whole
                + " bytes and has 16384; restore it and start again",
                Checkpoints.cutShort(new IllegalStateException(error)).orElseThrow().getMessage());
        assertTrue(Checkpoints.cutShort(new IllegalStateException("no fault of memory")).isEmpty());
    }
}
