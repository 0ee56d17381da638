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
 * A task whose rows are drawn at random. One in eight is held out, determined by its question, so that no question
 * occurs in both training and test.
 *
 * @param draw draws a row of either split
 */
record DrawnTask(String name, Vocabulary vocabulary, int length, Optional<List<Integer>> at,
        Function<SplittableRandom, Row> draw) implements Task {

    /**
     * A row of the task.
     *
     * @param counts whether the prediction made at each position counts
     * @param asked  the question, which determines whether the row is held out
     */
    record Row(int[] ids, boolean[] counts, List<Integer> asked) {

        /**
         * Returns a row where the predictions at these positions count, and the tokens up to the first are the
         * question.
         */
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
