package org.tornadolens.dsl.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.CheckpointException;

class RunFolderTest {

    private static final long NO_PROCESS = 999_999_999_999L;

    @TempDir Path around;

    private Path target() { return around.resolve("run"); }

    private List<String> around() throws IOException {
        try (Stream<Path> all = Files.list(around)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    private void deliver(String file, String content) throws IOException {
        try (RunFolder folder = RunFolder.replacing(target())) {
            folder.write(file, out -> out.write(content.getBytes()));
            folder.writeRecord(out -> out.write("{}".getBytes()));
            folder.deliver();
        }
    }

    @Test void nothingIsAtTheTargetUntilDelivery() throws IOException {
        try (RunFolder folder = RunFolder.replacing(target())) {
            Path written = folder.write("a/b.txt", out -> out.write(1));
            assertEquals(target().resolve("a/b.txt"), written);
            assertFalse(Files.exists(target()));
        }
        assertEquals(List.of(), around(), "what is not delivered is gone");
    }

    @Test void aFileThatFailsHalfWayLeavesTheEarlierOne() throws IOException {
        try (RunFolder folder = RunFolder.replacing(target())) {
            folder.write("a.txt", out -> out.write('1'));
            assertThrows(IOException.class, () -> folder.write("a.txt", out -> {
                out.write('2');
                throw new IOException("disk");
            }));
            folder.deliver();
        }
        assertEquals("1", Files.readString(target().resolve("a.txt")));
        try (Stream<Path> files = Files.list(target())) {
            assertEquals(1, files.count());
        }
    }

    @Test void aFullDiskIsNamedByTheFileThatWouldHaveBeen() throws IOException {
        String full = ": cannot be written: No space left on device";
        IOException system = new IOException("No space left on device");
        try (RunFolder folder = RunFolder.replacing(target())) {
            assertEquals(target().resolve("a/b.png") + full,
                    assertThrows(IOException.class, () -> folder.write("a/b.png", out -> {
                        throw system;
                    }))
                            .getMessage());
            assertEquals(target().resolve("a/b.png") + full,
                    assertThrows(IOException.class, () -> folder.write("a/b.png", out -> {
                        throw new IOException("I/O error writing PNG file!", system);
                    })).getMessage());
            assertEquals(target().resolve("run.json") + full,
                    assertThrows(IOException.class, () -> folder.writeRecord(out -> {
                        throw system;
                    })).getMessage());
            assertEquals(target().resolve("model/x.safetensors") + full,
                    assertThrows(CheckpointException.class, () -> folder.writeFolder("model", part -> {
                        throw new CheckpointException(part.resolve("x.safetensors"),
                                "cannot be written: No space left on device");
                    })).getMessage());
            assertEquals(List.of(), folder.files());
        }
    }

    @Test void aFileWrittenTwiceCountsOnce() throws IOException {
        try (RunFolder folder = RunFolder.replacing(target())) {
            folder.write("a.txt", out -> out.write('1'));
            folder.write("a.txt", out -> out.write('2'));
            assertEquals(List.of("a.txt"), folder.files());
        }
    }

    @Test void leftoversOfAKilledRunAreCleared() throws IOException {
        deliver("a.txt", "1");
        Files.createDirectories(around.resolve(".run." + NO_PROCESS + ".tmp/sub"));
        Files.createDirectories(around.resolve(".run." + NO_PROCESS + ".old"));
        Files.createDirectories(
                around.resolve(".run." + ProcessHandle.current().parent().orElseThrow().pid() + ".tmp"));
        deliver("a.txt", "2");
        assertEquals(2, around().size(), "that of a process that lives stays");
        assertEquals("2", Files.readString(target().resolve("a.txt")));
    }

    @Test void aRunKilledWhileItReplacedGetsItsEarlierResultsBack() throws IOException {
        deliver("a.txt", "1");
        Files.move(target(), around.resolve(".run." + NO_PROCESS + ".old"));
        RunFolder.replacing(target()).close();
        assertEquals("1", Files.readString(target().resolve("a.txt")));
    }

    @Test void onlyARunsFolderIsReplaced() throws IOException {
        Files.writeString(target(), "a file");
        assertTrue(assertThrows(UsageException.class, () -> RunFolder.replacing(target())).getMessage()
                .contains("is not a folder"));
        Files.delete(target());
        Files.createSymbolicLink(target(), Files.createDirectory(around.resolve("elsewhere")));
        assertThrows(UsageException.class, () -> RunFolder.replacing(target()));
        assertThrows(UsageException.class, () -> RunFolder.replacing(Path.of("/")));
    }

    @Test void namesThatLeadOutAreRefused() throws IOException {
        try (RunFolder folder = RunFolder.replacing(target())) {
            for (String name : List.of("../x", "a/../../x", "/x", ".x", "a/.x/y", "", " ", "a\0b", "a\\b", "./x",
                    "run.json", "RUN.JSON")) {
                assertThrows(UsageException.class, () -> folder.write(name, out -> out.write(1)), name);
            }
        }
        assertEquals(List.of(), around());
    }

    @Test void theReplsFilesAppearAtOnce() throws IOException {
        Files.createDirectories(target());
        Files.writeString(target().resolve("old.txt"), "stays");
        try (RunFolder folder = RunFolder.direct(target())) {
            folder.write("new.txt", out -> out.write('1'));
            assertTrue(Files.exists(target().resolve("new.txt")));
        }
        assertTrue(Files.exists(target().resolve("new.txt")) && Files.exists(target().resolve("old.txt")));
    }

    @Test void bytesAndFilesAreBounded() throws IOException {
        try (RunFolder folder = RunFolder.replacing(target(), 100, 2)) {
            folder.write("a", out -> out.write(new byte[60]));
            assertTrue(assertThrows(UsageException.class, () -> folder.write("b", out -> out.write(new byte[60])))
                    .getMessage().contains("\"b\" would bring this run's files to more than"));
            folder.write("a", out -> out.write(new byte[90]));
            folder.write("b", out -> out.write(new byte[10]));
            assertTrue(assertThrows(UsageException.class, () -> folder.write("c", out -> {})).getMessage()
                    .contains("at most 2"));
        }
    }
}
