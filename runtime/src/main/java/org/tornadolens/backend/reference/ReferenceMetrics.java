package org.tornadolens.backend.reference;

import java.util.Arrays;
import java.util.List;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Selection;

/** Metrics of logits and directions in double precision; every method is a definition. */
final class ReferenceMetrics {

    private final ReferenceFrame in;

    ReferenceMetrics(ReferenceFrame in) { this.in = in; }

    double[] nextTokenLoss(Operation.NextTokenLoss o) {
        double[] logits = in.get(o.logits());
        int vocabulary = in.width(o.logits());
        int[] next = in.frame().nextTokens(o.logits(), o.at());
        double[] out = new double[next.length];
        for (int i = 0; i < out.length; i++) {
            int row = i * vocabulary;
            out[i] = next[i] < 0 ? Double.NaN : logSum(logits, row, vocabulary) - logits[row + next[i]];
        }
        return out;
    }

    double[] dot(Operation.Dot o) {
        double[] x = in.get(o.x()), y = in.get(o.y()), out = new double[x.length / in.width(o.x())];
        List<int[]> all = in.selected(o.x(), Selection.ALL);
        for (int i = 0; i < x.length; i++) out[i / in.width(o.x())] += x[i] * y[in.place(o.y(), all.get(i))];
        return out;
    }

    double[] logProbability(Operation.LogProbability o) {
        double[] logits = in.get(o.logits());
        int n = in.size(o.logits(), 1), vocabulary = in.width(o.logits());
        double[] out = new double[in.batch() * n];
        for (int i = 0; i < out.length; i++) {
            double sum = 0, logSum = logSum(logits, i * vocabulary, vocabulary);
            for (int token : o.tokens().get(i / n % o.tokens().size()))
                sum += Math.exp(logits[i * vocabulary + token] - logSum);
            out[i] = Math.log(sum);
        }
        return out;
    }

    double[] rank(Operation.Rank o) {
        double[] logits = in.get(o.logits());
        int n = in.size(o.logits(), 1), vocabulary = in.width(o.logits());
        double[] out = new double[in.batch() * n];
        for (int i = 0; i < out.length; i++) {
            double own = logits[i * vocabulary + o.tokens().get(i / n % o.tokens().size())];
            out[i] = Arrays.stream(logits, i * vocabulary, (i + 1) * vocabulary).filter(x -> x > own).count();
        }
        return out;
    }

    double[] klDivergence(Operation.KlDivergence o) {
        double[] logits = in.get(o.logits()), reference = in.get(o.reference());
        int vocabulary = in.width(o.logits());
        double[] out = new double[logits.length / vocabulary];
        List<int[]> all = in.selected(o.logits(), Selection.ALL);
        for (int i = 0; i < out.length; i++) {
            int q = i * vocabulary, p = in.place(o.reference(), all.get(q));
            double logSumQ = logSum(logits, q, vocabulary), logSumP = logSum(reference, p, vocabulary);
            for (int t = 0; t < vocabulary; t++) {
                double logP = reference[p + t] - logSumP, logQ = logits[q + t] - logSumQ;
                out[i] += Math.exp(logP) * (logP - logQ);
            }
        }
        return out;
    }

    double[] meanPositions(double[] x, int n) {
        double[] out = new double[x.length / n];
        for (int row = 0; row < out.length; row++) {
            out[row] =
                    Arrays.stream(x, row * n, (row + 1) * n).filter(v -> !Double.isNaN(v)).average().orElse(Double.NaN);
        }
        return out;
    }

    double[] argMax(double[] logits, int vocabulary) {
        double[] out = new double[logits.length / vocabulary];
        for (int i = 0; i < out.length; i++) {
            int best = 0;
            for (int t = 1; t < vocabulary; t++)
                if (logits[i * vocabulary + t] > logits[i * vocabulary + best]) best = t;
            out[i] = best;
        }
        return out;
    }

    private static double logSum(double[] logits, int row, int vocabulary) {
        double max = Arrays.stream(logits, row, row + vocabulary).max().orElseThrow(), sum = 0;
        for (int j = row; j < row + vocabulary; j++) sum += Math.exp(logits[j] - max);
        return max + Math.log(sum);
    }
}
