package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

/** Models, runs, sites, hooks and scores as scripts use them, on the bundled model. */
class ModelModuleTest {

    private static final String IMPORTS =
            """
                    import {
                      load, head, heads, layer, layers, mlp, mlps, resid, site, hook, ablate, add, clamp, edit, freeze,
                      metric, patch, project, scale, scores, tensor,
                    } from "lens";
                    const model = load();
                    const { nLayers, nHeads, dModel, dHead, dVocab } = model.config;
                    const tokens = model.tokens(["Mary and John went to the park", "Once"]);
                    const message = wrong => { try { wrong(); } catch (e) { return e.message; } };
                    const id = word => model.tokens(word, { bos: false }).row(0)[0];
                    const same = (a, b) => a.sub(b).abs().max() < 1e-4;
                    """;

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void textBecomesTokensAndBack() {
        prints(
                "tokens.batch, tokens.shape[0], tokens.axes", "2 2 [\"batch\", \"pos\"]",
                "model.text(tokens)", "[\"Mary and John went to the park\", \"Once\"]",
                "model.pieces(tokens)[1]", "[\"<s>\", \"▁Once\"]",
                "model.tokens('Once').row(0).length, model.tokens('Once', { bos: false }).row(0).length", "2 1",
                "model.text(model.tokens('Once').row(0)), model.pieces([1])", "Once [\"<s>\"]",
                "model.tokens([[1, 5, 7], [1]]).toArray()", "[[1, 5, 7], [1]]",
                "model.random({ length: 5, repeat: 3, batch: 2 }).shape", "[2, 16]",
                "model.random({ length: 5, seed: 1 }).row(0).join() === model.random({ length: 5, seed: 2 "
                        + "}).row(0).join()",
                "false");
    }

    @Test void aRunKeepsWhatItIsAskedToKeep() {
        prints(
                "same(model.run(tokens).logits, model.run(tokens, { cache: true }).logits)", "true",
                "model.run(tokens).cache.names", "[]",
                "model.run(tokens, { cache: 'blocks.*.attn.hook_pattern' }).cache.names.length === nLayers", "true",
                "model.run(tokens, { cache: [head('1.2').z, mlp(0).out] }).cache.names",
                "[\"blocks.0.hook_mlp_out\", \"blocks.1.attn.hook_z\"]",
                "model.run(tokens, { cache: name => name.includes('ln_final') }).cache.names",
                "[\"ln_final.hook_scale\", \"ln_final.hook_normalized\"]",
                "model.run('Once', { cache: heads('0.*').pattern "
                        + "}).cache.get('blocks.0.attn.hook_pattern').shape.join() === [1, nHeads, 2, 2].join()",
                "true", "model.run('Once', { cache: heads('0.*').pattern }).cache.get(head('0.3').pattern).axes",
                "[\"batch\", \"dest\", \"src\"]",
                "model.run(tokens, { at: -1 }).logits.axes, model.run(tokens, { at: -1 }).logits.shape[1]",
                "[\"batch\", \"pos\", \"dVocab\"] 1",
                "model.run(tokens, { loss: true }).loss.shape[1] === tokens.length - 1", "true",
                "model.run(tokens, { stopAt: 2 }).cache.names", "[\"blocks.2.hook_resid_pre\"]",
                "same(model.run(tokens, { from: { 'blocks.2.hook_resid_pre': model.run(tokens, { stopAt: 2 "
                        + "}).cache.get(resid(2).pre) } }).logits.slice({ pos: [-2] }), "
                        + "model.run(tokens).logits.slice({ pos: [-2] }))",
                "true");
    }

