package org.tornadolens.dsl.script;

import org.junit.jupiter.api.Test;

/** attribution, logitLens, rollout, residualDistance and neuronTokens as scripts use them. */
class AnalysisModuleTest {

    private static final String IMPORTS =
            """
                    import {
                      ablate, attribution, head, heads, hook, load, logitLens, neuronTokens, residualDistance,
                      resid, rollout,
                    } from "lens";
                    const model = load(), { nLayers, nHeads, dMlp, dVocab } = model.config;
                    const prompt = "When Mary and John went to the store, John gave a drink to";
                    const run = model.run(prompt);
                    const id = token => model.tokens(token, { bos: false }).row(0).at(-1);
                    const logit = (run, token, pos = -1) => run.logits.at({ batch: 0, pos, dVocab: id(token) }).item();
                    const close = (a, b) => Math.abs(a - b) < 1e-3;""";

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void attributionSumsToTheLogit() {
        prints(
                "close(attribution.direct(run, { token: ' Mary' }).sum(), logit(run, ' Mary'))", "true",
                "close(attribution.direct(run, { correct: ' Mary', wrong: ' John' }).sum(), logit(run, ' Mary') - "
                        + "logit(run, ' John'))",
                "true",
                "close(attribution.direct(run, { token: ' the', pos: 6, by: 'layer' }).sum(), logit(run, ' the', 6))",
                "true",
                "attribution.labels(run).slice(0, 4), attribution.labels(run, 'layer').at(-1), "
                        + "attribution.labels(run).length === attribution.direct(run, { token: 860 }).shape[1]",
                "[\"embed\", \"attn 0\", \"mlp 0\", \"attn 1\"] layer 4 true",
                "close(attribution.direct(run, { token: ' Mary', by: 'layer', cumulative: true }).at({ batch: 0, "
                        + "component: -1 }).item(), logit(run, ' Mary'))",
                "true",
                "attribution.direct(run, { token: ' Mary', by: 'head' }).axes, attribution.direct(run, { token: ' "
                        + "Mary', by: 'neuron' }).shape.join() === [1, nLayers, dMlp].join()",
                "[\"batch\", \"layer\", \"head\"] true",
                "attribution.direct(model.run(['Once', prompt]), { correct: [' upon', ' Mary'], wrong: 5 }).shape",
                "[2, 11]");
    }

    @Test void interventionsShowInWhatIsReadOffARun() {
        prints(
                "attribution.direct(model.run(prompt, { hooks: [ablate(head('4.1'), { with: 'zero' })] }), { token: ' "
                        + "Mary', by: 'head' }).get(0, 4, 1)",
                "0",
                "attribution.labels(model.with(hook(resid(2).pre, x => x.mul(2))).run(prompt)).at(-1)", "interventions",
                "close(rollout(model.with(ablate(heads(), { with: 'zero' "
                        + "})).run(prompt)).sub(rollout(run)).abs().max(), 0)",
                "false");
    }

    @Test void theLensEndsWithTheModelsPrediction() {
        prints(
                "logitLens(run, { top: 3 }).tokens.shape.join() === [1, nLayers + 1, run.tokens.length, 3].join()",
                "true",
                "(lens => [lens.layers, lens.positions[0], lens.pieces[0].at(-1)[0][0]])(logitLens(run, { pos: -1, "
                        + "top: 2 }))",
                "[[\"embed\", \"after 0\", \"after 1\", \"after 2\", \"after 3\", \"after 4\"], [\"▁to\"], \"▁Mary\"]",
                "close(logitLens(run, { token: ' Mary', pos: -1 }).token.logit.at({ layer: -1 }).item(), logit(run, ' "
                        + "Mary'))",
                "true", "logitLens(run, { token: ' Mary', pos: -1 }).token.rank.at({ layer: -1 }).item()", "0",
                "logitLens(run, { of: 'mlp' }).layers.at(-1), logitLens(run, { of: 'attention' }).layers.length",
                "mlp 4 5", "String(logitLens(run, { pos: -1, top: 1 })).split('\\n').length", "7",
                "logitLens(run).token",
                "TypeError: this logit lens follows no token; name one: logitLens(run, { token: \" Mary\" })");
    }

    @Test void neuronsRolloutAndDistances() {
        prints(
                "(all => all.length === dMlp && all[7].neuron === 7 && all[7].tokens.length === "
                        + "4)(neuronTokens(model, { layer: 1, top: 4 }))",
                "true",
                "(([n]) => n.logits[0] >= n.logits[1] && close(n.logits[0], model.weights.W_down(2).at({ dMlp: 5 "
                        + "}).mul(model.weights.normFinal).dot(model.weights.W_U).max()))(neuronTokens(model, { "
                        + "layer: 2, neurons: 5 }))",
                "true",
                "rollout(run).axes, close(rollout(run).sum('src').min(), 1)", "[\"batch\", \"dest\", \"src\"] true",
                "(d => [d.distance.axes, d.cosine.shape[2] === nLayers + 1, d.distance.at({ pair: 1 }).max(), "
                        + "close(d.cosine.at({ pair: 1 }).min(), 1)])(residualDistance(run, { pairs: [[2, 4], [3, 3]] "
                        + "}))",
                "[[\"batch\", \"pair\", \"layer\"], true, 0, true]");
    }

    @Test void whatDoesNotFitIsNamed() {
        prints(
                "attribution.direct(run, {})",
                "TypeError: attribution.direct takes the logit's token, { token }, or two whose difference is meant, "
                        + "{ correct, wrong }",
                "attribution.direct(model, { token: 5 })",
                "TypeError: attribution.direct's first argument is a Run, as model.run(…) gives it, not a Model",
                "attribution.direct(run, { token: ' Mary', by: 'heads' })",
                "RangeError: attribution.direct's by is one of \"component\", \"layer\", \"head\", \"neuron\", not "
                        + "\"heads\"",
                "attribution.direct(run, { token: [' Mary', ' John'] })",
                "RangeError: attribution.direct's token: 2 tokens for 1 rows; give one for each, or one for all",
                "attribution.direct(run, { token: ' Mary', by: 'head', cumulative: true })",
                "RangeError: attribution.direct: cumulative goes with components and layers, which the residual "
                        + "stream passes one after the other, not with \"head\"",
                "attribution.direct(run, { token: ' Mary', pos: 40 })",
                "RangeError: position 40 is outside a row of 15 tokens; positions run from 0 to 14, or from -1 back "
                        + "to -15",
                "attribution.direct(model.run(prompt, { stopAt: 2 }), { token: ' Mary' })",
                "RangeError: ln_final.hook_scale cannot be kept: the run stops at layer 2",
                "logitLens(run, { layer: 3 })",
                "TypeError: logitLens: no option \"layer\"; there are of, pos, top, token",
                "residualDistance(run, { pairs: [3, 4] })",
                "TypeError: residualDistance takes pairs of positions, { pairs: [[3, 7], [2, -1]] }, not an array of 2",
                "neuronTokens(model, { layer: 1, neurons: 9999 })",
                "RangeError: no neuron 9999 in layer 1: neurons run from 0 to 383");
    }
}
