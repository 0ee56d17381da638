package org.tornadolens.bench;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.stream.IntStream;
import org.tornadolens.backend.cpu.attention.Attention;
import org.tornadolens.backend.cpu.attention.AttentionSizes;
import org.tornadolens.backend.cpu.attention.FusedAttention;
import org.tornadolens.backend.cpu.product.MatrixProduct;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;

/**
 * Times the CPU kernels relative to the limits of the machine, measured in the same run. The lower bound for a product
 * is the larger of two times: its multiply-adds at the measured peak, and its weight bytes at the measured read
 * bandwidth. Arguments select types ({@code F16}), sizes ({@code 768x768}), rows ({@code m=15}), or {@code attention}.
 */
public final class KernelBench {

    private static final int ROUNDS = 7;
    private static final long ROUND_NANOS = 40_000_000;
    /** Memory over which weights are read cyclically, larger than the caches, as in a forward pass. */
    private static final long FOOTPRINT = 640L << 20;

    private final double flops = MachinePeak.flops(30);
    private final double bandwidth = MachinePeak.readBandwidth(8);
    private final SplittableRandom random = new SplittableRandom(1);

    private KernelBench() {}

    public static void main(String... arguments) {
        List<String> wanted = List.of(arguments);
        KernelBench bench = new KernelBench();
        System.out.printf("peak %.0f GFLOP/s, reads %.1f GB/s%n", bench.flops / 1e9, bench.bandwidth / 1e9);
        if (wanted.isEmpty() || wanted.contains("attention")) bench.attention();
        if (!wanted.contains("attention")) bench.products(wanted);
    }

    private void products(List<String> wanted) {
        System.out.printf("%-6s %-11s %5s %10s %12s %8s %8s %14s%n", "type", "weight", "m", "µs", "GFLOP/s", "of peak",
                "of reads", "of the larger");
        for (DType type : choose(wanted, List.of(DType.values()))) {
            for (String size : choose(wanted, List.of("768x768", "2048x768", "32000x768", "768x2048"))) {
                int rows = Integer.parseInt(size.split("x")[0]), columns = Integer.parseInt(size.split("x")[1]);
                try (Arena arena = Arena.ofShared()) {
                    List<Weight> weights = weights(arena, type, rows, columns);
                    for (String m : choose(wanted,
                            List.of("m=1", "m=2", "m=4", "m=8", "m=12", "m=15", "m=16", "m=32", "m=64", "m=512"))) {
                        product(arena, weights, Integer.parseInt(m.substring(2)));
                    }
                }
            }
        }
    }

    private static <T> List<T> choose(List<String> wanted, List<T> all) {
        List<T> chosen = all.stream().filter(item -> wanted.contains(item.toString())).toList();
        return chosen.isEmpty() ? all : chosen;
    }

    private List<Weight> weights(Arena arena, DType type, int rows, int columns) {
        long bytes = rows * type.bytes(columns);
        List<Weight> weights = new ArrayList<>();
        for (long total = 0; total < FOOTPRINT; total += bytes) {
            MemorySegment data = arena.allocate(bytes, 64);
            for (long i = 0; i + 8 <= bytes; i += 8) {
                // exponents of f16, bf16 and f32 numbers all stay moderate
                data.set(ValueLayout.JAVA_LONG_UNALIGNED, i,
                        random.nextLong() & 0xbfffbfffbfffbfffL & ~0x0400040004000400L | 0x3000300030003000L);
            }
            weights.add(new Weight(type + " weight", type, rows, columns, data));
        }
        return weights;
    }

    private void product(Arena arena, List<Weight> weights, int m) {
        Weight first = weights.getFirst();
        MemorySegment x = floats(arena, (long) m * first.columns()), out = arena.allocate(4L * m * first.rows(), 64);
        int[] next = {0};
        double seconds = best(() -> {
            MatrixProduct.multiply(x, m, weights.get(next[0]), out);
            next[0] = (next[0] + 1) % weights.size();
        });
        double operations = 2.0 * m * first.elements();
        double computing = operations / flops, reading = first.data().byteSize() / bandwidth;
        System.out.printf("%-6s %-11s %5d %10.1f %12.1f %8.2f %8.2f %14.2f%n", first.type(),
                first.rows() + "x" + first.columns(), m,
                seconds * 1e6, operations / seconds / 1e9, computing / seconds, reading / seconds,
                Math.max(computing, reading) / seconds);
    }

