package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Exit;

/** The next process continues from what a killed one has computed, wherever it was killed. */
class ResumeTest {

    private static final String SCRIPT =
            """
                    import { ablate, circuit, head, load, metric, mlp, patching, sweep } from "lens";
                    const model = load();
                    const clean = "Mary and John went to the store, John gave a drink to";
                    const corrupted = "Mary and John went to the store, Mary gave a drink to";
                    const pair = { clean, corrupted, metric: metric.logitDiff({ correct: " Mary", wrong: " John" }) };
                    circuit.discover(model, { ...pair, by: "edge", threshold: 0.02 }).save("edges");
                    circuit.discover(model, { ...pair, mlps: true, threshold: 0.2 }).save("nodes");
                    patching.path(model, { ...pair, receivers: [head("3.2").v, "logits"] }).save("paths.npy");
                    const without = ({ layer, neuron }) => ablate(mlp(layer).post.neurons(neuron), { with: "zero" });
                    const over = { layer: 2, neuron: 200 };
                    sweep(model, clean, { over, apply: without, metric: pair.metric }).save("neurons.npy");
                    const by = ["layer", "head", "dest"];
                    patching.activation(model, { ...pair, site: "pattern", by }).save("pattern.npy");
                    """;

    /** Journal sizes at which the process is killed: while edges are cut, and later while neurons are swept. */
    private static final int[] KILLED_AT = {3_000, 19_000};

    @TempDir Path folder;

    @Test
    @Timeout(value = 600, unit = TimeUnit.SECONDS) void killedAgainAndAgainItComesToTheSameBytes() throws Exception {
        Path script = Files.writeString(folder.resolve("script.js"), SCRIPT), whole = folder.resolve("whole"),
                resumed = folder.resolve("resumed"), journal = folder.resolve(".resumed.journal");
        assertEquals(Exit.DONE, Lens.run("run", script, "--out", whole).exit());
        for (int size : KILLED_AT) {
            Process process = LensProcess.start(folder.resolve("printed"), List.of(), "run", script, "--out", resumed,
                    "--resume").process();
            while (process.isAlive() && size(journal) < size) Thread.sleep(1);
            process.destroyForcibly();
            assertEquals(128 + 9, process.waitFor(), "killed with a journal of " + size(journal) + " bytes");
            assertFalse(Files.exists(resumed), "nothing is delivered by halves");
        }
        Lens.Result last = Lens.run("run", script, "--out", resumed, "--resume");
        assertEquals(Exit.DONE, last.exit(), last.err());
        assertFalse(Files.exists(journal));
        for (String file : List.of("edges.json", "nodes.json", "paths.npy", "neurons.npy", "pattern.npy")) {
            assertArrayEquals(Files.readAllBytes(whole.resolve(file)), Files.readAllBytes(resumed.resolve(file)), file);
        }
    }

    private static long size(Path file) throws IOException { return Files.exists(file) ? Files.size(file) : 0; }
}
