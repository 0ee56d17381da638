package org.tornadolens.dsl.script;

import org.junit.jupiter.api.Test;

/** Gradients and attribution patching as scripts use them, on the bundled model. */
class GradientModuleTest {

    private static final String IMPORTS = """
            import { load, ablate, head, heads, hook, metric, patching, resid, site } from "lens";
            const model = load();
            const { nLayers, nHeads, dMlp } = model.config;
            const clean = model.tokens(["Mary and John went to the park", "Once there was a cat"]);
            const corrupted = clean.toArray().map(row => row.map((id, i) => i === 2 ? 40 : id));
            const measured = metric.logProb(50);
            const message = wrong => { try { wrong(); } catch (e) { return `${e.name}: ${e.message}`; } };
            const same = (a, b) => Math.abs(a - b) < 1e-4 * Math.max(1, Math.abs(a));
            """;

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void aRunHasGradients() {
        prints(
                "model.run(clean).grad(head('1.2').z, measured).axes", "[\"batch\", \"pos\", \"dHead\"]",
                "model.run(clean).grad('blocks.1.attn.hook_pattern', measured).shape.join() === [2, nHeads, "
                        + "clean.length, clean.length].join()",
                "true", "model.run(clean).grad(heads('1.*').z, measured).shape[2] === nHeads", "true",
                "model.run(clean).grad(resid(2).post, measured).abs().max() > 0", "true",
                "model.run(clean, { hooks: [ablate(head('0.1'), { with: 'zero' })] }).grad(head('0.1').v, "
                        + "measured).shape.length",
                "3", "message(() => model.run(clean).grad(head('1.2').z))",
                "TypeError: grad needs a metric, as in run.grad(head(\"3.1\").z, metric.logitDiff({ correct: \" "
                        + "Mary\", wrong: \" John\" }))",
                "message(() => model.run(clean).grad(head('1.2').z, run => 1))",
                "TypeError: grad needs a declared metric, as metric.logitDiff(…) makes it: a function has no "
                        + "derivative",
                "message(() => model.run(clean).grad(head('1.2').z.at(0), measured)).split(':')[1].trim()",
                "grad gives the gradient of a whole value or of one head",
                "message(() => model.run(clean, { hooks: [hook(resid(1).post, x => x)] }).grad(resid(0).pre, "
                        + "measured)).includes('JavaScript hook')",
                "true",
                "message(() => model.run(clean).grad(resid(0).pre, metric.rank(5))).includes('no derivative of a "
                        + "rank')",
                "true");
    }

    @Test void attributionScoresPartsOfTheModel() {
        prints(
                "(globalThis.by = (by, steps = 1) => patching.attribution(model, { clean, corrupted, metric: "
                        + "measured, by, steps }), by('head').axes, by('head').shape.join() === [nLayers, "
                        + "nHeads].join())",
                "true", "by('position').axes, by('neuron').shape.join() === [nLayers, dMlp].join()",
                "[\"layer\", \"pos\"] true",
                "(globalThis.nodes = by('node'), globalThis.edges = by('edge'), nodes.nodes.slice(0, 2))",
                "[\"embed\", \"0.0\"]",
                "same(nodes.scores.get(nodes.nodes.indexOf('1.2')), by('head').get(1, 2))", "true",
                "nodes.nodes.every((name, i) => same(nodes.scores.get(i), edges.scores.toArray()[i].reduce((sum, x) "
                        + "=> Number.isNaN(x) ? sum : sum + x, 0)))",
                "true", "edges.top(3).length, Object.keys(edges.top(1)[0]), Object.keys(nodes.top(1)[0])",
                "3 [\"from\", \"to\", \"score\"] [\"node\", \"score\"]",
                "Math.abs(edges.top(2)[0].score) >= Math.abs(edges.top(2)[1].score)", "true",
                "by('head', 3).sub(by('head')).abs().max() > 0", "true",
                "message(() => by('heads'))",
                "RangeError: patching.attribution's by is one of \"head\", \"position\", \"neuron\", \"node\", "
                        + "\"edge\", not \"heads\"",
                "message(() => patching.attribution(model, { clean, corrupted, metric: () => 1 }))",
                "TypeError: patching.attribution needs a declared metric, as metric.logitDiff(…) makes it: a function "
                        + "has no derivative");
    }
}
