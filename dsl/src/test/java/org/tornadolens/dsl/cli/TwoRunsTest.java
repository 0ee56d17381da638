package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Exit;

/** Two runs of one folder, one of which may have been killed. */
@Timeout(value = 300, unit = TimeUnit.SECONDS) class TwoRunsTest {

    private static final String ENDLESS = """
            import { table } from "lens";
            table([{ a: 1 }]).save("first");
            table([{ a: 1 }]).save("WRITABLE/shared");
            for (;;) {}
            """;

    @TempDir Path folder;

    private Path script(String name, String text) throws IOException {
        return Files.writeString(folder.resolve(name), text);
    }

    private List<String> beside() throws IOException {
        try (Stream<Path> all = Files.list(folder)) {
            return all.map(path -> path.getFileName().toString()).sorted().toList();
        }
    }

    /** Waits until a file is there whose path, relative to the folder, matches a glob. */
    private void await(LensProcess lens, String glob) throws Exception {
        while (true) {
            try (Stream<Path> all = Files.walk(folder)) {
                if (all.anyMatch(file -> FileSystems.getDefault().getPathMatcher("glob:" + glob)
                        .matches(folder.relativize(file))))
                    return;
            } catch (UncheckedIOException e) {
                // a file was removed meanwhile
            }
            assertTrue(lens.process().isAlive(), lens.printed());
            Thread.sleep(20);
        }
    }

    @Test void aTerminatedOneKeepsWhatItSavedAndLeavesNothingElse() throws Exception {
        Path script = script("endless.js", ENDLESS.replace("table([{ a: 1 }]).save(\"WRITABLE/shared\");", ""));
        LensProcess running =
                LensProcess.start(folder.resolve("printed"), List.of(), "run", script, "--out", folder.resolve("out"));
        await(running, ".out.*/first.csv");
        running.process().destroy();
        assertEquals(128 + 15, running.exit(), running.printed());
        assertTrue(Files.exists(folder.resolve("out.failed/first.csv")), running.printed());
        assertEquals(List.of("endless.js", "out.failed", "printed"), beside());
    }

    @Test void theSecondIsRefusedAndNothingOfAKilledOneIsDelivered() throws Exception {
        Path out = folder.resolve("out"), writable = Files.createDirectory(folder.resolve("writable"));
        Path first = script("first.js", ENDLESS.replace("WRITABLE", writable.toString())),
                second = script("second.js", "import { table } from 'lens'; table([{ b: 2 }]).save('second');");
        LensProcess running = LensProcess.start(folder.resolve("printed"), List.of(), "run", first, "--out", out,
                "--allow-write", writable);
        await(running, "writable/shared.csv");

        Lens.Result refused = Lens.run("run", second, "--out", out);
        assertEquals(Exit.USAGE, refused.exit());
        assertTrue(refused.err().startsWith("lens run: " + out + " is in use by process " + running.process().pid()
                + " on "), refused.err());
        assertTrue(running.process().isAlive());

        running.kill();
        assertTrue(beside().stream().anyMatch(name -> name.endsWith(".tmp")), "the killed run leaves its files");
        Lens.Result done = Lens.run("run", second, "--out", out);
        assertEquals(Exit.DONE, done.exit(), done.err());
        assertEquals(List.of("first.js", "out", "printed", "second.js", "writable"), beside());
        assertTrue(Files.exists(out.resolve("second.csv")));
        assertFalse(Files.exists(out.resolve("first.csv")), "nothing of the killed run is delivered");
    }

    /** Both are process 1 where each sees only itself, as in a container. */
    @Test void processesThatDoNotSeeEachOtherAreToldApart() throws Exception {
        Path out = folder.resolve("out"), wrapper = script("alone.sh", "#!/bin/sh\nexec unshare --user --map-root-user "
                + "--pid --fork --mount-proc \"$@\"\n");
        boolean possible = System.getProperty("os.name").equals("Linux")
                && new ProcessBuilder("sh", wrapper.toString(), "true").start().waitFor() == 0;
        if (!possible) {
            System.err.println("TwoRunsTest: this machine lets no process have a namespace of process ids of its own");
            return;
        }
        Path writable = Files.createDirectory(folder.resolve("writable"));
        Path first = script("first.js", ENDLESS.replace("WRITABLE", writable.toString()));
        Object[] arguments = {"run", first, "--out", out, "--allow-write", writable};
        LensProcess running = LensProcess.in(List.of("sh", wrapper.toString()), folder.resolve("one"), List.of(),
                arguments);
        await(running, "writable/shared.csv");
        LensProcess other = LensProcess.in(List.of("sh", wrapper.toString()), folder.resolve("two"), List.of(),
                arguments);
        assertEquals(Exit.USAGE.code(), other.exit(), other.printed());
        assertTrue(other.printed().contains(" is in use by process 1 on "), other.printed());
        running.process().descendants().forEach(ProcessHandle::destroyForcibly);
        running.kill();
    }

    private static final String TRAINING = """
            import { args, print, train } from "lens";
            const data = (rng, batch) => Array.from({ length: batch }, () => Array(8).fill(Number(args.k)));
            const config = { nLayers: 1, nHeads: 2, dModel: 16, dVocab: 12 };
            const first = train({ config, steps: 40, batch: 4, data, checkpoint: { steps: 10 } });
            if (args.stop) for (;;) {}
            const model = train({ model: first, steps: 60, batch: 4, data, checkpoint: { steps: 10 } });
            model.save("model");
            """;

