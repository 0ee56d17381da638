package org.tornadolens.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.tornadolens.tensor.TensorsForTests.random;

import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;

class ArithmeticTest {

    @Test void axesAreMatchedByNameWhateverTheirOrder() {
        Tensor a = random(1, "batch", 2, "pos", 3), b = random(2, "pos", 3, "batch", 2);
        Tensor sum = a.add(b), difference = a.sub(b), product = a.mul(b), quotient = a.div(b);
        for (int i = 0; i < 2; i++) {
            for (int p = 0; p < 3; p++) {
                float x = a.get(i, p), y = b.get(p, i);
                // both have all axes, so the order is that of the left
                assertEquals(x + y, sum.get(i, p));
                assertEquals(x - y, difference.get(i, p));
                assertEquals(x * y, product.get(i, p));
                assertEquals(x / y, quotient.get(i, p));
            }
        }
    }

    @Test void missingAxesAreRepeatedOnEitherSide() {
        Tensor vector = random(3, "dModel", 4), residual = random(4, "batch", 2, "pos", 3, "dModel", 4);
        assertEquals("[batch 2, pos 3, dModel 4]", vector.sub(residual).shape().toString());
        assertEquals(vector.get(3) - residual.get(1, 2, 3), vector.sub(residual).get(1, 2, 3));
        assertEquals(residual.get(1, 2, 3) - vector.get(3), residual.sub(vector).get(1, 2, 3));
        Tensor layers = random(5, "layer", 2), heads = random(6, "head", 3), outer = layers.outer(heads);
        assertEquals("[layer 2, head 3]", outer.shape().toString());
        assertEquals(layers.get(1) * heads.get(2), outer.get(1, 2));
    }

    @Test void anAxisOfSizeOneIsRepeated() {
        Tensor residual = random(7, "pos", 3, "dModel", 4), scale = random(8, "pos", 3, "dModel", 1);
        assertEquals(residual.get(2, 3) / scale.get(2, 0), residual.div(scale).get(2, 3));
        assertEquals("[pos 3, dModel 4]", scale.mul(residual).shape().toString());
    }

    @Test void scalarsAndFunctionsOfOneElement() {
        Tensor x = Tensor.of(Shape.of("pos", 3), -1, 0.5f, 2);
        assertEquals(1.5f, x.add(1).get(1));
        assertEquals(-0.5f, x.sub(1).get(1));
        assertEquals(-2, x.mul(2).get(0));
        assertEquals(1, x.div(2).get(2));
        assertEquals(1, x.abs().get(0));
        assertEquals((float) Math.exp(2), x.exp().get(2));
        assertEquals((float) Math.log(2), x.log().get(2));
    }

    @Test void dotContractsEverySharedAxis() {
        Tensor residual = random(9, "pos", 3, "dModel", 5), direction = random(10, "dModel", 5);
        Tensor along = residual.dot(direction);
        assertEquals("[pos 3]", along.shape().toString());
        for (int p = 0; p < 3; p++) {
            double expected = 0;
            for (int d = 0; d < 5; d++) expected += residual.get(p, d) * direction.get(d);
            assertEquals(expected, along.get(p), 1e-6);
        }
        assertEquals(residual.mul(residual).sum(), residual.dot(residual.transpose("dModel", "pos")).item(), 1e-5);
        assertEquals("[pos 3, dVocab 7]", residual.dot(random(11, "dVocab", 7, "dModel", 5)).shape().toString());
    }

    @Test void matmulIsTheMatrixProductAtAwkwardSizes() {
        for (int[] size : new int[][]{{1, 1, 1}, {1, 9, 33}, {5, 3, 1}, {4, 16, 32}, {7, 65, 100}, {130, 77, 31}}) {
            int m = size[0], k = size[1], n = size[2];
            Tensor a = random(m, "row", m, "inner", k), b = random(n, "inner", k, "column", n);
            Tensor c = a.matmul(b), turned =
                    a.transpose().transpose().matmul(b.transpose("column", "inner").transpose("inner", "column"));
            for (int i = 0; i < m; i++) {
                for (int j = 0; j < n; j++) {
                    double expected = 0;
                    for (int x = 0; x < k; x++) expected += (double) a.get(i, x) * b.get(x, j);
                    assertEquals(expected, c.get(i, j), 1e-5 * Math.sqrt(k));
                    assertEquals(c.get(i, j), turned.get(i, j));
                }
            }
        }
    }

    @Test void matmulGivesEachHeadItsOwnMatrix() {
        Tensor z = random(12, "batch", 2, "pos", 3, "head", 4, "dHead", 5),
                output = random(13, "head", 4, "dHead", 5, "dModel", 6);
        Tensor result = z.matmul(output);
        assertEquals("[batch 2, pos 3, head 4, dModel 6]", result.shape().toString());
        Tensor one = z.at("head", 2).matmul(output.at("head", 2));
        assertEquals(0, result.at("head", 2).sub(one).abs().max(), 1e-6);
        Tensor residual = random(14, "batch", 2, "pos", 3, "dModel", 6),
                query = random(15, "head", 4, "dModel", 6, "dHead", 5);
        assertEquals("[batch 2, pos 3, head 4, dHead 5]", residual.matmul(query).shape().toString());
    }

    @Test void patternsMultiplyByPositionAsMatrices() {
        Tensor later = random(16, "dest", 4, "src", 4), earlier = random(17, "dest", 4, "src", 4);
        Tensor both = later.matmul(earlier);
        assertEquals("[dest 4, src 4]", both.shape().toString());
        double expected = 0;
        for (int i = 0; i < 4; i++) expected += later.get(3, i) * earlier.get(i, 1);
        assertEquals(expected, both.get(3, 1), 1e-6);
        assertEquals(Shape.of(), random(1, "src", 4).matmul(random(2, "src", 4)).shape());
    }

    @Test void shapesThatDoNotFitAreBothNamed() {
        Tensor a = random(1, "pos", 5, "dModel", 4), b = random(2, "pos", 6, "dModel", 4);
        assertEquals("add: pos differs in [pos 5, dModel 4] and [pos 6, dModel 4]",
                assertThrows(UsageException.class, () -> a.add(b)).getMessage());
        assertEquals("dot: pos differs in [pos 5, dModel 4] and [pos 6, dModel 4]",
                assertThrows(UsageException.class, () -> a.dot(b)).getMessage());
        assertEquals("matmul of [pos 5, dModel 4] and [pos 6, dModel 4]: dModel 4 and pos 6 differ; "
                + "transpose one, or use dot, which contracts axes of the same name",
                assertThrows(UsageException.class, () -> a.matmul(b)).getMessage());
        assertEquals("dot contracts shared axes; [pos 5, dModel 4] and [head 2] have none in common",
                assertThrows(UsageException.class, () -> a.dot(random(3, "head", 2))).getMessage());
        assertEquals("matmul of [pos 5, dModel 4] and [dModel 4, pos 5] would give two axes pos; rename one first",
                assertThrows(UsageException.class, () -> a.matmul(a.transpose())).getMessage());
        assertEquals("assign: [pos 5, dModel 4] does not fit into [dModel 4]",
                assertThrows(UsageException.class, () -> a.at("pos", 0).assign(a)).getMessage());
    }
}
