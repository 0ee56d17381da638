package org.tornadolens.training;

import java.util.SplittableRandom;

/** Where batches come from: a function of the draw alone, so that a seed fixes a training and a stopped one goes on as if it had not been. */
@FunctionalInterface
public interface Data {

    /** @param rows how many rows are asked for; a data set that is always taken whole may give its own number */
    Batch next(SplittableRandom random, int rows);
}