    @Test void aKilledTrainingGoesOnOnlyIfItIsAskedToAndNothingHasChanged() throws Exception {
        Path script = script("train.js", TRAINING), whole = folder.resolve("whole"), out = folder.resolve("new/out");
        assertEquals(Exit.DONE, Lens.run("run", script, "--out", whole, "--arg", "k=5").exit());
        LensProcess running = LensProcess.start(folder.resolve("printed"), List.of(), "run", script, "--out", out,
                "--arg", "k=5", "--arg", "stop=1");
        Path checkpoint = folder.resolve("new/.out.model.training.safetensors");
        await(running, "new/.out.model.training.safetensors");
        Thread.sleep(500);
        running.kill();

        Lens.Result other = Lens.run("run", script, "--out", out, "--arg", "k=9", "--arg", "stop=1", "--resume");
        assertEquals(Exit.SCRIPT_THREW, other.exit());
        assertTrue(other.err().contains("cannot resume the training: the argument k="), other.err());
        Files.writeString(script, TRAINING.replace("const model =", "const model  ="));
        assertTrue(Lens.run("run", script, "--out", out, "--arg", "k=5", "--arg", "stop=1", "--resume").err()
                .contains("cannot resume the training: the script has changed"));
        byte[] kept = Files.readAllBytes(checkpoint), damaged = kept.clone();
        damaged[damaged.length - 2000] ^= 1;
        Files.write(checkpoint, damaged);
        Files.writeString(script, TRAINING);
        assertTrue(Lens.run("run", script, "--out", out, "--arg", "k=5", "--arg", "stop=1", "--resume").err()
                .contains("is damaged: its checksum does not match"));
        Files.write(checkpoint, kept);

        Lens.Result again = Lens.run("run", script, "--out", out, "--arg", "k=5");
        assertEquals(Exit.DONE, again.exit(), again.err());
        assertTrue(again.err().contains("warning: the training starts again; --resume would continue"), again.err());
        assertArrayEquals(Files.readAllBytes(whole.resolve("model/model.safetensors")),
                Files.readAllBytes(out.resolve("model/model.safetensors")));
        assertFalse(Files.exists(checkpoint), "a run that is done needs no checkpoint");
    }

    private static final String SWEEP = """
            import { ablate, add, heads, load, loadTensor, metric, resid, sweep } from "lens";
            const vector = loadTensor("v.npy");
            const model = load().with(add(resid(1).post, vector));
            const options = { over: heads(), apply: h => ablate(h, { with: "zero" }), metric: metric.loss() };
            sweep(model, "Mary and John went to the store", options).save("first.npy");
            const later = loadTensor("w.npy");
            sweep(load().with(add(resid(1).post, later)), "Mary and John went", options).save("second.npy");
            throw new Error("stopped");
            """;

    @Test void aSweepIsResumedOnlyIfTheFilesThatItReadAreTheSame() throws Exception {
        Path script = script("sweep.js", SWEEP), out = folder.resolve("out"), whole = folder.resolve("whole");
        script("vectors.js", """
                import { load, tensor } from "lens";
                const n = load().config.dModel;
                for (const [name, value] of [["v", 0.1], ["w", 0.2], ["x", 2]])
                  tensor(Array(n).fill(value), ["dModel"]).save(name + ".npy");
                """);
        assertEquals(Exit.DONE, Lens.run("run", folder.resolve("vectors.js"), "--out", folder.resolve("v")).exit());
        for (String name : List.of("v", "w"))
            Files.copy(folder.resolve("v/" + name + ".npy"), folder.resolve(name + ".npy"));
        assertEquals(Exit.SCRIPT_THREW, Lens.run("run", script, "--out", out).exit());
        byte[] second = Files.readAllBytes(folder.resolve("out.failed/second.npy"));

        // a file that was read after the first sweep: its cells are computed again
        Files.write(folder.resolve("w.npy"), Files.readAllBytes(folder.resolve("v/x.npy")));
        Lens.Result resumed = Lens.run("run", script, "--out", out, "--resume");
        Lens.Result fresh = Lens.run("run", script, "--out", whole);
        assertEquals(Exit.SCRIPT_THREW, resumed.exit());
        assertEquals(Exit.SCRIPT_THREW, fresh.exit());
        for (String name : List.of("first.npy", "second.npy"))
            assertArrayEquals(Files.readAllBytes(folder.resolve("whole.failed/" + name)),
                    Files.readAllBytes(folder.resolve("out.failed/" + name)), name);
        assertFalse(Arrays.equals(second, Files.readAllBytes(folder.resolve("out.failed/second.npy"))));

        // one that was read before it
        Files.write(folder.resolve("v.npy"), Files.readAllBytes(folder.resolve("v/x.npy")));
        String refused = Lens.run("run", script, "--out", out, "--resume").err();
        assertTrue(refused.contains("cannot resume: the file " + folder.toRealPath().resolve("v.npy")
                + " has changed"), refused);
    }
}
