package org.tornadolens.dsl.script;

import org.junit.jupiter.api.Test;

/** sweep and patching as scripts use them. The tests of the engine check the numbers. */
class PatchingModuleTest {

    private static final String IMPORTS =
            """
                    import {
                      ablate, head, heads, layer, layers, load, metric, mlp, mlps, patch, patching, resid, scale, site,
                      sweep,
                    } from "lens";
                    const model = load(), { nLayers, nHeads } = model.config;
                    const clean = "When Mary and John went to the store, John gave a drink to";
                    const corrupted = "When Mary and John went to the store, Mary gave a drink to";
                    const difference = metric.logitDiff({ correct: " Mary", wrong: " John" });
                    const pair = { clean, corrupted, metric: difference };
                    const zero = one => ablate(one, { with: "zero" });
                    const own = (input, ...interventions) =>
                      difference.of(model.with(...interventions).run(input)).mean();
                    const close = (a, b) => Math.abs(a - b) < 1e-3;""";

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void sweepsGoOverHeadsLayersListsAndNamedAxes() {
        prints(
                "(s => [s.axes, close(s.get(2, 1), own(clean, zero(head('2.1')))), Number.isNaN(s.get(0, "
                        + "0))])(sweep(model, clean, { over: heads('1-2.*'), apply: zero, metric: difference }))",
                "[[\"layer\", \"head\"], true, true]",
                "(s => [s.shape[0] === nLayers, close(s.get(1), own(clean, zero(mlp(1))))])(sweep(model, clean, { "
                        + "over: mlps(), apply: zero, metric: difference }))",
                "[true, true]",
                "close(sweep(model, clean, { over: layers('3'), apply: zero, metric: difference }).get(3), own(clean, "
                        + "zero(layer(3))))",
                "true",
                "(s => [s.axes, close(s.get(1), own(clean, scale(mlp(2), 2)))])(sweep(model, clean, { over: "
                        + "[zero(head('0.0')), [scale(mlp(2), 2)]], metric: difference }))",
                "[[\"cell\"], true]",
                "(s => [s.axes, s.shape, close(s.get({ layer: 1, pos: 1 }), own(clean, "
                        + "zero(resid(1).pre.at(3))))])(sweep(model, clean, { over: { layer: 2, pos: [0, 3] }, apply: "
                        + "({ layer, pos }) => zero(resid(layer).pre.at(pos)), metric: difference }))",
                "[[\"layer\", \"pos\"], [2, 2], true]",
                "(s => [s.shape, close(s.get(1, 2), own(clean, zero(mlp(4).post.neurons(7))))])(sweep(model, clean, { "
                        + "over: { layer: [1, 4], neuron: [0, 3, 7] }, apply: ({ layer, neuron }) => "
                        + "zero(mlp(layer).post.neurons(neuron)), metric: difference }))",
                "[[2, 3], true]",
                "close(sweep(model, [clean, corrupted], { over: [zero(head('4.1'))], metric: metric.logitDiff({ "
                        + "correct: [' Mary', ' John'], wrong: [' John', ' Mary'] }) }).get(0), (own(clean, "
                        + "zero(head('4.1'))) - own(corrupted, zero(head('4.1')))) / 2)",
                "true",
                "close(sweep(model, clean, { over: [zero(head('4.1'))], metric: run => difference.of(run) }).get(0), "
                        + "own(clean, zero(head('4.1'))))",
                "true");
    }

    @Test void activationPatchingByEveryAxis() {
        prints(
                "(p => [p.axes, close(p.get(1, -1), own(corrupted, patch(resid(1).pre.at(-1), { from: "
                        + "model.run(clean, { cache: resid(1).pre }) })))])(patching.activation(model, { ...pair, "
                        + "site: 'resid_pre', by: ['layer', 'pos'] }))",
                "[[\"layer\", \"pos\"], true]",
                "patching.activation(model, { ...pair, site: 'pattern', by: ['layer', 'head', 'dest'] }).axes",
                "[\"layer\", \"head\", \"dest\"]",
                "close(patching.activation(model, { ...pair, site: 'resid_pre', by: ['layer'], normalize: true "
                        + "}).get(0), 1)",
                "true",
                "close(patching.activation(model, { ...pair, site: 'resid_post', by: ['layer'], direction: 'noise' "
                        + "}).get(1), own(corrupted))",
                "true",
                "patching.activation(model, { ...pair, site: 'mlp_out', by: ['layer', 'pos'], positions: [-1, [10]] "
                        + "}).shape[1]",
                "2");
    }