    @Test void aHookSeesOneHeadAndMayChangeItInPlaceOrReturnAnother() {
        prints(
                "(() => { const seen = []; model.run('Once', { hooks: [hook(heads('0.1, 1.0-2').z.at(-1), (z, at) => "
                        + "{ seen.push(`${at.layer}.${at.head} ${z.axes} ${z.shape[1]}`); })] }); return seen; })()",
                "[\"0.1 batch,pos,dHead 1\", \"1.0 batch,pos,dHead 1\", \"1.1 batch,pos,dHead 1\", \"1.2 "
                        + "batch,pos,dHead 1\"]",
                "same(model.run(tokens, { hooks: [hook(head('1.2'), z => { z.fill(0); })] }).logits, "
                        + "model.run(tokens, { hooks: [hook(head('1.2'), z => z.mul(0))] }).logits)",
                "true",
                "same(model.run(tokens, { hooks: [hook(head('1.2'), z => z.mul(0))] }).logits, model.run(tokens, { "
                        + "hooks: [ablate(head('1.2'), { with: 'zero' })] }).logits)",
                "true",
                "same(model.run(tokens, { hooks: [hook(head('1.2'), () => {})] }).logits, model.run(tokens).logits)",
                "true",
                "same(model.run(tokens, { hooks: [ablate('*.*', { with: 'zero' })] }).logits, model.run(tokens, { "
                        + "hooks: [ablate(layers().attnOut, { with: 'zero' })] }).logits)",
                "true");
    }

    @Test void declaredChangesDoWhatTheSameHookDoes() {
        // one row: in a batch, positions count from each row's first real token, and by hand from the padding
        String one =
                "(declared, byHand) => model.run('Mary and John', { hooks: [declared] }).logits.sub(model.run('Mary "
                        + "and John', { hooks: [byHand] }).logits).abs().max() < 1e-4";
        String by =
                "(declared, byHand) => model.run(tokens, { hooks: [declared] }).logits.sub(model.run(tokens, { hooks: "
                        + "[byHand] }).logits).abs().max() < 1e-4";
        prints(
                "(" + by + ")(scale(head('1.2').k, -2), hook(head('1.2').k, k => k.mul(-2)))", "true",
                "(" + by + ")(add(resid(1).post, model.weights.W_U.at({ dVocab: 7 }), { times: 3 }), "
                        + "hook(resid(1).post, x => x.add(model.weights.W_U.at({ dVocab: 7 }).mul(3))))",
                "true", "(other => (" + by
                        + ")(patch(heads('1.*').z.at(-1), { from: other }), hook(heads('1.*').z.at(-1), (z, c) => "
                        + "other.cache.get(head(1, c.head).z.at(-1)))))(model.run(tokens.toArray().map(row => "
                        + "row.map(id => id + 1)), { cache: heads().z }))",
                "true", "(reference => (" + by
                        + ")(ablate(mlp(1), { with: 'mean', over: reference }), hook(mlp(1), x => "
                        + "x.mul(0).add(model.run(reference, { cache: mlp(1).out "
                        + "}).cache.get(mlp(1).out).mean('batch').mean('pos')))))(model.random({ batch: 3, "
                        + "length: 9 }))",
                "true", "(reference => (" + one
                        + ")(ablate(mlp(1), { with: 'mean', over: reference, by: 'position' }), hook(mlp(1), x => "
                        + "x.mul(0).add(reference.cache.get(mlp(1).out).mean('batch').slice({ pos: [0, "
                        + "model.tokens('Mary and John').length] })))))(model.run(model.random({ batch: 3, "
                        + "length: 40 }), { cache: mlp(1).out }))",
                "true",
                "(" + by + ")(ablate(mlp(1).post.neurons(3), { with: 'zero' }), hook(mlp(1).post, x => { x.at({ dMlp: "
                        + "3 }).fill(0); }))",
                "true", "(" + one
                        + ")(scale(head('1.2').pattern.at(-1).from(0), 0), hook(head('1.2').pattern, p => { p.at({ "
                        + "dest: -1, src: 0 }).fill(0); }))",
                "true",
                "(d => model.run(tokens, { hooks: [project(resid(1).post, d)], cache: resid(1).post "
                        + "}).cache.get(resid(1).post).dot(d).abs().max() < 1e-4)(model.weights.W_U.at({ dVocab: 7 }))",
                "true");
    }

