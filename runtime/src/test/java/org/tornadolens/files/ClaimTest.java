package org.tornadolens.files;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.UsageException;

@Timeout(value = 120, unit = TimeUnit.SECONDS) class ClaimTest {

    private static final int PROCESSES = 5;

    @TempDir Path folder;

    /** Claims a target as soon as a file says so, and holds it until another one does. */
    static final class Claims {
        public static void main(String[] arguments) throws Exception {
            Path folder = Path.of(arguments[0]), own = folder.resolve(arguments[1]);
            Files.writeString(own, "ready");
            while (!Files.exists(folder.resolve("go"))) Thread.onSpinWait();
            try (Claim claim = Claim.of(folder.resolve("target"), Duration.ZERO, "wait")) {
                Files.createDirectory(claim.sibling(Claim.TEMPORARY));
                Files.writeString(own, "claimed");
                while (!Files.exists(folder.resolve("end"))) Thread.sleep(10);
            } catch (UsageException e) {
                Files.writeString(own, e.getMessage());
            }
        }
    }

    private Process claims(String name) throws IOException {
        return new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-cp",
                System.getProperty("java.class.path"), Claims.class.getName(), folder.toString(), name).inheritIO()
                .start();
    }

    private List<String> said() throws IOException {
        List<String> said = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++)
            said.add(Files.exists(folder.resolve("p" + i)) ? Files.readString(folder.resolve("p" + i)) : "");
        return said;
    }

    private List<String> hidden() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(file -> file.getFileName().toString()).filter(name -> name.startsWith(".")).toList();
        }
    }

    @Test void oneOfManyThatStartAtOnceClaimsAndTheOthersAreTold() throws Exception {
        List<Process> processes = new ArrayList<>();
        for (int i = 0; i < PROCESSES; i++) processes.add(claims("p" + i));
        while (!said().stream().allMatch("ready"::equals)) Thread.sleep(20);
        Files.createFile(folder.resolve("go"));
        while (said().stream().anyMatch(text -> text.equals("ready") || text.isEmpty())) Thread.sleep(20);
        List<String> said = said();
        Files.createFile(folder.resolve("end"));
        for (Process process : processes) assertEquals(0, process.waitFor());
        assertEquals(1, said.stream().filter("claimed"::equals).count(), said.toString());
        String owner = " is in use by process " + processes.get(said.indexOf("claimed")).pid() + " on ";
        assertEquals(PROCESSES - 1, said.stream().filter(text -> text.contains(owner)).count(), said.toString());
        assertEquals(List.of(), hidden());
    }

    @Test void whatAKilledOwnerLeftIsRemovedByTheNext() throws Exception {
        Files.createFile(folder.resolve("go"));
        Process owner = claims("p0");
        while (!Files.exists(folder.resolve("p0")) || !Files.readString(folder.resolve("p0")).equals("claimed"))
            Thread.sleep(20);
        assertThrows(UsageException.class, () -> Claim.of(folder.resolve("target"), Duration.ZERO, "wait"));
        owner.destroyForcibly().waitFor();
        assertEquals(2, hidden().size(), "the lock file and the unfinished folder");
        Claim.of(folder.resolve("another"), Duration.ZERO, "wait").close();
        assertEquals(List.of(), hidden(), "also when it claims something else beside it");
        Claim.of(folder.resolve("target"), Duration.ZERO, "wait").close();
    }

    @Test void aWaitingOwnerGetsItsTurn() throws Exception {
        Claim first = Claim.of(folder.resolve("target"), Duration.ZERO, "wait");
        Thread later = Thread.startVirtualThread(() -> {
            try {
                Thread.sleep(200);
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            first.close();
        });
        Claim.of(folder.resolve("target"), Duration.ofSeconds(60), "wait").close();
        later.join();
        assertEquals(List.of(), hidden());
    }

    @Test void aTemporaryFolderIsOursAloneAndGoneAfterwards() throws IOException {
        Path path;
        try (TemporaryFolder one = TemporaryFolder.in(folder); TemporaryFolder two = TemporaryFolder.in(folder)) {
            path = one.path();
            Files.writeString(path.resolve("a"), "");
            assertTrue(Files.isDirectory(path) && !path.equals(two.path()));
            if (Files.getFileStore(folder).supportsFileAttributeView("posix"))
                assertEquals("rwx------",
                        PosixFilePermissions.toString(Files.getPosixFilePermissions(path)));
        }
        assertFalse(Files.exists(path));
        assertEquals(List.of(), hidden());
    }
}
