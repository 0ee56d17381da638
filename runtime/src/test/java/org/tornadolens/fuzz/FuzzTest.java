package org.tornadolens.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A few seconds of every kind of file. {@code -Dfuzz.headers=1000000 -Dfuzz.files=20000} runs more, over all targets
 * together; {@code -Dfuzz.seed} draws others; {@code -Dfuzz.only} and {@code -Dfuzz.case} make one again.
 * docs/security.md has the figures of a long run.
 */
class FuzzTest {

    private static final long SEED = Long.getLong("fuzz.seed", 1), HEADERS = Long.getLong("fuzz.headers", 2_800),
            FILES = Long.getLong("fuzz.files", 140), CASE = Long.getLong("fuzz.case", -1);
    private static final int FEW = 20;      // libraries and pipes to the process of the tokenizers
    private static final String ONLY = System.getProperty("fuzz.only", "");

    @TempDir Path folder;

    static List<Target> targets() {
        List<Target> targets = new ArrayList<>();
        targets.addAll(List.of(new MadeGguf(), new MadeMeta(), new MadeSafetensors(), new MadeNpy(),
                new MadeSentencePiece("small"), new MadeSentencePiece("rewriting"), new MadeSentencePiece(""),
                new MadeTokenizerJson("llama2"), new MadeTokenizerJson("gpt2"), new MadeTokenizerJson(""),
                new MadeTemplate(), new DamagedJournal()));
        Stream.of("hf-f32/model.safetensors", "hf-f32/config.json", "hf-bf16-shards/model.safetensors.index.json",
                "f16.gguf", "quantised.gguf", "v0-separate.bin", "v1-shared.bin", "meta-bf16/consolidated.00.pth",
                "meta-zip64/consolidated.00.pth", "meta-f16-two-parts/consolidated.01.pth",
                "bin-f16-one-storage/pytorch_model.bin", "bin-bf16-shards/pytorch_model.bin.index.json",
                "split/f16-00001-of-00003.gguf", "split/f16-00002-of-00003.gguf", "mistral-bf16/params.json",
                "meta-bf16/params.json").map(Damaged::of).forEach(targets::add);
        return targets.stream().filter(target -> ONLY.isEmpty() || target.name().equals(ONLY)).toList();
    }

    @Test void everyFileOpensOrIsRefusedInOneLine() throws IOException, InterruptedException {
        List<AssertionError> failures = new ArrayList<>();   // the first of each target
        List<Target> targets = targets();
        new Fuzzer(targets.getFirst(), folder.resolve("fuzz-first"), SEED).run(0, 2, true);   // loads what stays open
        long before = Fuzzer.handles(0);
        for (int i = 0; i < targets.size(); i++) {
            Target target = targets.get(i);
            Fuzzer headers = new Fuzzer(target, folder.resolve("fuzz" + i + "h"), SEED),
                    files = new Fuzzer(target, folder.resolve("fuzz" + i + "f"), SEED + 1);
            if (CASE >= 0) {
                headers.run(CASE, 1, false);
                files.run(CASE, 1, true);
                continue;
            }
            try {
                headers.run(0, HEADERS / targets.size(), false);
                files.run(0, FILES / targets.size(), true);
            } catch (AssertionError e) {
                failures.add(e);
            }
            if (!Boolean.getBoolean("fuzz.report")) continue;
            System.out.println("opened  " + headers.report());
            System.out.println("used    " + files.report());
        }
        if (!failures.isEmpty()) throw failures.getFirst();
        long after = Fuzzer.handles(before + FEW);
        assertTrue(after <= before + FEW, before + " files were open or mapped after the first, and " + after
                + " after the last");
    }
}
