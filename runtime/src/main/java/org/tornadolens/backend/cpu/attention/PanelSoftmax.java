package org.tornadolens.backend.cpu.attention;

import static org.tornadolens.backend.cpu.memory.Memory.ALL;
import static org.tornadolens.backend.cpu.memory.Memory.F;
import static org.tornadolens.backend.cpu.memory.Memory.LANES;
import static org.tornadolens.backend.cpu.memory.Memory.ORDER;

import jdk.incubator.vector.FloatVector;
import jdk.incubator.vector.VectorMask;
import jdk.incubator.vector.VectorOperators;
import org.tornadolens.backend.cpu.pointwise.Exponential;
import org.tornadolens.backend.cpu.product.Tile;

/**
 * The running softmax of fused attention (Milakov and Gimelshein, 2018), over columns of LANES queries and n rows of a
 * tile's width. Each loop is a method of its own: one method with all of them would exceed what the compiler inlines,
 * and vectors that cross a call become objects.
 */
final class PanelSoftmax {

    /**
     * Offsets in the state of a panel's queries, one float for each query: keys up to the query's own, how many of
     * these come before its window, the largest score so far, the sum of exponentials, and the factor that corrects
     * sums over a smaller score.
     */
    static final int SEEN = 0, HIDDEN = Tile.WIDTH, LARGEST = 2 * Tile.WIDTH, SUM = 3 * Tile.WIDTH,
            CORRECTION = 4 * Tile.WIDTH;

    /** Floats of the state of a panel's queries. */
    static final int STATE = 5 * Tile.WIDTH;

    private PanelSoftmax() {}

    /** Masks the rows j, j+1, … of queries that see no more than {@code seen[seenAt …]} keys. */
    static void mask(long scores, int n, float[] seen, int seenAt, int j) {
        FloatVector limit = FloatVector.fromArray(F, seen, seenAt).sub(j);
        for (int i = 0; i < n; i++) {
            VectorMask<Float> hidden = limit.compare(VectorOperators.LE, (float) i);
            FloatVector.fromMemorySegment(F, ALL, scores + i * Tile.ROW, ORDER).blend(Float.NEGATIVE_INFINITY, hidden)
                    .intoMemorySegment(ALL, scores + i * Tile.ROW, ORDER);
        }
    }

    /** Masks the rows j, j+1, … of queries whose windows begin after {@code hidden[hiddenAt …]} keys, up to there. */
    static void hide(long scores, int n, float[] hidden, int hiddenAt, int j) {
        FloatVector limit = FloatVector.fromArray(F, hidden, hiddenAt).sub(j);
        int rows = (int) Math.min(n, limit.reduceLanes(VectorOperators.MAX));
        for (int i = 0; i < rows; i++) {
            VectorMask<Float> before = limit.compare(VectorOperators.GT, (float) i);
            FloatVector.fromMemorySegment(F, ALL, scores + i * Tile.ROW, ORDER).blend(Float.NEGATIVE_INFINITY, before)
                    .intoMemorySegment(ALL, scores + i * Tile.ROW, ORDER);
        }
    }

    /** Whether any of a panel's queries sees any of n keys from key j on. */
    static boolean overlap(float[] running, int state, int columns, int j, int n) {
        boolean any = false;
        for (int l = 0; l < columns; l += LANES) {
            FloatVector seen = FloatVector.fromArray(F, running, state + SEEN + l);
            FloatVector hidden = FloatVector.fromArray(F, running, state + HIDDEN + l);
            VectorMask<Float> reached = seen.compare(VectorOperators.GT, (float) j);
            any |= reached.and(hidden.compare(VectorOperators.LT, (float) (j + n))).anyTrue();
        }
        return any;
    }

    /**
     * Updates the largest score so far; returns true if it grew, so that sums have to be multiplied by
     * {@code correction}.
     */
    static boolean updateLargest(long scores, int n, float[] running, int largest, int correction) {
        FloatVector before = FloatVector.fromArray(F, running, largest);
        FloatVector now = before;
        for (int i = 0; i < n; i++) {
            FloatVector score = FloatVector.fromMemorySegment(F, ALL, scores + i * Tile.ROW, ORDER);
            now = now.blend(score, score.compare(VectorOperators.GT, now));
        }
        if (!now.compare(VectorOperators.NE, before).anyTrue()) return false;
        now.intoArray(running, largest);
        // a query that has seen no key yet has nothing to correct, and -∞ - -∞ would be NaN
        FloatVector difference = before.sub(now).blend(0f, before.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
        Exponential.exp(difference).intoArray(running, correction);
        return true;
    }

    /** Replaces scores by e^(score - largest) and adds them to the sums. */
    static void exponentials(long scores, int n, float[] running, int largest, int sum) {
        FloatVector base = FloatVector.fromArray(F, running, largest);
        // all masked: e^(-∞ - 0) is 0
        base = base.blend(0f, base.compare(VectorOperators.EQ, Float.NEGATIVE_INFINITY));
        FloatVector total = FloatVector.fromArray(F, running, sum);
        for (int i = 0; i < n; i++) {
            FloatVector e =
                    Exponential.exp(FloatVector.fromMemorySegment(F, ALL, scores + i * Tile.ROW, ORDER).sub(base));
            e.intoMemorySegment(ALL, scores + i * Tile.ROW, ORDER);
            total = total.add(e);
        }
        total.intoArray(running, sum);
    }

    /** Multiplies n vectors, {@code stride} bytes apart, by a factor. */
    static void multiply(long x, long stride, int n, FloatVector factor) {
        for (int i = 0; i < n; i++)
            FloatVector.fromMemorySegment(F, ALL, x + i * stride, ORDER).mul(factor).intoMemorySegment(ALL,
                    x + i * stride, ORDER);
    }
}