    @Test void dataThatIsMissingOrDoesNotFitIsRefused() {
        prints(
                "ablate(head('0.1'), { with: 'mean' })",
                "TypeError: ablate with \"mean\" needs reference inputs: { over: tokens } (as model.tokens(…) or "
                        + "model.random(…) make them), { over: run }, a dataset or the means of a survey, "
                        + "not undefined",
                "message(() => model.run(tokens, { hooks: [patch(head('0.1').z, { from: model.run(tokens) })] "
                        + "})).startsWith('blocks.0.attn.hook_z was not kept')",
                "true", "patch(head('0.1').z, { from: 3 })",
                "TypeError: patch's from is a run or a tensor, not 3",
                "resid(1).post.from(2)",
                "TypeError: only a pattern and its scores have sources; resid(1).post.from(…) names none",
                "message(() => model.run(tokens, { hooks: [project(resid(1).pre, tensor([1, 2], 'x'))] }))",
                "project on blocks.1.hook_resid_pre: the direction has 2 components, and vectors there have 128 "
                        + "(dModel)");
    }

    @Test void aHooksOwnErrorArrivesAsItWasThrown() {
        prints(
                "(() => { class Mine extends Error {} try { model.run('Once', { hooks: [hook(head('0.0'), () => { "
                        + "throw new Mine('here'); })] }); } catch (e) { return `${e instanceof Mine} ${e.message}`; "
                        + "} })()",
                "true here", "model.run('Once', { hooks: [hook(head('0.0'), () => 3)] })",
                "TypeError: what the hook on blocks.0.attn.hook_z returns is a Tensor, not 3",
                "message(() => model.run('Once', { hooks: [hook(head('0.0'), z => z.slice({ dHead: [0, 2] }))] })) "
                        + "=== `the hook on blocks.0.attn.hook_z was given [batch 1, pos 2, dHead ${dHead}] and "
                        + "returned [batch 1, pos 2, dHead 2]`",
                "true", "model.run('Once', { hooks: [hook(head('0.0'), async z => z)] })",
                "TypeError: the hook on blocks.0.attn.hook_z is async; a hook returns its value at once");
    }

    @Test void aModelSeenThroughInterventionsLeavesTheOriginalAsItWas() {
        prints(
                "(() => { const before = model.run(tokens).logits; const changed = model.with(ablate(head('0.1'), { "
                        + "with: 'zero' })); return [same(changed.run(tokens).logits, before), "
                        + "same(model.run(tokens).logits, before)]; })()",
                "[false, true]",
                "same(model.with([ablate(head('0.1'), { with: 'zero' })]).run(tokens).logits, model.run(tokens, { "
                        + "hooks: [ablate(head('0.1'), { with: 'zero' })] }).logits)",
                "true", "String(model.with(ablate(mlp(2), { with: 'zero' }))).split('\\n')[1]",
                "  zero in place of blocks.2.hook_mlp_out");
    }

    @Test void aClampedValueLiesBetweenItsLimits() {
        prints(
                "(post => [post.min(), post.max()])(model.run(tokens, { cache: mlp(1).post,"
                        + " hooks: [clamp(mlp(1).post, { min: -0.25, max: 0.5 })] }).cache.get(mlp(1).post))",
                "[-0.25, 0.5]",
                "(wide => same(model.run(tokens, { hooks: [wide] }).logits, model.run(tokens).logits))"
                        + "(clamp(mlp(1).post, { min: -1e9 }))",
                "true", "String(model.with(clamp(mlp(2), { max: 3 }))).split('\\n')[1]",
                "  blocks.2.hook_mlp_out limited to at most 3.0",
                "String(clamp(mlp(2), { min: -1, max: 3 }))", "clamp mlp(2) to at least -1 and at most 3",
                "clamp(mlp(2))", "TypeError: clamp needs to know the limits: { min }, { max } or { min, max }",
                "message(() => clamp(mlp(2), { min: 2, max: 1 }))", "clamp's min 2.0 is above its max 1.0",
                "message(() => clamp(mlp(2), { max: NaN }))", "a limit of clamp is a number, not NaN");
    }