    private void attention() {
        System.out.printf("%-64s %10s %8s %8s%n", "attention", "µs", "of peak", "of reads");
        for (AttentionSizes sizes : List.of(
                new AttentionSizes(1, 512, 512, 12, 12, 64), new AttentionSizes(1, 512, 512, 12, 4, 64),
                new AttentionSizes(16, 64, 64, 12, 12, 64), new AttentionSizes(64, 15, 15, 12, 12, 64),
                new AttentionSizes(1, 1, 512, 12, 12, 64), new AttentionSizes(1, 1, 4096, 32, 8, 128),
                new AttentionSizes(1, 2048, 2048, 4, 4, 128),
                new AttentionSizes(1, 2048, 2048, 4, 4, 128, 2048L * 4 * 128, new int[1], 256),
                new AttentionSizes(1, 1, 4096, 32, 8, 128, 4096L * 8 * 128, new int[1], 256))) {
            try (Arena arena = Arena.ofShared()) {
                MemorySegment q = floats(arena, (long) sizes.batch() * sizes.pos() * sizes.heads() * sizes.dHead());
                MemorySegment k = floats(arena, sizes.batch() * sizes.batchStride()),
                        v = floats(arena, sizes.batch() * sizes.batchStride());
                MemorySegment z = arena.allocate(q.byteSize(), 64);
                MemorySegment pattern =
                        arena.allocate(4L * sizes.batch() * sizes.heads() * sizes.pos() * sizes.key(), 64);
                double pairs = (double) sizes.batch() * sizes.heads() * seen(sizes);
                double all = (double) sizes.batch() * sizes.heads() * sizes.pos() * sizes.key();
                report(sizes, "fused", best(() -> FusedAttention.attend(q, k, v, sizes, z)), 4 * pairs * sizes.dHead(),
                        k.byteSize() * 2);
                report(sizes, "scores", best(() -> Attention.scores(q, k, sizes, pattern)), 2 * pairs * sizes.dHead(),
                        k.byteSize());
                report(sizes, "softmax", best(() -> Attention.softmax(pattern, sizes, pattern)), 0, pattern.byteSize());
                report(sizes, "mix", best(() -> Attention.mix(pattern, v, sizes, z)), 2 * all * sizes.dHead(),
                        k.byteSize() + pattern.byteSize());
            }
        }
    }

    /** Returns the total number of keys that the destinations of a head attend to. */
    private static double seen(AttentionSizes s) {
        return IntStream.range(0, s.pos()).mapToDouble(i -> Math.min(s.window(), s.past() + i + 1)).sum();
    }

    private void report(AttentionSizes s, String step, double seconds, double operations, double bytes) {
        String window = s.window() < s.key() ? " in windows of " + s.window() : "";
        String heads = s.heads() + "/" + s.kvHeads() + " heads of " + s.dHead();
        String what = step + ": batch " + s.batch() + ", " + s.pos() + " of " + s.key() + window + ", " + heads;
        System.out.printf("%-64s %10.1f %8.2f %8.2f%n", what, seconds * 1e6, operations / flops / seconds,
                bytes / bandwidth / seconds);
    }

    private MemorySegment floats(Arena arena, long n) {
        MemorySegment memory = arena.allocate(4 * n, 64);
        for (long i = 0; i < n; i++) memory.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) random.nextDouble(-1, 1));
        return memory;
    }

    /** Returns the fastest of several rounds in seconds per run; the first rounds are for compilation. */
    private static double best(Runnable work) {
        double best = Double.MAX_VALUE;
        for (int round = 0; round < ROUNDS; round++) {
            long start = System.nanoTime(), now = start;
            int runs = 0;
            while (now - start < ROUND_NANOS || runs < 2) {
                work.run();
                runs++;
                now = System.nanoTime();
            }
            best = Math.min(best, (now - start) / 1e9 / runs);
        }
        return best;
    }
}
