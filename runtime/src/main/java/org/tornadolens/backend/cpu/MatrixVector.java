package org.tornadolens.backend.cpu;

import static org.tornadolens.backend.cpu.Memory.LANES;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.tornadolens.backend.cpu.Scratch.Use;
import org.tornadolens.tensor.DType;

/** Weights times one activation row, at the speed of memory: the products of generation. */
final class MatrixVector {

    /** Weight bytes that are worth waking another thread for. */
    private static final int GRAIN = 64 * 1024;

    /** Rows of a run whose sums are added up together: between them memory is waited for. */
    private static final int TOGETHER = 16;

    /** Bytes of rows that are copied to the first-level cache at a time. */
    private static final int FETCHED = 16 * 1024;

    /** How rows of a type are multiplied: four runs at a time ({@link FourRows}), or one by one ({@link RowDots}). */
    private enum Way {
        F32, F16, BF16, Q8_0, BLOCKS, SIX_BITS, Q6_K
    }

    /** The types that have a way; {@link MatrixProduct} has a general one for the others. */
    private static final Map<DType, Way> WAYS = Map.ofEntries(
            Map.entry(DType.F32, Way.F32),
            Map.entry(DType.F16, Way.F16),
            Map.entry(DType.BF16, Way.BF16),
            Map.entry(DType.Q8_0, Way.Q8_0),
            Map.entry(DType.Q4_0, Way.BLOCKS),
            Map.entry(DType.Q4_1, Way.BLOCKS),
            Map.entry(DType.Q5_0, Way.BLOCKS),
            Map.entry(DType.Q5_1, Way.BLOCKS),
            Map.entry(DType.Q4_K, Way.SIX_BITS),
            Map.entry(DType.Q5_K, Way.SIX_BITS),
            Map.entry(DType.Q6_K, Way.Q6_K));

    private static final SuperblockOrder SIX_BITS_ORDER = new SuperblockOrder(LANES, 32);

    /** Copies are made when a type is first multiplied. */
    private static final Map<DType, RowDots> COPIES = new ConcurrentHashMap<>();

    private MatrixVector() {}

    /** Returns true where there is a way for this window of the parts, which are of one type. */
    static boolean takes(Part[] parts, int columnFrom, int k) {
        DType type = parts[0].w().type();
        return WAYS.containsKey(type) && columnFrom % type.blockElements() == 0 && k % type.blockElements() == 0;
    }

    /** out[r] = Σ_c x[c] · w[rowFrom + r, columnFrom + c], c &lt; k, of every part. */
    static void multiply(long x, Part[] parts, int columnFrom, int k) {
        DType type = parts[0].w().type();
        Way way = WAYS.get(type);
        float[] activations = activations(way, x, k);
        Threads.range(Part.runs(parts, 4), (int) Math.max(1, GRAIN / 4 / type.bytes(k)),
                (from, to) -> Part.visit(parts, 4, from, to, (part, first, n) -> {
                    switch (way) {
                        case F32, F16, BF16, Q8_0 -> fourByFour(way, activations, part, first, n, columnFrom, k);
                        case BLOCKS, SIX_BITS, Q6_K -> oneByOne(way, activations, part, first, n, columnFrom, k);
                    }
                }));
    }

    /** Returns activations in the order that the products take them in. */
    private static float[] activations(Way way, long x, int k) {
        boolean superblocks = way == Way.SIX_BITS || way == Way.Q6_K;
        float[] ordered = Scratch.mine().get(Use.PACKED_X, superblocks ? SuperblockOrder.length(k) : k);
        switch (way) {
            case F32, Q8_0, BLOCKS -> Memory.load(x, k, ordered, 0);
            case F16 -> FourRows.pairs(x, k, FourRows.F16_FACTOR, ordered);
            case BF16 -> FourRows.pairs(x, k, 1, ordered);
            case SIX_BITS -> SIX_BITS_ORDER.activations(x, k, ordered);
            case Q6_K -> Q6Rows.ACTIVATIONS.activations(x, k, ordered);
        }
        return ordered;
    }

