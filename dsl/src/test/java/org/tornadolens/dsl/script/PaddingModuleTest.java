package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Rows of different lengths, and runs of different lengths, in scripts. */
class PaddingModuleTest {

    private static final String IMPORTS =
            """
                    import {
                      ablate, add, attribution, freeze, head, heads, hook, load, logitLens, metric, patch, resid, scale,
                      site, tensor,
                    } from "lens";
                    const model = load("../runtime/src/test/resources/golden/grouped-query");
                    const rows = [[1, 5, 9, 13, 40, 7, 3], [1, 22, 30, 8], [1, 31, 3, 22, 5, 11, 15, 9, 44]];
                    const near = (a, b) => a.sub(b).abs().max() < 1e-5, name = "blocks.1.mlp.hook_post";
                    const value = (...hooks) => model.run(rows[0], { hooks, at: -1 }).logits;
                    """;

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void reductionsOfABatchAreThoseOfItsRows() {
        prints(
                "rows.every((row, i) => near(model.run(rows, { cache: name }).cache.get(name).mean('pos').at({ "
                        + "batch: i "
                        + "}), model.run(row, { cache: name }).cache.get(name).mean('pos').at({ batch: 0 })))",
                "true",
                "model.run(rows, { cache: name }).cache.get(name).at({ dMlp: 3 }).top(27).length", "20",
                "model.tokens(rows).mask.sum('pos').toArray()", "[7, 4, 9]",
                "model.run(rows).logits.mask.toArray()[1].join('')", "000001111",
                "model.run(rows[0]).logits.mask", "undefined",
                "Math.abs(model.run(rows, { loss: true }).loss.mean('pos').get(1) - model.run(rows[1], { loss: true "
                        + "}).loss.mean()) < 1e-5",
                "true",
                "near(model.run(rows).grad(resid(1).pre, metric.logit(3)).mean('pos').at({ batch: 1 }), "
                        + "model.run(rows[1]).grad(resid(1).pre, metric.logit(3)).mean('pos').at({ batch: 0 }))",
                "true",
                "Math.abs(logitLens(model.run(rows), { token: 3 }).token.probability.mean('pos').get(1, 0) - "
                        + "logitLens(model.run(rows[1]), { token: 3 }).token.probability.mean('pos').get(0, 0)) < 1e-6",
                "true",
                "(() => { let mean; model.run(rows, { hooks: [hook(resid(1).pre, x => { mean = x.mean('pos'); })] }); "
                        + "return near(mean.at({ batch: 1 }), model.run(rows[1], { cache: resid(1).pre "
                        + "}).cache.get(resid(1).pre).mean('pos').at({ batch: 0 })); })()",
                "true");
    }

    @Test void tablesLeavePaddingOut(@TempDir Path folder) throws Exception { assertEquals("""
            batch  pos 0  pos 1
            ─────  ─────  ─────
                0      1      2
                1             4""", Scripts.run(folder, """
            import { print, table, tensor } from "lens";
            print(table(tensor([[1, 2], [3, 4]], ["batch", "pos"])
              .masked(tensor([[1, 1], [0, 1]], ["batch", "pos"]))).toString());
            """).strip()); }

    @Test void positionsCountedFromTheEndLineUpAtTheEnd() {
        prints(
                "[rows[1], rows[2]].every(row => { const from = model.run(row, { cache: resid(1).pre }), last = "
                        + "from.cache.get(resid(1).pre).at({ batch: 0, pos: -1 }), at = resid(1).pre.at(-1), "
                        + "expected = "
                        + "value(patch(at, { from: last })); return [patch(at, { from }), freeze(at, { from }), "
                        + "ablate(at, { with: 'resample', over: from }), ablate(at, { with: 'resample', over: "
                        + "model.tokens(row) }), ablate(at, { with: 'mean', by: 'position', over: from }), "
                        + "ablate(at, { "
                        + "with: 'mean', by: 'position', over: model.tokens(row) })].every(one => near(value(one), "
                        + "expected)); })",
                "true");
    }

