package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.UsageException;

class FileJournalTest {

    private static final List<String> BOUND = List.of("script 1234", "model abcd", "seed 0");

    @TempDir Path folder;

    private Path path() { return folder.resolve("journal"); }

    private void write(int units) {
        try (FileJournal journal = FileJournal.begin(path(), BOUND)) {
            for (int unit = 0; unit < units; unit++) journal.remember("unit " + unit, numbers(unit));
        }
    }

    /** Includes numbers whose bits are easily lost: NaN, -0 and the smallest positive number. */
    private static double[] numbers(int unit) {
        return new double[]{unit + 0.1, Double.NaN, -0.0, Double.MIN_VALUE, unit};
    }

    @Test void whatWasRememberedIsRecalledBitByBit() {
        write(20);
        try (FileJournal journal = FileJournal.resume(path(), BOUND)) {
            for (int unit = 0; unit < 20; unit++) {
                assertArrayEquals(Arrays.stream(numbers(unit)).mapToLong(Double::doubleToRawLongBits).toArray(),
                        Arrays.stream(journal.recall("unit " + unit).orElseThrow())
                                .mapToLong(Double::doubleToRawLongBits).toArray());
            }
            assertTrue(journal.recall("unit 20").isEmpty());
        }
    }

    /** The process can be killed between any two bytes. */
    @Test void cutAnywhereItKeepsTheWholeRecordsAndGoesOnFromThere() throws IOException {
        write(5);
        byte[] whole = Files.readAllBytes(path());
        int most = 0;
        for (int length = 0; length <= whole.length; length++) {
            Files.write(path(), Arrays.copyOf(whole, length));
            int known;
            try (FileJournal journal = FileJournal.resume(path(), BOUND)) {
                known = journal.size();
                for (int unit = 0; unit < known; unit++)
                    assertArrayEquals(numbers(unit), journal.recall("unit " + unit).orElseThrow());
                for (int unit = 0; unit < 5; unit++) journal.remember("unit " + unit, numbers(unit));
            }
            assertArrayEquals(whole, Files.readAllBytes(path()), "cut at " + length);
            assertTrue(known >= most);
            most = known;
        }
        assertEquals(5, most);
    }

    @Test void aDamagedRecordAndWhatFollowsAreForgotten() throws IOException {
        write(5);
        byte[] whole = Files.readAllBytes(path());
        for (int at = 0; at < whole.length; at++) {
            byte[] damaged = whole.clone();
            damaged[at] ^= 0x10;
            Files.write(path(), damaged);
            try (FileJournal journal = FileJournal.resume(path(), BOUND)) {
                assertTrue(journal.size() < 5, "damaged at " + at);
                for (int unit = 0; unit < journal.size(); unit++)
                    assertArrayEquals(numbers(unit), journal.recall("unit " + unit).orElseThrow());
            }
        }
    }

    @Test void whatItIsBoundToMustNotChange() {
        write(1);
        UsageException refusal = assertThrows(UsageException.class,
                () -> FileJournal.resume(path(), List.of("script 9999", "model abcd", "seed 0")));
        assertEquals("cannot resume: the script has changed since the run that was stopped; run it without --resume",
                refusal.getMessage());
        assertTrue(assertThrows(UsageException.class,
                () -> FileJournal.resume(path(), List.of("script 1234", "model abcd", "seed 0", "argument k=v")))
                .getMessage().contains("the argument"));
        try (FileJournal journal = FileJournal.resume(path(), BOUND)) {
            assertEquals(1, journal.size(), "a refusal loses nothing");
        }
    }

    @Test void numbersThatShapeTheWorkStayAsTheyWere() {
        try (FileJournal journal = FileJournal.begin(path(), BOUND)) {
            assertEquals(1 << 30, journal.part("sweep 1").settled("memory", 1 << 30));
        }
        try (FileJournal journal = FileJournal.resume(path(), BOUND)) {
            assertEquals(1 << 30, journal.part("sweep 1").settled("memory", 7));
            assertEquals(7, journal.part("sweep 2").settled("memory", 7));
        }
    }

    @Test void twoRunsCannotWriteToOne() {
        try (FileJournal journal = FileJournal.begin(path(), BOUND)) {
            assertThrows(UsageException.class, () -> FileJournal.begin(path(), BOUND));
        }
    }
}
