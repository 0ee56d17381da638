package org.tornadolens.analysis;

import org.ejml.data.Complex_F64;
import org.ejml.data.DMatrixRMaj;
import org.ejml.dense.row.factory.DecompositionFactory_DDRM;
import org.ejml.interfaces.decomposition.EigenDecomposition_F64;

/** The eigenvalues of a real square matrix, re[i] + im[i]·√-1, in no particular order. */
record Eigenvalues(double[] re, double[] im) {

    static Eigenvalues of(double[][] matrix) {
        int n = matrix.length;
        EigenDecomposition_F64<DMatrixRMaj> decomposition = DecompositionFactory_DDRM.eig(n, false);
        if (!decomposition.decompose(new DMatrixRMaj(matrix))) {
            throw new ArithmeticException("the eigenvalues of this " + n + " × " + n + " matrix cannot be found; does it hold NaN or infinities?");
        }
        double[] re = new double[n], im = new double[n];
        for (int i = 0; i < n; i++) {
            Complex_F64 value = decomposition.getEigenvalue(i);
            re[i] = value.real;
            im[i] = value.imaginary;
        }
        return new Eigenvalues(re, im);
    }

    /** Σ Re λ / Σ |λ|: 1 where all are positive, -1 where all are negative. */
    double positivity() {
        double sum = 0, absolute = 0;
        for (int i = 0; i < re.length; i++) {
            sum += re[i];
            absolute += Math.hypot(re[i], im[i]);
        }
        return sum / absolute;
    }
}