    @Test void aGroupOfHeadsNamedTwiceIsChangedOnce() {
        prints(
                "near(value(scale([head('1.0').k, head('1.1').k], 2)), value(scale(heads('1.0, 1.1').k, 2)))", "true",
                "near(value(scale([head('1.0').k, head('1.1').k], 2)), value(scale(head('1.0').k, 4)))", "false",
                "(v => near(value(add([head('1.0').v, head('1.1').v], v)), value(add(head('1.0').v, v))))(tensor(1, { "
                        + "dHead: model.config.dHead }))",
                "true",
                "near(value(scale([resid(1).pre, 'blocks.1.hook_resid_pre'], 2)), value(scale(resid(1).pre, 2)))",
                "true",
                "near(value(scale([head('1.0').z, site('blocks.1.attn.hook_z')], 2)), value(scale(heads('1.*').z, 2)))",
                "true",
                "near(value(scale([site('blocks.1.attn.hook_k'), head('1.0').k], 2)), value(scale(heads('1.*').k, 2)))",
                "true",
                "near(value(scale(head('1.0').k, 2), scale(head('1.1').k, 2)), value(scale(head('1.0').k, 4)))", "true",
                "(() => { const seen = []; value(hook([head('1.0').z, head('1.1').z], (z, { head }) => { "
                        + "seen.push(head); })); return seen; })()",
                "[0, 1]");
    }

    @Test void aMeanOverARunNeedsOnlyTheHeadsThatAreAskedFor() {
        prints(
                "['all', 'position'].every(by => near(value(ablate(head('1.1').z, { with: 'mean', by, over: "
                        + "model.run(rows, { cache: head('1.1').z }) })), value(ablate(head('1.1').z, { with: "
                        + "'mean', by, "
                        + "over: model.tokens(rows) }))))",
                "true",
                "value(ablate(head('1.0').z, { with: 'mean', over: model.run(rows, { cache: head('1.1').z }) })).shape",
                "RangeError: head 0 of blocks.1.attn.hook_z was not kept; kept: [1]");
    }

    @Test void aRunKeepsEveryValueIfAsked() {
        prints(
                "model.run(rows, { cache: true }).cache.names.length === model.hookNames.length", "true",
                "model.run(rows, { cache: true, stopAt: 1 }).cache.names.every(name => !name.startsWith('blocks.1') || "
                        + "name === 'blocks.1.hook_resid_pre')",
                "true");
    }

    @Test void attributionOfARunFromGivenValuesSumsToTheLogit() {
        prints(
                "['pre', 'mid', 'post'].every(where => [0, 1].every(layer => { const at = resid(layer)[where], from "
                        + "= { "
                        + "[`blocks.${layer}.hook_resid_${where}`]: model.run(rows[0], { cache: at "
                        + "}).cache.get(at).mul(2) }, run = model.run(rows[0], { from }); return ['component', "
                        + "'layer'].every(by => Math.abs(attribution.direct(run, { token: 10, by }).sum() - "
                        + "run.logits.get(0, -1, 10)) < 1e-4); }))",
                "true",
                "(run => { const sum = by => attribution.direct(run, { token: 10, by }).sum(), parts = "
                        + "attribution.direct(run, { token: 10, by: 'component' }).toArray()[0]; return "
                        + "[parts.slice(0, 3), parts.length, Math.abs(sum('head') - parts[3]) < 1e-5, "
                        + "Math.abs(sum('neuron') - parts[4]) < 1e-5]; })(model.run(rows[0], { from: { "
                        + "'blocks.1.hook_resid_pre': model.run(rows[0], { cache: resid(1).pre "
                        + "}).cache.get(resid(1).pre).mul(2) } }))",
                "[[0, 0, 0], 6, true, true]",
                "(n => attribution.direct(model.run(rows[0], { from: { [n]: model.run(rows[0], { cache: n "
                        + "}).cache.get(n) } }), { token: 10, by: 'layer' }))('ln_final.hook_normalized')",
                "RangeError: attribution: this run's ln_final.hook_normalized was changed or given, so that its "
                        + "logits do "
                        + "not follow from what the parts of the model wrote; change the residual stream instead");
    }
}