    @Test void metricsAreNumbersOfTheLogits() {
        String at =
                "const run = model.run(tokens, { loss: true }), last = run.logits.at({ pos: -1 }), p = "
                        + "last.softmax('dVocab');";
        prints(
                "(() => { " + at
                        + " return same(metric.logitDiff({ correct: 'Mary', wrong: 'John' }).of(run), last.at({ "
                        + "dVocab: id('Mary') }).sub(last.at({ dVocab: id('John') }))); })()",
                "true", "(() => { " + at
                        + " return same(metric.logitDiff({ correct: ['Mary', 7], wrong: 9 }).of(run), "
                        + "tensor([last.get(0, id('Mary')) - last.get(0, 9), last.get(1, 7) - last.get(1, "
                        + "9)], 'batch')); })()",
                "true", "(() => { " + at
                        + " return same(metric.logProb('Mary').of(run).exp(), p.at({ dVocab: id('Mary') })) && "
                        + "same(metric.prob(['Mary', 9]).of(run), p.at({ dVocab: id('Mary') }).add(p.at({ "
                        + "dVocab: 9 }))); })()",
                "true",
                "(() => { " + at + " return same(metric.logit('Mary').of(run), last.at({ dVocab: id('Mary') })); })()",
                "true", "(() => { " + at
                        + " const best = last.argmax('dVocab').toArray(); return metric.rank(best).of(run).sum() === "
                        + "0 && metric.rank(best.map(b => (b + 1) % dVocab)).of(run).min() > 0; })()",
                "true", "(() => { " + at
                        + " return metric.kl(run).of(run).abs().max() < 1e-5 && metric.kl(model.run(tokens, { hooks: "
                        + "[ablate(layers(), { with: 'zero' })] })).of(run).min() > 0.01; })()",
                "true", "(() => { " + at
                        + " const loss = run.loss; const whole = loss.at({ batch: 0 }); return "
                        + "Math.abs(metric.loss().of(run).get(0) - whole.mean()) < 1e-4 && "
                        + "Math.abs(metric.loss({ from: 3 }).of(model.run('Mary and John went to the "
                        + "park')).get(0) - whole.slice({ pos: [3, whole.shape[0]] }).mean()) < 1e-4; })()",
                "true",
                "metric.logitDiff({ correct: 'Mary' })", "TypeError: logitDiff needs two tokens: { correct, wrong }",
                "message(() => metric.rank('Mary and John').of(model.run(tokens))).startsWith('\"Mary and "
                        + "John\" is not one token but 3 (')",
                "true",
                "message(() => metric.rank('Mary').of(model.run(tokens, { at: 0 }))).startsWith('this run has logits "
                        + "at [0], and those at [-1] are needed')",
                "true");
    }

