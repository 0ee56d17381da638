package org.tornadolens.training;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.Tensor;

/** Data from tokens that are in memory. */
public final class Datasets {

    private Datasets() {}

    /** Returns data that draws rows uniformly; all rows, in order, if at least as many are requested. */
    public static Data rows(Tokens tokens) {
        return (random, rows) -> {
            if (rows >= tokens.batch()) return new Batch(tokens);
            List<int[]> drawn = new ArrayList<>();
            for (int i = 0; i < rows; i++) drawn.add(tokens.row(random.nextInt(tokens.batch())));
            return new Batch(Tokens.of(drawn));
        };
    }

    /** Returns data that draws segments of {@code length} tokens from random positions of a stream [n]. */
    public static Data stream(Tensor ids, int length) {
        int[] all = ids(ids);
        if (all.length < length)
            throw new UsageException("a stream of " + all.length + " tokens has no segment of " + length);
        return (random, rows) -> new Batch(Tokens.of(IntStream.range(0, rows).mapToObj(_ -> {
            int from = random.nextInt(all.length - length + 1);
            return Arrays.copyOfRange(all, from, from + length);
        }).toList()));
    }

    /** Converts ids [rows, length], as stored in files, to tokens. */
    public static Tokens tokens(Tensor ids) {
        if (ids.shape().rank() != 2)
            throw new UsageException("tokens must be a stream [n] or rows [rows, length], not " + ids.shape());
        return new Tokens(ids(ids), new int[ids.shape().size(0)]);
    }

    private static int[] ids(Tensor tensor) {
        float[] numbers = tensor.copy().data().toArray(java.lang.foreign.ValueLayout.JAVA_FLOAT);
        int[] ids = new int[numbers.length];
        for (int i = 0; i < ids.length; i++) {
            ids[i] = (int) numbers[i];
            if (ids[i] != numbers[i] || ids[i] < 0)
                throw new UsageException(
                        "element " + i + " of the tokens is " + numbers[i] + ", which is not a token id");
        }
        return ids;
    }
}
