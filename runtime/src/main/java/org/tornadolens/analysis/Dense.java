package org.tornadolens.analysis;

import org.ejml.data.DMatrixRMaj;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Converts tensors to matrices of the linear algebra library, in double precision, and back. */
final class Dense {

    private Dense() {}

    /** Converts a tensor of two axes. */
    static DMatrixRMaj doubles(Tensor tensor) {
        float[][] rows = (float[][]) tensor.toArray();
        int columns = tensor.shape().size(1);
        DMatrixRMaj matrix = new DMatrixRMaj(rows.length, columns);
        for (int i = 0; i < rows.length; i++)
            for (int j = 0; j < columns; j++) matrix.data[i * columns + j] = rows[i][j];
        return matrix;
    }

    static Tensor tensor(DMatrixRMaj matrix, String rows, String columns) {
        float[] values = new float[matrix.getNumElements()];
        for (int i = 0; i < values.length; i++) values[i] = (float) matrix.data[i];
        return Tensor.of(Shape.of(rows, matrix.numRows, columns, matrix.numCols), values);
    }
}