    @Test void editedWeightsChangeACopyOfTheModel() {
        prints(
                "same(model.edit(edit.zero(heads('1.2, 2.*').OV)).run(tokens).logits, model.run(tokens, { hooks: "
                        + "[ablate(heads('1.2, 2.*'), { with: 'zero' })] }).logits)",
                "true",
                "same(model.edit([edit.zero(mlp(2)), edit.scale(head('0.1').QK, 3)]).run(tokens).logits, "
                        + "model.run(tokens, { hooks: [ablate(mlp(2), { with: 'zero' }), scale(head('0.1').q, 3)] "
                        + "}).logits)",
                "true",
                "same(model.edit(edit.set('W_O', 1, 2, model.weights.W_O(1, 2).mul(2))).run(tokens).logits, "
                        + "model.run(tokens, { hooks: [scale(head('1.2'), 2)] }).logits)",
                "true",
                "same(model.edit(edit.zero(mlp(2).neurons(1, 2))).run(tokens).logits, model.run(tokens).logits)",
                "false",
                "edit.scale(head('1.2').OV, 0.5), edit.zero(mlp(2).neurons(1, 2)), edit.set('W_O', 1, 2, "
                        + "model.weights.W_O(1, 2))",
                "scale 1.2.OV by 0.5 zero mlp(2).neurons(1, 2) set W_O 1 2", "edit.scale(head('1.2'), 0.5)",
                "TypeError: edit.scale's target is head(…).OV, head(…).QK, mlp(…) or mlp(…).neurons(…), not a Head",
                "message(() => model.with(ablate(mlp(2), { with: 'zero' })).save('m')).startsWith('a checkpoint "
                        + "cannot hold interventions')",
                "true",
                "(folder => same(load(folder).run(tokens).logits, model.run(tokens).logits))(model.save('copy'))",
                "true",
                "(folder => same(load(folder).weights.W_Q(1), load({ dtype: 'bf16' "
                        + "}).weights.W_Q(1)))(model.save('half', { dtype: 'bf16' }))",
                "true", "message(() => model.save('bytes', { dtype: 'q8_0' }))",
                "save's dtype is one of \"f32\", \"f16\", \"bf16\", not \"q8_0\"");
    }

    @Test void keysAndValuesOfAGroupedQueryModelBelongToTheGroup() {
        prints(
                "(grouped => String(grouped.with(ablate(head('1.2').k, { with: 'zero' "
                        + "}))).split('\\n')[1].trim())(load('../runtime/src/test/resources/golden/grouped-query'))",
                "zero in place of blocks.1.attn.hook_k heads [2], shared by heads 2-3",
                "(grouped => same(...['1.2', '1.3'].map(name => grouped.run([1, 5, 7], { hooks: [ablate(head(name).v, "
                        + "{ with: 'zero' })] }).logits)))(load('../runtime/src/test/resources/golden/grouped-query'))",
                "true");
    }

    @Test void aModelWithoutATokenizerRunsOnIds() {
        prints(
                "(bare => bare.generate([1, 5], { max: 3 "
                        + "}).tokens.length)(load('../runtime/src/test/resources/golden/one-head'))",
                "5",
                "message(() => load('../runtime/src/test/resources/golden/one-head').run('Once')).startsWith('this "
                        + "model has no tokenizer')",
                "true");
    }

    @Test void namesPrintAsTheyAreWritten() {
        prints(
                "head('3.1'), head(3, 1), heads(), heads('0-2.*').q, head('3.1').layer, head('3.1').head",
                "3.1 3.1 *.* 0-2.*.q 3 1",
                "layer(2).attnOut, mlps('0-3').post, resid(5).mid.at(0, -1), site('hook_embed')",
                "layer(2).attnOut mlps(\"0-3\").post resid(5).mid.at(0, -1) hook_embed".replace("mlps", "mlp"),
                "hook([head('1.2'), mlp(3).out], () => {}), ablate(heads('1.*').k, { with: 'zero' })",
                "hook on 1.2, mlp(3).out ablate 1.*.k with zero",
                "model.heads(heads('1.2-3, 0.0'))", "[1.2, 1.3, 0.0]");
    }

    @Test void scoresAreOneTensorForEachKindOfHead() {
        prints(
                "['firstToken', 'previousToken', 'currentToken', 'duplicateToken', 'induction', "
                        + "'prefixMatching'].map(name => scores[name](model, { length: 8, batch: 1 })).every(s => "
                        + "s.axes.join() === 'layer,head' && s.min() >= 0 && s.max() <= 1.0001)",
                "true", "same(scores.induction(model, { length: 8 }), scores.induction(model, { length: 8 }))", "true",
                "scores.previousToken(model.with(hook(head('2.1').pattern, p => { p.fill(0); p.diagonal(-1).fill(1); "
                        + "})), { length: 8 }).get(2, 1).toFixed(4)",
                "1.0000", "scores.copying(model).shape.join() === [nLayers, nHeads].join()", "true");
    }

