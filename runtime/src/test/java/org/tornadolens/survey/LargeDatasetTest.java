package org.tornadolens.survey;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.BufferedWriter;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dataset.Dataset;
import org.tornadolens.dataset.DatasetOptions;
import org.tornadolens.dataset.Row;
import org.tornadolens.dataset.Rows;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Model;

/** A file of 200 MB is read and surveyed by a process whose heap is a quarter of that, shuffled and packed. */
class LargeDatasetTest {

    private static final long BYTES = 200L << 20;
    private static final String STORY = "Once upon a time, a girl named Lily saw a big red ball in the park. ";

    @TempDir Path folder;

    @Test void twoHundredMegabytesAreReadInASmallHeap() throws IOException, InterruptedException {
        Path file = folder.resolve("large.jsonl");
        long lines = write(file);
        Path log = folder.resolve("log");
        Process child =
                new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-Xmx48m",
                        "-XX:MaxDirectMemorySize=96m", "--add-modules", "jdk.incubator.vector",
                        "--enable-native-access=ALL-UNNAMED", "-cp", System.getProperty("java.class.path"),
                        LargeDatasetTest.class.getName(), file.toString()).redirectErrorStream(true)
                        .redirectOutput(log.toFile())
                        .start();
        assertTrue(child.waitFor(300, TimeUnit.SECONDS), "it ends");
        String said = Files.readString(log);
        assertEquals(0, child.exitValue(), said);
        assertTrue(said.contains("documents " + lines), said);
        assertTrue(said.contains("surveyed 1200 rows"), said);
    }

    /** Most of a line is metadata that is passed over, as in files from the web. */
    private static long write(Path file) throws IOException {
        String metadata = "\"url\": \"" + "https://example.org/".repeat(60) + "\", \"scores\": [" + "0.25, ".repeat(120)
                + "1]";
        long bytes = 0, lines = 0;
        try (BufferedWriter out = Files.newBufferedWriter(file, StandardCharsets.UTF_8)) {
            while (bytes < BYTES) {
                String line = "{" + metadata + ", \"text\": \"" + lines + " " + STORY + "\"}\n";
                out.write(line);
                bytes += line.length();
                lines++;
            }
        }
        return lines;
    }

    public static void main(String[] arguments) {
        Model model = Model.open(Path.of("../models/bundled"));
        Dataset data = Dataset.of(Path.of(arguments[0]), DatasetOptions.DEFAULT.packed(64).shuffle(10_000, 1));
        try (Rows rows = data.rows(model)) {
            long tokens = 0;
            for (Optional<Row> row; (row = rows.next()).isPresent();) tokens += row.get().ids().length;
            System.out.println("documents " + rows.documents() + ", tokens " + tokens);
        }
        Dataset some = new Dataset(data.source(), data.options().limit(1200));
        Survey.Result result = Survey.of(model, some, Map.of("mean", new Collector.Mean(
                List.of(Site.of("blocks.*.mlp.hook_post")), Reading.COORDINATES, false), "loss", new Collector.Loss()),
                Survey.Settings.DEFAULT).run();
        System.out.println("surveyed " + result.rows() + " rows, loss " + result.found().get("loss").loss().mean());
        for (MemoryPoolMXBean pool : ManagementFactory.getMemoryPoolMXBeans())
            if (pool.getType() == MemoryType.HEAP)
                System.out.println(pool.getName() + " " + (pool.getPeakUsage().getUsed() >> 20) + " MB");
    }
}
