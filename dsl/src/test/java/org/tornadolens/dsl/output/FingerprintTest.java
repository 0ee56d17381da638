package org.tornadolens.dsl.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.io.RandomAccessFile;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FingerprintTest {

    private static final String OF_ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";

    @TempDir Path folder;

    @Test void aFilesIsItsSha256() throws IOException {
        assertEquals(new Fingerprint("sha256", OF_ABC), Fingerprint.of(Files.writeString(folder.resolve("f"), "abc")));
        assertEquals(new Fingerprint("sha256", OF_ABC), Fingerprint.of("abc".getBytes(StandardCharsets.UTF_8)));
    }

    @Test void aFoldersIsThatOfItsListing() throws IOException {
        Files.writeString(folder.resolve("b"), "abc");
        Files.writeString(folder.resolve("a"), "abc");
        Files.writeString(folder.resolve(".hidden"), "x");
        Files.createDirectory(folder.resolve("sub"));
        String listing = OF_ABC + "  a\n" + OF_ABC + "  b\n";
        assertEquals(Fingerprint.of(listing.getBytes(StandardCharsets.UTF_8)), Fingerprint.of(folder));
    }

    @Test void aLargeModelIsSampledAtItsEnds() throws IOException {
        Path large = folder.resolve("large");
        try (RandomAccessFile file = new RandomAccessFile(large.toFile(), "rw")) {
            file.setLength(Fingerprint.LARGE + 1);       // sparse: takes no room
            Fingerprint zeros = Fingerprint.of(large);
            assertEquals("sample", zeros.kind());
            file.seek(Fingerprint.LARGE / 2);
            file.write(1);
            assertEquals(zeros, Fingerprint.of(large), "the middle is not read");
            file.seek(Fingerprint.LARGE);
            file.write(1);
            Fingerprint changed = Fingerprint.of(large);
            assertNotEquals(zeros, changed);
            file.setLength(Fingerprint.LARGE + 2);
            assertNotEquals(changed, Fingerprint.of(large));
        }
    }
}
