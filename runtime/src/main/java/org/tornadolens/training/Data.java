package org.tornadolens.training;
import java.util.OptionalInt;
import java.util.SplittableRandom;
import org.tornadolens.tokenizer.TokenizerSource;

/** Where batches come from: a function of the draw alone, so that a seed fixes a training and a stopped one goes on as if it had not been. */
@FunctionalInterface public interface Data {

    /** @param rows how many rows are asked for; a data set that is always taken whole may give its own number */
    Batch next(SplittableRandom random, int rows);

    /** The tokenizer of a model that learns from nothing but this. */
    default TokenizerSource tokenizer() {
        return new TokenizerSource.None("it was trained on token ids");
    }

    /** The token that every row begins with, where there is one. */
    default OptionalInt bos() {
        return OptionalInt.empty();
    }
}
