package org.tornadolens.dsl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystemException;
import java.nio.file.NoSuchFileException;
import org.junit.jupiter.api.Test;

class WordingTest {

    @Test void memoryThatIsNotThereIsToldInBothNumbers() {
        assertEquals(
                "out of memory: a tensor of 258.0 GB is asked for, and of the 20.0 GB for tensors 19.0 GB are free",
                Wording.of(new OutOfMemoryError("Cannot reserve 276979286064 bytes of direct buffer memory "
                        + "(allocated: 1073741824, limit: 21474836480)")));
        assertEquals("out of memory: the Java heap is full; TORNADOLENS_JAVA_OPTIONS=-Xmx4g gives it more",
                Wording.of(new OutOfMemoryError("Java heap space")));
        assertEquals("out of memory: no room", Wording.of(new OutOfMemoryError("no room")));
    }

    @Test void errorsOfFilesNameTheFile() {
        assertEquals("x.npy does not exist", Wording.of((IOException) new NoSuchFileException("x.npy")));
        assertEquals("x.npy: No space left on device",
                Wording.of(
                        new UncheckedIOException(new FileSystemException("x.npy", null, "No space left on device"))));
        assertEquals("the font cannot be unpacked",
                Wording.of(new UncheckedIOException("the font cannot be unpacked", new IOException("full"))));
    }
}
