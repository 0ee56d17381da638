package org.tornadolens.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Past;
import org.tornadolens.program.Program;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.BackendUnderTest;

/** Tests pasts: the keys and values of earlier runs. */
@BackendSuite class PastTest {

    private static final Extend.Slot KEYS = new Extend.Slot(0, Extend.Kind.KEYS);
    private static final Size ONE = new Size.Fixed(1);
    private static final Dimension BATCH = new Dimension("batch", Size.Symbol.BATCH), HEAD = new Dimension("head", ONE),
            POS = new Dimension("pos", Size.Symbol.POS), DEST = new Dimension("dest", Size.Symbol.POS),
            ALL = new Dimension("pos", Size.Symbol.KEY), SRC = new Dimension("src", Size.Symbol.KEY),
            KV_HEAD = new Dimension("kvHead", ONE), D_HEAD = new Dimension("dHead", new Size.Fixed(2));
    private static final Value Q = Value.of("q", BATCH, POS, HEAD, D_HEAD),
            K = Value.of("k", BATCH, POS, KV_HEAD, D_HEAD), ALL_K = Value.of("all", BATCH, ALL, KV_HEAD, D_HEAD),
            SCORES = Value.of("scores", BATCH, HEAD, DEST, SRC);
    private static final Program PROGRAM = new Program(List.of(new Operation.Given(Q), new Operation.Given(K),
            new Extend(K, KEYS, ALL_K), new Operation.Scores(Q, ALL_K, SCORES)), Set.of(SCORES));

    private static Executable executable(Backend backend) { return backend.compile(PROGRAM, new Weights(Map.of())); }

    private static Tensor keys(int rows, int positions, float... numbers) {
        return Tensor.of(Shape.of("batch", rows, "pos", positions, "kvHead", 1, "dHead", 2), numbers);
    }

    /** Returns the first coordinate of every key, row by row: queries are √2 in this coordinate. */
    private static Tensor scores(Executable executable, Past past, float... firstOfKeys) {
        float[] q = new float[2 * firstOfKeys.length], k = new float[2 * firstOfKeys.length];
        for (int row = 0; row < firstOfKeys.length; row++) {
            q[2 * row] = (float) Math.sqrt(2);
            k[2 * row] = firstOfKeys[row];
        }
        Tensor queries = Tensor.of(Shape.of("batch", firstOfKeys.length, "pos", 1, "head", 1, "dHead", 2), q);
        return executable.run(new Inputs(new int[firstOfKeys.length], new int[firstOfKeys.length], Optional.of(past),
                Map.of(Q, queries, K, keys(firstOfKeys.length, 1, k)))).get(SCORES);
    }

    private static void assertScores(Tensor actual, int rows, float... expected) {
        Tensor all = Tensor.of(Shape.of("batch", rows, "head", 1, "dest", 1, "src", expected.length / rows), expected);
        assertTrue(all.sub(actual).abs().max() < 1e-5, actual + " instead of " + all);
    }

    @Test void everyRunReadsWhatTheRunsBeforeItLeft() {
        Executable executable = executable(BackendUnderTest.BACKEND);
        Past past = executable.past(2, 4);
        assertScores(scores(executable, past, 1, 2), 2, 1, 2);
        assertScores(scores(executable, past, 3, 4), 2, 1, 3, 2, 4);
        past.truncate(1);
        assertScores(scores(executable, past, 5, 6), 2, 1, 5, 2, 6);
        assertEquals(2, past.length());
    }

    @Test void whatIsRestoredStandsForEarlierRunsAndARowGivenOnceForAll() {
        Executable executable = executable(BackendUnderTest.BACKEND);
        Past past = executable.past(2, 4);
        Tensor apart = keys(2, 3, 1, 0, 2, 0, 9, 0, 3, 0, 4, 0, 9, 0).slice("pos", 0, 2);
        past.restore(Map.of(KEYS, apart));
        assertScores(scores(executable, past, 7, 8), 2, 1, 2, 7, 3, 4, 8);
        past.restore(Map.of(KEYS, keys(1, 1, 5, 0)));
        assertScores(scores(executable, past, 7, 8), 2, 5, 7, 5, 8);
    }

    @Test void whatDoesNotFitIsRefused() {
        Executable executable = executable(BackendUnderTest.BACKEND);
        Past past = executable.past(2, 2);
        Tensor one = keys(1, 1, 1, 0), wide = Tensor.zeros(Shape.of("batch", 1, "pos", 1, "kvHead", 2, "dHead", 2));
        refused("2 slots", () -> past.restore(Map.of(KEYS, one, new Extend.Slot(1, Extend.Kind.KEYS), one)));
        refused("3 positions in a past of 2", () -> past.restore(Map.of(KEYS, keys(1, 3, 1, 0, 2, 0, 3, 0))));
        refused("2 numbers a position", () -> past.restore(Map.of(KEYS, wide)));
        refused("to 1", () -> past.truncate(1));
        refused("1 rows with a past of 2", () -> scores(executable, past, 1));
        past.restore(Map.of(KEYS, keys(1, 2, 1, 0, 2, 0)));
        refused("1 positions after 2 in a past of 2", () -> scores(executable, past, 1, 2));
    }

    @Test void aPastOfAnotherBackendIsRefused() {
        Past past = executable(BackendUnderTest.REFERENCE).past(1, 2);
        refused("another backend", () -> scores(executable(Backends.cpu()), past, 1));
    }

    private static void refused(String named, Runnable what) {
        String message = assertThrows(IllegalArgumentException.class, what::run).getMessage();
        assertTrue(message.contains(named), message);
    }
}