    @Test void pathsFromSendersToReceivers() {
        prints(
                "(p => [p.axes, Number.isNaN(p.get(nLayers - 1, 0))])(patching.path(model, { ...pair, receivers: "
                        + "'logits' }))",
                "[[\"layer\", \"head\"], false]",
                "(p => [Number.isNaN(p.get(3, 0)), Number.isNaN(p.get(2, 0))])(patching.path(model, { ...pair, "
                        + "receivers: head('3.0').q }))",
                "[true, false]",
                "patching.path(model, { ...pair, senders: mlps(), receivers: [mlp(2), 'logits'] }).axes, "
                        + "patching.path(model, { ...pair, senders: ['embed', mlp(0), heads('1.*')], receivers: "
                        + "[head('3.0').k, head('3.1').v] }).shape[0] === nHeads + 2",
                "[\"layer\"] true",
                "(c => close(c.exact.sub(c.linear).sub(c.difference).abs().max(), 0))(patching.path(model, { ...pair, "
                        + "receivers: 'logits', linear: true }))",
                "true",
                "(g => [g.edges.some(e => e.to === 'logits'), g.edges.every(e => g.nodes.includes(e.from)), "
                        + "g.edges.some(e => /^\\d\\.\\d\\.[qkv]$/.test(e.to))])(patching.iterate(model, { ...pair, "
                        + "top: 2, depth: 2 }))",
                "[true, true, true]",
                "(g => g.edges.every(({ from, to, effect }) => { const [layer, number] = from.split('.').map(Number), "
                        + "at = to === 'logits' ? to : head(to.slice(0, -2))[to.at(-1)]; return "
                        + "close(patching.path(model, { ...pair, receivers: at }).get(layer, number) - own(clean), "
                        + "effect); }))(patching.iterate(model, { ...pair, top: 2, depth: 2 }))",
                "true");
    }

    @Test void whatDoesNotFitIsNamed() {
        prints(
                "sweep(model, clean, { over: heads(), apply: zero })",
                "TypeError: sweep needs a metric, as in metric.logitDiff({ correct: \" Mary\", wrong: \" John\" })",
                "sweep(model, clean, { over: [], apply: zero, metric: difference })",
                "RangeError: sweep's over is an empty array",
                "sweep(model, clean, { over: heads(), metric: difference })",
                "TypeError: sweep without apply takes interventions, as ablate(…) and hook(…) make them, not a Head",
                "sweep(model, clean, { over: heads(), apply: h => h, metric: difference })",
                "TypeError: what sweep's apply returns takes interventions, as ablate(…) and hook(…) make them, not a "
                        + "Head",
                "sweep(model, clean, { over: [zero(head('0.0'))], metric: () => 'x' })",
                "TypeError: what sweep's metric returns for a run is a number, not \"x\"",
                "patching.activation(model, { ...pair, site: 'resid', by: ['layer'] })",
                "RangeError: no patching site \"resid\"; nearest: resid_mid, resid_pre, resid_post",
                "patching.activation(model, { ...pair, site: 'z', by: ['layer', 'dest'] })",
                "RangeError: z cannot be patched by \"dest\": its axes are layer, head, pos",
                "patching.activation(model, { clean, metric: difference, site: 'z', by: ['layer'] })",
                "TypeError: patching.activation needs clean and corrupted prompts: corrupted is missing",
                "patching.activation(model, { clean, corrupted, metric: () => 2, site: 'z', by: ['layer'], normalize: "
                        + "true })",
                "RangeError: nothing to normalize by: the metric is 2.0 on both the clean and the corrupted "
                        + "prompts; leave normalize out, or choose prompts or a metric that distinguish them",
                "patching.activation(model, { clean, corrupted: 'Once', metric: difference, site: 'z', by: ['layer'] "
                        + "}).shape",
                "RangeError: clean prompt 0 has 15 tokens and its corrupted one 2: patching goes position by "
                        + "position, so make them equally long",
                "patching.path(model, { ...pair, receivers: head('3.0').z })",
                "RangeError: a receiver is a head's q, k or v, an MLP or \"logits\", not blocks.3.attn.hook_z",
                "patching.path(model, { ...pair, receivers: [] })",
                "TypeError: patching.path needs receivers, as in [head(\"8.6\").q, mlp(7), \"logits\"]",
                "patching.path(model, { ...pair, senders: 5, receivers: 'logits' })",
                "TypeError: a sender is heads(…), mlps(…) or \"embed\", not 5");
    }
}
