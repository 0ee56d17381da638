package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.OptionalLong;
import java.util.concurrent.CancellationException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.testing.GoldenModels;

/** A sweep that was stopped and resumed gives the same bits. */
class ResumeTest {

    private static final Metric METRIC = new Metric.LogitDifference(List.of(7), List.of(9), -1);
    private static final List<String> BOUND = List.of("script 1234");

    @TempDir Path folder;

    private final Model model = GoldenModels.open("grouped-query");
    private final Tokens tokens = Small.tokens(model, 1, 9, 7);

    private List<List<Intervention>> cells() {
        List<List<Intervention>> cells = new ArrayList<>();
        for (int layer = 0; layer < model.configuration().nLayers(); layer++) {
            for (int pos = 0; pos < 7; pos++)
                cells.add(List.of(
                        new Intervention.AblateZero(Site.of("blocks." + layer + ".hook_resid_mid").at(List.of(pos)))));
        }
        return cells;
    }

    private double[][] sweep(Journal journal, long memory, Progress progress) {
        return Sweep.of(model, tokens, cells(), METRIC, new Sweep.Settings(OptionalLong.of(memory), journal, progress))
                .run().cells();
    }

    private static Progress stoppingAt(long cell) {
        return (done, all) -> { if (done >= cell) throw new CancellationException(); };
    }

    @Test void stoppedAfterAnyBatchASweepGoesOnToTheSameBits() {
        double[][] whole = sweep(Journal.NONE, 1, Progress.NONE);
        for (int stop = 1; stop <= cells().size(); stop += 3) {
            Path file = folder.resolve("journal " + stop);
            int after = stop;
            try (FileJournal journal = FileJournal.begin(file, BOUND)) {
                assertThrows(CancellationException.class, () -> sweep(journal, 1, stoppingAt(after)));
            }
            try (FileJournal journal = FileJournal.resume(file, BOUND)) {
                assertTrue(journal.size() > 1);
                // another memory budget would give other batches, so the journal keeps that of the first run
                double[][] resumed = sweep(journal, 1L << 30, Progress.NONE);
                assertTrue(Arrays.deepEquals(whole, resumed), () -> "stopped after " + after + ": "
                        + Arrays.deepToString(resumed) + " not " + Arrays.deepToString(whole));
            }
        }
    }

    @Test void pathsThatWereDoneAreNotPatchedAgain() {
        Pair pair = new Pair(tokens, Small.corrupted(tokens, 1));
        List<Sender> senders = new ArrayList<>();
        for (int head = 0; head < model.configuration().nHeads(); head++)
            senders.add(new Sender.Head(new Head(0, head)));
        PathPatching.Request request = new PathPatching.Request(pair, new Measure.Declared(METRIC), senders,
                List.of(new Receiver.Input(new Head(1, 0), Receiver.Kind.Q)), false);
        double[] whole = PathPatching.of(model, request, Sweep.Settings.DEFAULT).values();
        Path file = folder.resolve("journal");
        try (FileJournal journal = FileJournal.begin(file, BOUND)) {
            assertThrows(CancellationException.class, () -> PathPatching.of(model, request,
                    new Sweep.Settings(OptionalLong.empty(), journal, stoppingAt(1))));
        }
        try (FileJournal journal = FileJournal.resume(file, BOUND)) {
            int size = journal.size();
            assertArrayEquals(whole, PathPatching
                    .of(model, request, new Sweep.Settings(OptionalLong.empty(), journal, Progress.NONE)).values());
            assertTrue(journal.size() == size, "nothing was left to do");
        }
    }

    private interface Work<T> { T done(Sweep.Settings settings); }

    /** Work that is stopped after every few steps and resumed each time gives the result of an uninterrupted run. */
    private <T> void stoppedAgainAndAgain(String name, Work<T> work) {
        T whole = work.done(Sweep.Settings.DEFAULT);
        Path file = folder.resolve(name);
        FileJournal.begin(file, BOUND).close();
        int known = 0;
        for (int stop = 1;; stop += 2) {
            try (FileJournal journal = FileJournal.resume(file, BOUND)) {
                T resumed = work.done(new Sweep.Settings(OptionalLong.empty(), journal, stoppingAt(stop)));
                assertTrue(stop > 1 && known > 0, name + " was never stopped");
                assertEquals(whole, resumed);
                return;
            } catch (CancellationException stopped) {
                try (FileJournal journal = FileJournal.resume(file, BOUND)) {
                    assertTrue(journal.size() >= known && journal.size() > 0,
                            name + " stopped at " + stop + " had got nowhere");
                    known = journal.size();
                }
            }
        }
    }

    @Test void circuitsAreFoundAndEvaluatedInSeveralGoes() {
        Pair pair = new Pair(tokens, Small.corrupted(tokens, 1));
        Measure measure = new Measure.Declared(METRIC);
        Circuit circuit = EdgeDiscovery.of(model, "found",
                new EdgeDiscovery.Request(pair, METRIC, 0.05, Ablation.Kind.RESAMPLE), Sweep.Settings.DEFAULT);
        stoppedAgainAndAgain("nodes", settings -> CircuitDiscovery.of(model, "found",
                new CircuitDiscovery.Request(pair, measure, 0.1, Ablation.Kind.MEAN, true), settings));
        stoppedAgainAndAgain("edges", settings -> EdgeDiscovery.of(model, "found",
                new EdgeDiscovery.Request(pair, METRIC, 0.05, Ablation.Kind.RESAMPLE), settings));
        stoppedAgainAndAgain("by edge", settings -> CircuitEvaluation
                .ofEdges(model, circuit, pair, METRIC, Ablation.Kind.RESAMPLE, settings).minimality());
    }
}