    @Test void generationContinuesThePrompt() {
        prints(
                "model.generate('Once upon', { max: 5 }).text.startsWith('Once upon')", "true",
                "model.generate('Once upon', { max: 5 }).tokens.length - model.tokens('Once upon').length <= 5", "true",
                "model.generate(['Once', 'Mary and'], { max: 3 }).text.length", "2",
                "model.generate('Once', { max: 8, temperature: 1, seed: 3 }).text === model.generate('Once', { max: "
                        + "8, temperature: 1, seed: 3 }).text",
                "true", "model.generate('Once', { max: 4, cache: 'hook_embed' }).cache.names", "[\"hook_embed\"]",
                "(() => { const t = model.generate('Once', { max: 30 }).text; const stop = t.slice(10, 12); return "
                        + "model.generate('Once', { max: 30, stop }).text.length < t.length; })()",
                "true");
    }

    @Test void generationReportsItsTokensAndWhyItEnded() {
        prints(
                "model.generate('Once', { max: 2 }).ended, model.generate(['Once', 'The'], { max: 2 }).ended",
                "max [\"max\", \"max\"]",
                "(() => { const t = model.generate('Once', { max: 9 }).tokens.row(0); const stop = t[t.length - 4]; "
                        + "return model.generate('Once', { max: 9, stop }).ended; })()",
                "stop",
                "(g => [g.logProbs.length, g.logProbs[0].alternatives.length, g.logProbs[0].token === "
                        + "g.logProbs[0].alternatives[0].token, g.logProbs.map(c => c.text).join('') === "
                        + "g.text.slice(4)].join())(model.generate('Once', { max: 3, logProbs: 2 }))",
                "3,2,true,true",
                "(g => g.logProbs[0].logProb.toFixed(3) === metric.logProb(g.logProbs[0].token)"
                        + ".of(model.run('Once')).item().toFixed(3) && g.logProbs[0].alternatives.length)"
                        + "(model.generate('Once', { max: 1, logProbs: true }))",
                "0", "model.generate(['Once', 'The'], { max: 2, logProbs: true }).logProbs.length", "2");
    }

    @Test void interventionsApplyInTheirSteps() {
        prints(
                "String(scale(head('0.1').z, 2, { steps: 'new' })) + ' | ' + "
                        + "ablate(head('0.1'), { with: 'zero', steps: [2, 5] })",
                "scale 0.1.z by 2 during new tokens | ablate 0.1 with zero during steps 2 to 4",
                "(m => same(m.run('Once').logits, model.run('Once').logits))"
                        + "(model.with(ablate(layer(0), { with: 'zero', steps: 'new' })))",
                "true",
                "(() => { const name = 'blocks.0.hook_mlp_out', m = model.with(ablate(mlp(0), { with: 'zero', steps: "
                        + "[1, 3] })), g = m.generate('Once', { max: 4, cache: name }), c = g.cache.get(name); "
                        + "return c.abs().sum('dModel').at({ batch: 0 }).toArray().slice(-5).map(x => x > 0 ? 1 : 0)"
                        + ".join(''); })()",
                "10011");
    }

    @Test void theRotaryFrequenciesAreThoseOfTheModel() {
        prints(
                "model.config.ropeFrequencies.length === model.config.dHead / 2, model.config.ropeFrequencies[0]",
                "true 1",
                "Math.abs(model.config.ropeFrequencies.at(-1) - model.config.ropeTheta ** (2 / model.config.dHead - "
                        + "1)) < 1e-9",
                "true",
                "model.run('Once', { cache: head('0.0').pattern }).cache.get(head('0.0').pattern).diagonal(-0).shape",
                "[1, 2]");
    }

