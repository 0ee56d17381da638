package org.tornadolens.dsl.output;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.UsageException;
import org.tornadolens.checkpoint.CheckpointException;

class RunFolderTest {

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

    private static final String DEAD = "0123456789abcdef";

    /** Makes what a killed run leaves: its lock file, which nobody holds, and what it had not finished. */
    private Path left(String name, String kind) throws IOException {
        Files.writeString(around.resolve("." + name + "." + DEAD + ".lock"), "process 1 on elsewhere");
        return Files.createDirectories(around.resolve("." + name + "." + DEAD + "." + kind));
    }

    @Test void whatAKilledRunLeftIsRemovedByTheNext() throws IOException {
        deliver("a.txt", "1");
        Files.writeString(left("run", "tmp").resolve("a.txt"), "of the dead run");
        left("run", "old");
        Files.createDirectories(left("other", "tmp").resolve("sub"));
        deliver("b.txt", "2");
        assertEquals(List.of("run"), around());
        assertFalse(Files.exists(target().resolve("a.txt")), "nothing of the dead run is delivered");
        assertEquals("2", Files.readString(target().resolve("b.txt")));
    }

    @Test void aRunKilledWhileItReplacedGetsItsEarlierResultsBack() throws IOException {
        deliver("a.txt", "1");
        Files.move(target(), left("run", "old"), StandardCopyOption.REPLACE_EXISTING);
        try (RunFolder other = RunFolder.replacing(around.resolve("other"))) {
            other.write("x", out -> out.write(1));
            assertFalse(Files.exists(target()), "only a run of the same folder puts it back");
        }
        RunFolder.replacing(target()).close();
        assertEquals("1", Files.readString(target().resolve("a.txt")));
        assertEquals(List.of("run"), around());
    }

    @Test void aSecondRunIsRefusedAndToldWhoWritesTheFolder() throws IOException {
        try (RunFolder first = RunFolder.replacing(target())) {
            first.write("a.txt", out -> out.write('1'));
            String message = assertThrows(UsageException.class, () -> RunFolder.replacing(target())).getMessage();
            assertTrue(message.startsWith(target() + " is in use by process " + ProcessHandle.current().pid() + " on ")
                    && message.endsWith("; wait until it ends, or give this run a folder of its own with --out"),
                    message);
            Files.createSymbolicLink(around.resolve("link"), around);
            assertThrows(UsageException.class, () -> RunFolder.replacing(around.resolve("link/run")));
            Files.delete(around.resolve("link"));
            RunFolder.replacing(around.resolve("run2")).close();
            first.writeRecord(out -> out.write("{}".getBytes()));
            first.deliver();
        }
        assertEquals("1", Files.readString(target().resolve("a.txt")));
        RunFolder.replacing(target()).close();
        assertEquals(List.of("run"), around());
    }

    @Test void aFolderThatWasMadeForARunIsRemovedIfTheRunLeavesNothing() throws IOException {
        RunFolder.replacing(around.resolve("new/deeper/run")).close();
        assertEquals(List.of(), around());
    }

    @Test void twoSessionsWriteTwoFolders() throws IOException {
        try (RunFolder one = RunFolder.direct(target()); RunFolder two = RunFolder.direct(target())) {
            assertEquals(target().resolve("a.txt"), one.write("a.txt", out -> out.write('1')));
            assertEquals(around.resolve("run-2/a.txt"), two.write("a.txt", out -> out.write('2')));
        }
        Files.writeString(target().resolve(".b.txt.part"), "of a killed session");
        try (RunFolder later = RunFolder.direct(target())) {
            later.write("c.txt", out -> out.write('3'));
        }
        assertEquals(List.of("run", "run-2"), around());
        assertFalse(Files.exists(target().resolve(".b.txt.part")));
    }

    @Test void filesElsewhereAreWholeAndLeaveNothingBeside() throws IOException {
        try (RunFolder folder = RunFolder.replacing(target(), new Limits(1000, 10))) {
            Path elsewhere = Files.createDirectory(around.resolve("elsewhere"));
            folder.writeElsewhere(elsewhere.resolve("a.txt"), out -> out.write('1'));
            Path left = Files.writeString(elsewhere.resolve(".a.txt." + DEAD + ".part"), "of a killed run");
            Files.writeString(elsewhere.resolve(".a.txt." + DEAD + ".lock"), "");
            folder.writeElsewhere(elsewhere.resolve("b.txt"), out -> out.write('2'));
            assertFalse(Files.exists(left));
            folder.writeFolderElsewhere(elsewhere.resolve("m"),
                    part -> Files.writeString(part.resolve("w"), "weights"));
            assertThrows(UsageException.class,
                    () -> folder.writeFolderElsewhere(elsewhere.resolve("m"), part -> {}));
            assertThrows(UsageException.class, () -> folder.writeElsewhere(elsewhere, out -> out.write(1)));
            assertThrows(UsageException.class,
                    () -> folder.writeElsewhere(elsewhere.resolve("c"), out -> out.write(new byte[1000])));
            try (Stream<Path> all = Files.list(elsewhere)) {
                assertEquals(List.of("a.txt", "b.txt", "m"),
                        all.map(path -> path.getFileName().toString()).sorted().toList());
            }
        }
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
        try (RunFolder folder = RunFolder.replacing(target(), new Limits(100, 2))) {
            folder.write("a", out -> out.write(new byte[60]));
            assertTrue(assertThrows(UsageException.class, () -> folder.write("b", out -> out.write(new byte[60])))
                    .getMessage().contains(
                            "\"b\" would bring this run's output to more than 0.1 KB; --max-output SIZE allows more"));
            folder.write("a", out -> out.write(new byte[90]));
            folder.write("b", out -> out.write(new byte[10]));
            assertTrue(assertThrows(UsageException.class, () -> folder.write("c", out -> {})).getMessage()
                    .contains("file number 3; --max-files N allows more"));
            assertThrows(UsageException.class, () -> folder.budget().print(1));
            assertThrows(UsageException.class, () -> folder.budget().record("r", 1));
            assertThrows(UsageException.class, () -> folder.budget().require("m", 1, 0));
            folder.write("a", out -> out.write(new byte[50]));
            folder.budget().print(20);
            folder.budget().record("r", 10);
            folder.budget().record("r", 20);
            assertThrows(UsageException.class, () -> folder.budget().print(1));
        }
        try (RunFolder folder = RunFolder.replacing(target(), Limits.DEFAULT)) {
            assertTrue(assertThrows(UsageException.class, () -> folder.budget().record("r", 100 << 20)).getMessage()
                    .contains("records to more than 64.0 MB; save large values as a tensor or a table"));
        }
    }
}
