package org.tornadolens.training.task;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.Function;
import org.tornadolens.model.Tokens;
import org.tornadolens.training.Batch;
import org.tornadolens.training.corpus.Split;

/**
 * A task whose rows are drawn at random. Which of them are held out follows from what they ask, one in eight: what is
 * asked in training is never asked in the test.
 *
 * @param draw a row, training's or held out
 */
record DrawnTask(String name, Vocabulary vocabulary, int length, Optional<List<Integer>> at,
        Function<SplittableRandom, Row> draw) implements Task {

    /**
     * @param counts whether the guess of the token after each of these counts
     * @param asked  what decides whether the row is held out
     */
    record Row(int[] ids, boolean[] counts, List<Integer> asked) {

        /** A row in which the guesses at these positions count; all before the first of them is what is asked. */
        static Row of(int[] ids, List<Integer> at) {
            boolean[] counts = new boolean[ids.length];
            for (int position : at) counts[position] = true;
            return new Row(ids, counts, Arrays.stream(ids, 0, at.getFirst() + 1).boxed().toList());
        }
    }

    @Override public Batch next(SplittableRandom random, int rows) { return batch(random, rows, Split.TRAIN); }

    @Override public Batch heldOut(SplittableRandom random, int rows) { return batch(random, rows, Split.HELDOUT); }

    private Batch batch(SplittableRandom random, int rows, Split split) {
        List<int[]> ids = new ArrayList<>();
        float[] weights = new float[rows * length];
        for (int i = 0; i < rows; i++) {
            Row row = split.firstOwned(() -> draw.apply(random), r -> r.asked().toString());
            ids.add(row.ids());
            for (int t = 0; t < length; t++) weights[i * length + t] = row.counts()[t] ? 1 : 0;
        }
        return new Batch(Tokens.of(ids), Optional.of(weights));
    }
}
