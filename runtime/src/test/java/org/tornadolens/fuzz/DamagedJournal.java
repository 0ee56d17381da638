package org.tornadolens.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import org.tornadolens.UsageException;
import org.tornadolens.patching.FileJournal;

/** A sweep's journal: what is damaged is calculated again, and no number is another than was written. */
final class DamagedJournal implements Target {

    private static final List<String> BOUND = List.of("script 3b7a", "model 99", "version 1");

    @Override public String name() { return "journal"; }

    private static double[] numbers(int unit) {
        double[] numbers = new double[1 + unit % 5];
        Arrays.setAll(numbers, i -> unit + i / 8.0);
        return numbers;
    }

    @Override public void prepare(Path folder) {
        try (FileJournal journal = FileJournal.begin(folder.resolve("sound"), BOUND)) {
            for (int unit = 0; unit < 40; unit++) journal.remember("unit " + unit, numbers(unit));
        }
    }

    @Override public Path write(Random random, Path folder) throws IOException {
        return Files.write(folder.resolve("journal"),
                Damage.of(Files.readAllBytes(folder.resolve("sound")), random));
    }

    @Override public void open(Path file) {
        try (FileJournal journal = FileJournal.resume(file, BOUND)) {
            for (int unit = 0; unit < 40; unit++) {
                Optional<double[]> known = journal.recall("unit " + unit);
                if (known.isPresent() && !Arrays.equals(known.get(), numbers(unit)))
                    throw new AssertionError("unit " + unit + " is " + Arrays.toString(known.get()));
            }
            journal.remember("one more", new double[]{1});
        } catch (UsageException e) {
            Fuzzer.requireOneLine(e);   // bound to something else
        }
    }
}
