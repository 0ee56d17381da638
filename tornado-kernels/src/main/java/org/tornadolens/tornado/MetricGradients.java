package org.tornadolens.tornado;

import java.util.stream.IntStream;
import org.tornadolens.backend.Regions;
import org.tornadolens.program.Derivative;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Value;
import org.tornadolens.tornado.kernels.MetricGradient.DivergenceBack;
import org.tornadolens.tornado.kernels.MetricGradient.LogProbabilityBack;
import org.tornadolens.tornado.kernels.MetricGradient.LogSum;
import org.tornadolens.tornado.kernels.MetricGradient.MeanBack;

/** Writes the kernels of the backward pass of metrics. */
final class MetricGradients {

    private final RunContext run;
    private final MetricSteps metrics;

    MetricGradients(RunContext run, MetricSteps metrics) {
        this.run = run;
        this.metrics = metrics;
    }

    private void logSum(Operation o, Value x, int rows, int offsets, int out) {
        run.launch(o, Kernel.LOG_SUM).set(LogSum.X, run.at(x)).set(LogSum.ROWS, rows)
                .set(LogSum.WIDTH, run.width(x)).set(LogSum.OFFSETS, offsets).set(LogSum.OUT, out).add();
    }

    void logProbability(Operation o, Value logits, Value dy, double factor, MetricSteps.Tokens sets, int out) {
        MetricSteps.Sets all = metrics.listed(logits, sets);
        int rows = run.rows(logits), width = run.width(logits), sums = run.scratch((long) rows + all.count());
        logSum(o, logits, rows, run.tape().list(IntStream.range(0, rows).map(i -> i * width).toArray()), sums);
        run.launch(o, Kernel.LOG_PROBABILITY_BACK).set(LogProbabilityBack.LOGITS, run.at(logits))
                .set(LogProbabilityBack.ROWS, rows).set(LogProbabilityBack.WIDTH, width)
                .set(LogProbabilityBack.SET_STARTS, all.starts()).set(LogProbabilityBack.TOKENS, all.tokens())
                .set(LogProbabilityBack.FACTOR, run.number(factor)).set(LogProbabilityBack.DY, run.at(dy))
                .set(LogProbabilityBack.OUT, out).set(LogProbabilityBack.LOG_SUMS, sums)
                .set(LogProbabilityBack.SCRATCH, sums + rows).add();
    }

    void divergence(Derivative.KlDivergenceInput o) {
        Regions pairs = run.frame().vectors(o.logits(), o.reference());
        int n = pairs.offsets().length, sums = run.scratch(2L * n), x = run.list(pairs.offsets()),
                y = run.list(pairs.sources());
        logSum(o, o.logits(), n, x, sums);
        logSum(o, o.reference(), n, y, sums + n);
        run.launch(o, Kernel.DIVERGENCE_BACK).set(DivergenceBack.X, run.at(o.logits())).set(DivergenceBack.PAIRS, n)
                .set(DivergenceBack.WIDTH, run.width(o.logits())).set(DivergenceBack.X_OFFSETS, x)
                .set(DivergenceBack.Y, run.at(o.reference())).set(DivergenceBack.Y_OFFSETS, y)
                .set(DivergenceBack.DY, run.at(o.dy())).set(DivergenceBack.OUT, run.at(o.out()))
                .set(DivergenceBack.X_LOG_SUMS, sums).set(DivergenceBack.Y_LOG_SUMS, sums + n).add();
    }

    void mean(Derivative.MeanPositionsInput o) {
        run.launch(o, Kernel.MEAN_BACK).set(MeanBack.X, run.at(o.x())).set(MeanBack.ROWS, run.size(o.x(), 0))
                .set(MeanBack.WIDTH, run.width(o.x())).set(MeanBack.DY, run.at(o.dy()))
                .set(MeanBack.OUT, run.at(o.out())).add();
    }
}
