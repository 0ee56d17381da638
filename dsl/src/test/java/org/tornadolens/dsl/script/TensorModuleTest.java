package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TensorModuleTest {

    /** Asserts what expressions print, both alternating; {@code t} is a new tensor [layer 2, head 3] of 1 to 6. */
    private static void prints(String... expressionsAndResults) {
        Scripts.prints("import { tensor } from 'lens';", "const t = tensor([[1, 2, 3], [4, 5, 6]], ['layer', 'head']);",
                expressionsAndResults);
    }

    @Test void aTensorHasAxesShapeAndItsOwnMemory() {
        prints(
                "t.axes, t.shape", "[\"layer\", \"head\"] [2, 3]",
                "(() => { t.data[0] = 9; return [...t.data]; })()", "[9, 2, 3, 4, 5, 6]",
                "(() => { t.data[0] = 9; return t.get(0, 0); })()", "9",
                "(() => { t.set(1, 2, 7); return t.data[5]; })()", "7",
                "t.toArray()", "[[1, 2, 3], [4, 5, 6]]",
                "t.transpose().toArray()", "[[1, 4], [2, 5], [3, 6]]",
                "JSON.stringify({ t })", "{\"t\":[[1,2,3],[4,5,6]]}");
    }

    @Test void viewsShareMemory() {
        prints(
                "t.at({ layer: -1 }).toArray()", "[4, 5, 6]",
                "t.slice({ head: [1] }).toArray()", "[[2, 3], [5, 6]]",
                "(t.at({ layer: 0 }).fill(0), t.toArray())", "[[0, 0, 0], [4, 5, 6]]",
                "t.set({ head: 1 }, tensor([8, 9], 'layer')).toArray()", "[[1, 8, 3], [4, 9, 6]]",
                "t.diagonal().toArray()", "[1, 5]",
                "t.reshape({ row: 6 }).axes, t.reshape({ row: 6 }).shape", "[\"row\"] [6]",
                "t.rename({ head: 'src' }).axes", "[\"layer\", \"src\"]");
    }

    @Test void aReductionWithoutAnAxisIsANumber() {
        prints(
                "t.sum(), t.mean(), t.max(), t.min(), t.argmax()", "21 3.5 6 1 5",
                "t.sum('layer').toArray(), t.sum('head').toArray()", "[5, 7, 9] [6, 15]",
                "t.sum('layer', 'head').item(), t.sum(['layer', 'head']).item()", "21 21",
                "t.argmax('head').toArray()", "[2, 2]",
                "t.std().toFixed(5)", "1.87083",
                "t.norm().toFixed(4)", "9.5394");
    }

    @Test void arithmeticMatchesAxesByName() {
        prints(
                "t.add(t).toArray()", "[[2, 4, 6], [8, 10, 12]]",
                "t.sub(tensor([1, 2, 3], 'head')).toArray()", "[[0, 0, 0], [3, 3, 3]]",
                "t.mul(tensor([2, 10], 'layer')).toArray()", "[[2, 4, 6], [40, 50, 60]]",
                "t.div(2).at({ layer: 0 }).toArray()", "[0.5, 1, 1.5]",
                "t.dot(tensor([1, 2, 3], 'head')).toArray()", "[14, 32]",
                "Number(t.dot(t))", "91",
                "t.matmul(t.transpose().rename({ layer: 'other' })).toArray()", "[[14, 32], [32, 77]]",
                "t.softmax('head').at({ layer: 1 }).sum().toFixed(6)", "1.000000",
                "tensor([0.5], 'pos').at({ pos: 0 }) > 0.4", "true");
    }

    @Test void functionsOfEachElement() {
        prints(
                "t.sub(3).relu().toArray(), t.neg().get(0, 1), t.pow(2).get(1, 0)", "[[0, 0, 0], [1, 2, 3]] -2 16",
                "tensor([4, 0.25], 'pos').sqrt().toArray()", "[2, 0.5]",
                "tensor([0], 'pos').sigmoid().toArray()", "[0.5]",
                "t.clip(2, 5).toArray(), t.clip(-Infinity, 2).max()", "[[2, 2, 3], [4, 5, 5]] 2",
                "t.gt(3).sum(), t.ge(3).sum(), t.lt(3).sum(), t.le(3).sum(), t.eq(3).sum()", "3 4 2 3 1",
                "t.gt(tensor([0, 2, 5], 'head')).toArray()", "[[1, 0, 0], [1, 1, 1]]",
                "t.map(x => x * x).toArray(), t.get(0, 1)", "[[1, 4, 9], [16, 25, 36]] 2",
                "t.map(x => '1')", "TypeError: what map's function returns is a number, not \"1\"",
                "t.map(3)", "TypeError: map takes a function x => number, not 3",
                "t.clip(1)", "TypeError: clip's maximum is a number, not undefined");
    }

    @Test void operationsAlongAnAxis() {
        prints(
                "t.cumsum('head').toArray()", "[[1, 3, 6], [4, 9, 15]]",
                "t.sort('head', { descending: true }).toArray()", "[[3, 2, 1], [6, 5, 4]]",
                "t.sort('head', { reverse: true })",
                "TypeError: sort: no option \"reverse\"; there is descending",
                "t.cosine(tensor([0, 0, 2], 'head'), 'head').toArray().map(x => x.toFixed(4))",
                "[\"0.8018\", \"0.6838\"]",
                "t.gather('head', [2, 0, -1]).toArray()", "[[3, 1, 3], [6, 4, 6]]",
                "t.gather('head', [])", "RangeError: gather's indices is an empty array",
                "t.gather('head', 1)", "TypeError: gather's indices is an array, not 1",
                "t.gather('head', [3])", "RangeError: head 3 is outside head's 3 (0 to 2, or -1 to -3 from the end)",
                "t.cumsum()", "TypeError: cumsum's axis is a string, not undefined");
    }

    @Test void tensorsAreJoinedStackedAndMultipliedByAxisName() {
        Scripts.prints("import { concat, einsum, stack, tensor } from 'lens';",
                "const t = tensor([[1, 2, 3], [4, 5, 6]], ['layer', 'head']), w = tensor([1, 10], 'layer');",
                "concat([t, t.slice({ head: [0, 1] })], 'head').toArray()", "[[1, 2, 3, 1], [4, 5, 6, 4]]",
                "stack([w, w], 'row').toArray(), stack([w, w], 'row').axes", "[[1, 10], [1, 10]] [\"row\", \"layer\"]",
                "einsum('layer head, layer -> head', t, w).toArray()", "[41, 52, 63]",
                "w.outer(tensor([1, 2], 'pos')).toArray()", "[[1, 2], [10, 20]]",
                "concat([], 'head')", "RangeError: concat's tensors is an empty array",
                "concat([t, 1], 'head')", "TypeError: each of concat's tensors is a Tensor, not 1",
                "einsum(t, w)", "TypeError: einsum's first argument is a string, not a Tensor",
                "w.mul(tensor([1, 2], 'pos'))",
                "RangeError: mul of [layer 2] and [pos 2]: each has an axis that the other lacks (layer and pos); if "
                        + "they are the same, rename one, as in .rename({ pos: \"layer\" }); for products over all "
                        + "axes, use .outer(other)");
    }

    @Test void goingThroughATensorGivesItsRows() {
        prints(
                "[...t].map(row => row.sum())", "[6, 15]",
                "[...t.at({ layer: 1 })]", "[4, 5, 6]",
                "[...tensor(2, {})]", "TypeError: a Tensor without axes has no rows to go through: use .item()");
    }

    @Test void operatorsAreErrorsThatNameTheMethods() {
        String error = "TypeError: operators take numbers, not a Tensor [layer, head]: use .add, .sub, .mul, .div, "
                + ".neg, .gt, .lt and its other methods, reduce it, as in .max(), or take one element with .get(…); in "
                + "`${…}` it is text";
        prints(
                "t + 1", error, "-t", error, "t * t", error, "t == 1", error, "Math.max(t)", error,
                "tensor(2, {}) + 1", "3",
                "`${tensor([1], 'pos')}`", "Tensor [pos 1] f32\n  1");
    }

    @Test void maskedElementsDoNotCount() {
        prints(
                "t.mask, t.masked(t.gt(4)).mean(), t.masked(tensor([1, 0, 1], 'head')).sum('head').toArray()",
                "undefined 5.5 [4, 10]",
                "t.masked(tensor([1, 0, 1], 'head')).mask.toArray()", "[1, 0, 1]",
                "t.masked(t.gt(4)).filled(0).toArray()", "[[0, 0, 0], [0, 5, 6]]",
                "t.masked(t.gt(4)).map(x => 1 / (x - 4)).sum()", "1.5",
                "t.masked(t.gt(9)).sum()", "RangeError: sum of [layer 2, head 3]: every element is padding",
                "t.masked(tensor([1, 0], 'head'))",
                "RangeError: masked: [head 2] is no mask of [layer 2, head 3]: its axes must be among the tensor's, of "
                        + "the same size");
    }

    @Test void topRowsHoldTheIndexByAxis() {
        prints(
                "t.top(2)", "[{ layer: 1, head: 2, value: 6 }, { layer: 1, head: 1, value: 5 }]",
                "t.get(t.top(1)[0].index)", "6");
    }

    @Test void itPrintsAsShapeStatisticsAndValues() {
        prints(
                "t", "Tensor [layer 2, head 3] f32  mean 3.5, std 1.871, min 1, max 6\n  1  2  3\n  4  5  6",
                "`result: ${tensor(2, {})}`", "result: Tensor [] f32\n  2");
    }

    @Test void filesGiveBackWhatWasSaved(@TempDir Path folder) throws Exception {
        Scripts.run(folder, """
                import { tensor } from "lens";
                const view = tensor([[1, 2, 3], [4, 5, 6]], ["layer", "head"]).transpose();
                view.save("t.safetensors").save("deep/t.npy");
                """);
        assertEquals("""
                [[1, 4], [2, 5], [3, 6]] ["head", "layer"]
                [[1, 4], [2, 5], [3, 6]] ["axis0", "axis1"]
                a tensor is saved as .npy or .safetensors, not as "t.txt"
                FILE: no tensor "tensr"; nearest: tensor
                """.replace("FILE", folder.resolve("out/t.safetensors").toString()), Scripts.run(folder, """
                import { loadTensor, print } from "lens";
                const named = loadTensor("out/t.safetensors"), plain = loadTensor("out/deep/t.npy");
                print(named.toArray(), named.axes);
                print(plain.toArray(), plain.axes);
                for (const wrong of [() => named.save("t.txt"), () => loadTensor("out/t.safetensors", "tensr")]) {
                  try { wrong(); } catch (e) { print(e.message); }
                }
                """));
    }

    @Test void unknownNamesAreErrorsWithTheNearest() {
        prints(
                "t.mean('heads')", "RangeError: no axis \"heads\" in [layer 2, head 3]; nearest: head",
                "t.shpe", "TypeError: no Tensor property \"shpe\"; nearest: shape",
                "t.at({ layer: 2 })", "RangeError: layer 2 is outside layer's 2 (0 to 1, or -1 to -2 from the end)",
                "t.at(3)", "TypeError: at takes indices by axis, as in { layer: -1 }, not 3",
                "t.at({ layer: 'a' })", "TypeError: the index of layer is a whole number, not \"a\"",
                "t.add([1])", "TypeError: add's argument is a Tensor, not an array of 1",
                "t.add(tensor([1, 2], 'head'))", "RangeError: add: head differs in [layer 2, head 3] and [head 2]",
                "t > 1",
                "TypeError: operators take numbers, not a Tensor [layer, head]: use .add, .sub, .mul, .div, .neg, .gt, "
                        + ".lt and its other methods, reduce it, as in .max(), or take one element with .get(…); in "
                        + "`${…}` it is text",
                "tensor([[1, 2], [3]], ['layer', 'head'])",
                "RangeError: tensor: the values do not form [layer 2, head 2]: rows differ in length, in depth, or "
                        + "are not numbers",
                "tensor([1, 2, 3], { layer: 2, head: 2 })",
                "RangeError: tensor: 3 numbers do not fill [layer 2, head 2], which takes 4");
    }

    @Test void whatTheLanguageLooksForPassesByUnknownNames() {
        prints(
                "t.then, t.constructor.name, t.hasOwnProperty('x')", "undefined Tensor false",
                "await t === t", "true");
    }
}
