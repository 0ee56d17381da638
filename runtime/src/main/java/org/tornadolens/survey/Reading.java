package org.tornadolens.survey;

import org.tornadolens.UsageException;
import org.tornadolens.tensor.Tensor;

/** What is read of a vector of a value: one or more numbers a token, the columns of a reduction. */
public sealed interface Reading {

    /** Every coordinate: neurons of an MLP, coordinates of heads or of the residual stream. */
    record Coordinates() implements Reading {}

    /** The length (L2 norm) of each vector: one number for each head, or one for a value without heads. */
    record Norm() implements Reading {}

    /**
     * The inner product with each direction.
     *
     * @param directions [direction, coordinate]; a single one may lack its first axis
     */
    record Along(Tensor directions) implements Reading {
        public Along {
            int rank = directions.shape().rank();
            if (rank != 1 && rank != 2)
                throw new UsageException("a direction has one axis, several have two: [direction, dModel], not "
                        + directions.shape());
            if (rank == 1) directions = directions.reshape(directions.shape().with("direction", 1));
            int own = directions.shape().indexOf("direction");
            if (own == 1) directions = directions.transpose();
            directions = directions.contiguous() ? directions : directions.copy();
        }

        int count() { return directions.shape().size(0); }

        int width() { return directions.shape().size(1); }
    }

    Reading COORDINATES = new Coordinates(), NORM = new Norm();
}
