package org.tornadolens.dsl.script;

import org.junit.jupiter.api.Test;

/** Metrics of runs and of sweeps: how many answers they take, and functions as metrics. */
class MetricModuleTest {

    private static final String IMPORTS =
            """
                            import { ablate, heads, load, metric, patching, resid, sweep, tensor } from "lens";
                            const model = load("../runtime/src/test/resources/golden/grouped-query");
                            const rows = [[1, 5, 9, 13, 40, 7, 3], [1, 22, 30, 8], [1, 31, 3, 22, 5, 11, 15, 9, 44]];
                    const run = model.run(rows);
                            const cells = { over: heads("1.*"), apply: h => ablate(h, { with: "zero" }) };
                            const near = (a, b) => a.sub(b).abs().max() < 1e-5;
                            const swept = metric => sweep(model, rows, { ...cells, metric }).at({ layer: 1 });
                            """;

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    private static String refused(int given) {
        return "RangeError: the metric names " + given
                + " tokens or references for 3 prompts: give one for all, or one "
                + "for each";
    }

    @Test void everyMetricRefusesTooFewOrTooManyAnswers() {
        prints(
                "metric.logProb([10, 11]).of(run)", refused(2),
                "metric.logProb([10, 11, 12, 13]).of(run)", refused(4),
                "metric.logit([10, 11]).of(run)", refused(2),
                "metric.rank([10, 11]).of(run)", refused(2),
                "metric.prob([[10], [11]]).of(run)", refused(2),
                "metric.prob([[10, 1], [11], [3], [4, 5]]).of(run)", refused(4),
                "metric.logitDiff({ correct: [10, 11], wrong: 12 }).of(run)", refused(2),
                "metric.logitDiff({ correct: 12, wrong: [10, 11, 12, 13] }).of(run)", refused(4),
                "metric.logitDiff({ correct: [10, 11, 12], wrong: [13, 14] }).of(run)",
                "RangeError: logitDiff: 3 correct tokens and 2 wrong ones; give one for all rows, or one for each",
                "metric.kl(model.run(rows.slice(0, 2))).of(run)", refused(2),
                "run.grad(resid(0).pre, metric.logProb([10, 11]))", refused(2),
                "swept(metric.logProb([10, 11]))", refused(2),
                "metric.logProb([]).of(run)", "RangeError: logProb's token is an empty array",
                "metric.logProb([[10], [11], [12]]).of(run)",
                "TypeError: logProb's token is a whole number, not an array of 1");
    }

    @Test void oneAnswerForEachRowIsTheRowsOwn() {
        prints(
                "[0, 1, 2].every(i => Math.abs(metric.logProb([10, 11, 12]).of(run).get(i) - "
                        + "metric.logProb(10 + i).of(model.run(rows[i])).get(0)) < 1e-5)",
                "true",
                "[0, 1, 2].every(i => metric.rank([10, 11, 12]).of(run).get(i) === "
                        + "metric.rank(10 + i).of(model.run(rows[i])).get(0))",
                "true",
                "metric.prob([10, 11]).of(run).sub(metric.prob(10).of(run)).sub(metric.prob(11).of(run)).abs().max() < "
                        + "1e-7",
                "true");
    }

    @Test void aFunctionMayReturnANumberForEachRow() {
        prints(
                "near(swept(run => metric.logProb(10).of(run)), swept(metric.logProb(10)))", "true",
                "near(swept(run => metric.logProb(10).of(run).mean()), swept(metric.logProb(10)))", "true",
                "swept(run => tensor(2, {})).get(1)", "2",
                "swept(run => run.logits)",
                "TypeError: what sweep's metric returns for a run is a number, or a Tensor [batch] with one for each "
                        + "row, not a Tensor [batch, pos, dVocab]; reduce it, as in .mean()",
                "swept(run => '1')", "TypeError: what sweep's metric returns for a run is a number, not \"1\"");
    }

    @Test void aFunctionMayReadAnyValueOfTheRun() {
        prints(
                "[0, 1].every(h => Math.abs(swept(run => run.cache.get(resid(1).post).norm()).get(h) - "
                        + "model.run(rows, { hooks: [ablate(heads(`1.${h}`), { with: 'zero' })], cache: resid(1).post "
                        + "}).cache.get(resid(1).post).norm()) < 1e-5)",
                "true",
                "swept(run => run.cache.get('blocks.1.attn.hook_z').at({ head: 1 }).abs().max()).get(1)", "0",
                "swept(run => run.cache.get('blocks.9.hook_z').norm()).shape",
                "RangeError: no hook \"blocks.9.hook_z\"; nearest: blocks.0.attn.hook_z, blocks.1.attn.hook_z",
                "patching.activation(model, { clean: [1, 5, 9], corrupted: [1, 6, 9], site: 'resid_pre', by: "
                        + "['layer'], "
                        + "metric: run => run.cache.get(resid(0).pre).at({ pos: 1 }).norm() }).shape",
                "[2]");
    }
}
