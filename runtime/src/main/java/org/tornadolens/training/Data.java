package org.tornadolens.training;

import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.tornadolens.tokenizer.TokenizerSource;

/**
 * A source of batches. A batch depends on the random generator only, so that a seed determines a training, and a
 * training that was stopped and resumed gives the same result.
 */
@FunctionalInterface public interface Data {

    /** @param rows the number of rows requested; a data set that is always used whole may return another number */
    Batch next(SplittableRandom random, int rows);

    /** Returns the tokenizer of models that are trained on this data from the start. */
    default TokenizerSource tokenizer() {
        return new TokenizerSource.None("it was trained on token ids");
    }

    /** Returns the token at the start of every row; absent if there is none. */
    default OptionalInt bos() {
        return OptionalInt.empty();
    }
}