    /**
     * The rows are cut into four runs, of which some rows each are taken at a time: four streams through memory that each
     * go straight on let the processor fetch further ahead than neighbouring rows do.
     */
    private static void fourByFour(Way way, float[] x, Part part, int first, int n, int columnFrom, int k) {
        float[] sums = Scratch.mine().get(Use.RESULTS, 4 * TOGETHER * LANES);
        float[] results = Scratch.mine().get(Use.BLOCK, 4 * TOGETHER);
        Rows w = part.w();
        int run = (n + 3) / 4, together = w.inOrder() ? TOGETHER : 1;
        for (int r = 0; r < run; r += together) {
            int count = Math.min(together, run - r), last = n - count;   // the fourth run may be shorter: rows are taken again
            int r0 = first + r, r1 = first + Math.min(last, r + run);
            int r2 = first + Math.min(last, r + 2 * run), r3 = first + Math.min(last, r + 3 * run);
            dots(way, w, x, w.address(part.rowFrom() + r0, columnFrom), w.address(part.rowFrom() + r1, columnFrom),
                    w.address(part.rowFrom() + r2, columnFrom), w.address(part.rowFrom() + r3, columnFrom), count, k,
                    sums);
            Dot.reduce(sums, 4 * count, results, 0);
            Memory.store(results, 0, count, part.out() + 4L * r0);
            Memory.store(results, count, count, part.out() + 4L * r1);
            Memory.store(results, 2 * count, count, part.out() + 4L * r2);
            Memory.store(results, 3 * count, count, part.out() + 4L * r3);
        }
    }

    private static void dots(Way way, Rows w, float[] x, long w0, long w1, long w2, long w3, int rows, int k,
            float[] sums) {
        switch (way) {
            case F32 -> FourRows.f32(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case F16 -> FourRows.f16(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case BF16 -> FourRows.bf16(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case Q8_0 -> FourRows.q8(x, w0, w1, w2, w3, w.rowBytes(), rows, k, sums);
            case BLOCKS, SIX_BITS, Q6_K -> throw new IllegalArgumentException(way + " takes one row");
        }
    }

    /**
     * Rows one after the other. They are copied to the first-level cache a few at a time: a copy reads further ahead than a
     * kernel does, whose instructions on the bytes at hand leave the processor no room for later ones.
     */
    private static void oneByOne(Way way, float[] x, Part part, int first, int n, int columnFrom, int k) {
        float[] sums = Scratch.mine().get(Use.RESULTS, 4 * TOGETHER * LANES);
        float[] results = Scratch.mine().get(Use.BLOCK, 4 * TOGETHER);
        Rows w = part.w();
        long bytes = w.type().bytes(k);
        int together = (int) Math.clamp(FETCHED / bytes / 4 * 4, 4, 4 * TOGETHER);
        long fetched = Scratch.mine().memory(Use.ROWS, together * bytes / Float.BYTES + 1);
        RowDots dots = rowDots(way, w.type());
        for (int r = first; r < first + n; r += together) {
            int count = Math.min(together, first + n - r);
            w.copy(part.rowFrom() + r, count, columnFrom, bytes, fetched);
            for (int i = 0; i < count; i++) dots.dot(x, fetched + i * bytes, k, sums, i * LANES);
            Dot.reduce(sums, (count + 3) / 4 * 4, results, 0);
            Memory.store(results, 0, count, part.out() + 4L * r);
        }
    }

    private static RowDots rowDots(Way way, DType type) {
        return switch (way) {
            case BLOCKS -> COPIES.computeIfAbsent(type, t -> Copies.of(RowDots.class, "BlockRows", t));
            case SIX_BITS -> COPIES.computeIfAbsent(type, t -> Copies.of(RowDots.class, "SixBitRows", t));
            case Q6_K -> Q6Rows::dot;
            case F32, F16, BF16, Q8_0 -> throw new IllegalArgumentException(way + " takes four rows");
        };
    }
}
