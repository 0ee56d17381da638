package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.tensor.Weight;

/**
 * Opens files damaged at random, from a fixed seed: opening either succeeds, and then every weight can be read, or
 * fails with one line that names the problem; it never allocates more than the small files can justify.
 */
class FuzzTest {

    /** Damaged copies of each file; -Dfuzz.rounds=10000 makes more. */
    private static final int ROUNDS = Integer.getInteger("fuzz.rounds", 150);
    private static final long MOST_ALLOCATED = 32 << 20;

    private static final long[] EXTREMES = {-1, 0, 1, Integer.MAX_VALUE, Integer.MIN_VALUE, 1L << 31, 1L << 32,
            1L << 40, 1L << 62, Long.MAX_VALUE, Long.MIN_VALUE};

    @TempDir Path folder;

    @ParameterizedTest
    @ValueSource(strings = {"hf-f32/model.safetensors", "hf-f32/config.json",
            "hf-bf16-shards/model.safetensors.index.json", "f16.gguf", "quantised.gguf",
            "v0-separate.bin", "v1-shared.bin", "meta-bf16/consolidated.00.pth", "meta-zip64/consolidated.00.pth",
            "meta-f16-two-parts/consolidated.01.pth", "bin-f16-one-storage/pytorch_model.bin",
            "bin-bf16-shards/pytorch_model.bin.index.json", "split/f16-00001-of-00003.gguf",
            "split/f16-00002-of-00003.gguf", "mistral-bf16/params.json",
            "meta-bf16/params.json"}) void damageIsReportedAndNothingElseHappens(String name) {
        String root = name.split("/")[0];
        Path checkpoint = Tampered.copy(root, folder), file = folder.resolve(name);
        byte[] good = Tampered.read(file);
        Random random = new Random(name.hashCode());
        int refused = 0;
        for (int round = 0; round < ROUNDS; round++) {
            Tampered.write(file, damaged(good, random));
            if (!opens(checkpoint)) refused++;
        }
        assertTrue(refused > ROUNDS / 10, refused + " of " + ROUNDS + " were refused");
    }

    @ParameterizedTest
    @ValueSource(strings = {"array-f4.npy", "array-fortran.npy", "array-i8.npy"}) void damagedArraysAreReported(
            String name) {
        Path file = Tampered.copy(name, folder);
        byte[] good = Tampered.read(file);
        Random random = new Random(name.hashCode());
        for (int round = 0; round < ROUNDS; round++) {
            Tampered.write(file, damaged(good, random));
            try {
                Npy.read(file);
            } catch (CheckpointException e) {
                assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            }
        }
    }

    private static boolean opens(Path checkpoint) {
        long before = allocated();
        try {
            Checkpoint opened = Checkpoints.open(checkpoint);
            assertTrue(allocated() - before < MOST_ALLOCATED);
            for (String name : opened.weights().names()) {
                Weight weight = opened.weights().get(name);
                weight.get(0, 0);
                weight.get(weight.rows() - 1, weight.columns() - 1);
            }
            return true;
        } catch (CheckpointException e) {
            assertTrue(allocated() - before < MOST_ALLOCATED, e.getMessage());
            assertEquals(1, e.getMessage().lines().count(), e.getMessage());
            return false;
        }
    }

    private static long allocated() {
        return ManagementFactory.getPlatformMXBean(com.sun.management.ThreadMXBean.class)
                .getCurrentThreadAllocatedBytes();
    }

    /**
     * Truncates the file, changes bytes, makes a number extreme or moves a piece, mostly near either end of the file.
     */
    private static byte[] damaged(byte[] good, Random random) {
        byte[] bytes = good.clone();
        ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
        switch (random.nextInt(5)) {
            case 0 -> {
                return Arrays.copyOf(bytes, random.nextInt(bytes.length + 20));
            }
            case 1 -> {
                for (int i = random.nextInt(4); i >= 0; i--) bytes[place(bytes, 1, random)] = (byte) random.nextInt();
            }
            case 2 -> buffer.putInt(place(bytes, 4, random), (int) EXTREMES[random.nextInt(EXTREMES.length)]);
            case 3 -> buffer.putLong(place(bytes, 8, random), EXTREMES[random.nextInt(EXTREMES.length)]);
            default -> {
                int length = 1 + random.nextInt(Math.min(64, bytes.length - 1));
                System.arraycopy(good, place(bytes, length, random), bytes, place(bytes, length, random), length);
            }
        }
        return bytes;
    }

    /** Draws a position; headers are at the start of most formats and at the end of a zip archive. */
    private static int place(byte[] bytes, int length, Random random) {
        int within = bytes.length - length + 1, near = Math.min(within, 1 + random.nextInt(3000));
        int at = random.nextInt(near);
        return random.nextInt(3) == 0 ? within - 1 - at : at;
    }
}
