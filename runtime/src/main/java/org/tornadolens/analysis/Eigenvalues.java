package org.tornadolens.analysis;

import java.util.Comparator;
import java.util.stream.IntStream;
import org.ejml.data.Complex_F64;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/** The eigenvalues of a real square matrix, re[i] + im[i]·√-1. */
public record Eigenvalues(double[] re, double[] im) {

    static Eigenvalues of(double[][] matrix) { return of(new DMatrixRMaj(matrix)); }

    /** Returns the eigenvalues in no particular order; overwrites the matrix. */
    static Eigenvalues of(DMatrixRMaj matrix) {
        int n = matrix.numRows;
        EigenDecomposition_F64<DMatrixRMaj> decomposition = DecompositionFactory_DDRM.eig(n, false);
        if (!decomposition.decompose(matrix)) {
            throw new ArithmeticException("the eigenvalues of this " + n + " × " + n
                    + " matrix cannot be found; does it hold NaN or infinities?");
        }
        double[] re = new double[n], im = new double[n];
        for (int i = 0; i < n; i++) {
            Complex_F64 value = decomposition.getEigenvalue(i);
            re[i] = value.real;
            im[i] = value.imaginary;
        }
        return new Eigenvalues(re, im);
    }

    Eigenvalues largestFirst() {
        int[] order = IntStream.range(0, re.length).boxed()
                .sorted(Comparator.comparingDouble((Integer i) -> -Math.hypot(re[i], im[i]))
                        .thenComparingDouble(i -> -im[i]))
                .mapToInt(Integer::intValue).toArray();
        return new Eigenvalues(IntStream.of(order).mapToDouble(i -> re[i]).toArray(),
                IntStream.of(order).mapToDouble(i -> im[i]).toArray());
    }

    /** Returns Σ Re λ / Σ |λ|: 1 if all are positive, -1 if all are negative, NaN if all are zero. */
    public double positivity() {
        double sum = 0, absolute = 0;
        for (int i = 0; i < re.length; i++) {
            sum += re[i];
            absolute += Math.hypot(re[i], im[i]);
        }
        return sum / absolute;
    }
}