    @Test void weightsAreMatricesThatMultiplyFromTheRight() {
        prints(
                "model.weights.W_E.axes, model.weights.W_U.axes", "[\"dVocab\", \"dModel\"] [\"dModel\", \"dVocab\"]",
                "model.weights.W_Q(0, 1).axes, model.weights.W_O(0).axes, model.weights.W_gate(0).axes, "
                        + "model.weights.W_down(0).axes",
                "[\"dModel\", \"dHead\"] [\"head\", \"dHead\", \"dModel\"] [\"dModel\", \"dMlp\"] [\"dMlp\", "
                        + "\"dModel\"]",
                "(() => { const run = model.run('Once', { cache: ['blocks.0.ln1.hook_normalized', head('0.1').q] }); "
                        + "const x = run.cache.get('blocks.0.ln1.hook_normalized').mul(model.weights.norm1(0)); "
                        + "return x.matmul(model.weights.W_Q(0, 1)).sub(run.cache.get(head('0.1').q)).abs().max() < "
                        + "1e-4; })()",
                "true",
                "(() => { const run = model.run('Once', { cache: [head('0.1').z, head('0.1').result] }); return "
                        + "run.cache.get(head('0.1').z).matmul(model.weights.W_O(0, "
                        + "1)).sub(run.cache.get(head('0.1').result)).abs().max() < 1e-4; })()",
                "true");
    }

    @Test void whatIsNotThereIsNamedWithTheNearest() {
        prints(
                "message(() => model.confg) === 'no Model property \"confg\"; nearest: config'", "true",
                "model.config.nLayer",
                "TypeError: no Configuration property \"nLayer\"; nearest: nLayers",
                "model.run(tokens, { cahce: true })", "TypeError: run: no option \"cahce\"; nearest: cache",
                "model.run(tokens, { cache: 'blocks.0.attn.hook_patern' })",
                "RangeError: no hook \"blocks.0.attn.hook_patern\"; nearest: blocks.0.attn.hook_pattern, "
                        + "blocks.1.attn.hook_pattern, blocks.2.attn.hook_pattern",
                "message(() => model.run(tokens, { hooks: [ablate(head(nLayers, 0), { with: 'zero' })] })) === "
                        + "`\"${nLayers}.0\" names layer ${nLayers}; this model has layers 0 to ${nLayers - 1}`",
                "true",
                "message(() => model.with(ablate(`0.${nHeads}`, { with: 'zero' }))) === `\"0.${nHeads}\" names head "
                        + "${nHeads}; this model has heads 0 to ${nHeads - 1}`",
                "true", "ablate(head('1.2'))",
                "TypeError: ablate needs to know what takes the value's place: { with: \"zero\" }, or { with: "
                        + "\"mean\", over: tokens }",
                "ablate(resid(2), { with: 'zero' })",
                "TypeError: ablate's target names resid(2); say which: resid(2).pre, .mid or .post", "head('1.*')",
                "RangeError: head takes one head, as in \"10.29\" or (10, 29), not \"1.*\"; heads(…) takes several",
                "scores.induktion(model)",
                "TypeError: no Scores property \"induktion\"; nearest: induction", "model.run({})",
                "TypeError: run takes text, ids, Tokens, or an array of texts or of rows of ids, not an object",
                "model.run(tokens).loss", "RangeError: this run computed no loss: ask for it with the option loss");
    }

    @Test void aModelThatDoesNotExistIsLookedForInTheScriptsFolder() {
        String message = Scripts.error("import { load } from 'lens'; load('no-such-model');");
        assertTrue(message.startsWith("Error: no-such-model: no such file or folder in ")
                && message.endsWith("; --allow-read FOLDER lets a script open models of another folder, and --model "
                        + "PATH opens any"),
                message);
    }
}
