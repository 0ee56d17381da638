package org.tornadolens.dsl.script;

import org.junit.jupiter.api.Test;

/** model.ov, model.qk and composition as scripts use them. */
class FactoredMatrixModuleTest {

    private static final String IMPORTS =
            "import { composition, head, heads, load } from \"lens\"; const model = load(); const { nLayers, nHeads, "
                    + "dHead, dModel } = model.config;";

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void aHeadsCircuitIsTheProductOfItsWeights() {
        prints(
                "model.ov('1.2')", "Circuit 128 × 128 of rank 32, residual stream × residual stream",
                "model.ov(head(1, 2)).left.matmul(model.ov('1.2').right).sub(model.weights.W_V(1, 2).rename({ dModel: "
                        + "'row' }).matmul(model.weights.W_O(1, 2))).abs().max() < 1e-5",
                "true",
                "(x => "
                        + "x.matmul(model.ov('1.2').left).matmul(model.ov('1.2').right).mul(x).axes)("
                        + "model.weights.normFinal)",
                "[\"dModel\"]",
                "model.ov('1.2').full().right.axes", "[\"rank\", \"dVocab\"]",
                "Math.abs(model.qk('2.1').norm() - model.weights.W_Q(2, 1).matmul(model.weights.W_K(2, "
                        + "1).transpose().rename({ dModel: 'column' })).norm()) < 1e-3",
                "true",
                "model.qk('2.1', { offset: 0 }).norm() === model.qk('2.1').norm(), model.qk('2.1', { offset: 1 "
                        + "}).norm() === model.qk('2.1').norm()",
                "true false",
                "model.ov('1.2', { fold: true }).left.sub(model.ov('1.2').left.mul(model.weights.norm1(1).rename({ "
                        + "dModel: 'row' }))).abs().max() < 1e-5",
                "true",
                "model.ov('1.2').times(model.ov('2.0')).shape, model.ov('1.2').add(model.ov('1.0')).rank === 2 * dHead",
                "[128, 128] true",
                "Math.abs(model.ov('1.2').scale(-2).transpose().trace() + 2 * model.ov('1.2').trace()) < 1e-4", "true",
                "(({ U, S, V }) => [U.shape, S.shape, V.axes, Math.abs(S.norm() - model.ov('1.2').norm()) < "
                        + "1e-3])(model.ov('1.2').svd())",
                "[[128, 32], [32], [\"column\", \"component\"], true]",
                "Math.abs(model.ov('1.2').eigenvalues().re.sum() - model.ov('1.2').trace()) < 1e-4", "true");
    }

    @Test void entriesAreThoseOfTheVocabulary() {
        prints(
                "model.ov('1.2').full()", "Circuit 1792 × 1792 of rank 32, tokens × tokens",
                "model.ov('1.2').dense([' Mary', ' John'], [860]).shape", "[2, 1]",
                "Math.abs(model.ov('1.2').dense([' Mary']).item() - model.ov('1.2').diagonal().get(860)) < 1e-4",
                "true",
                "(([first]) => Math.abs(first.value - model.ov('1.2').dense([first.row], [first.column]).item()) < "
                        + "1e-4 && model.pieces([first.row])[0] === first.from)(model.ov('1.2').top(3))",
                "true", "Math.abs(model.ov('1.2').dense().max() - model.ov('1.2').top(1)[0].value) < 1e-4", "true",
                "Math.abs(model.ov('1.2').full().trace() - model.ov('1.2').diagonal().sum()) < 1e-2", "true");
    }

    @Test void compositionIsATableOfAllPairs() {
        prints(
                "composition(model, { kind: 'K' }).axes", "[\"fromLayer\", \"fromHead\", \"toLayer\", \"toHead\"]",
                "composition(model, { kind: 'K' }).get(2, 0, 2, 0)", "NaN",
                "(t => Math.abs(t.get(1, 2, 2, 0) - model.ov('1.2').times(model.qk('2.0').transpose()).norm() / "
                        + "model.ov('1.2').norm() / model.qk('2.0').norm()) < 1e-5)(composition(model, { kind: 'K', "
                        + "from: '1.*', to: heads('2.0-1') }))",
                "true", "composition(model, { kind: 'V', from: [head('0.1')], to: '1.1' }).top(100).length", "1",
                "(a => a.get(1, 2, 2, 0) - composition(model, { kind: 'Q', baseline: true }).get(1, 2, 2, 0) - 1 / "
                        + "Math.sqrt(dModel) < 1e-6)(composition(model, { kind: 'Q' }))",
                "true");
    }

    @Test void whatDoesNotFitIsNamed() {
        prints(
                "model.ov('5.0')", "RangeError: no head 5.0: this model has layers 0 to 4 of heads 0 to 3",
                "model.ov('1.*')",
                "RangeError: head takes one head, as in \"10.29\" or (10, 29), not \"1.*\"; heads(…) takes several",
                "model.ov(heads('1.*'))", "TypeError: ov takes one head, as in \"10.29\" or head(10, 29), not a Heads",
                "model.qk('1.0', { ofset: 1 })", "TypeError: qk: no option \"ofset\"; nearest: offset",
                "model.ov('1.0').dense(['Mary John'])",
                "RangeError: \"Mary John\" is not one token but 2 (▁Mary ▁John); name one of them, or give an id",
                "model.ov('1.0').dense([5000])", "RangeError: no token 5000: this model's ids run from 0 to 1791",
                "model.ov('1.0').times(3)",
                "TypeError: times's argument is a FactoredMatrix, as model.ov(…) and model.qk(…) make it, not 3",
                "model.ov('1.0').add(model.qk('1.0'))",
                "RangeError: a sum of Circuit 128 × 128 of rank 32, residual stream × residual stream and Circuit 128 "
                        + "× 128 of rank 32, residual stream × residual stream: they read or write different spaces",
                "composition(model, { kind: 'k' })",
                "RangeError: composition's kind is one of \"Q\", \"K\", \"V\", not \"k\"",
                "composition(model, { kind: 'K', from: '2.*', to: '1.*' })",
                "RangeError: composition: no head of \"to\" is in a later layer than a head of \"from\"",
                "composition(model, { kind: 'V', offset: 1 })",
                "RangeError: composition of values has no offset: values are not rotated");
    }
}
