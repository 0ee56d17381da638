package org.tornadolens.tensor;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.tensor.TensorsForTests.random;

import java.nio.ByteBuffer;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;

class ViewsTest {

    private final Tensor tensor = random(1, "batch", 2, "pos", 5, "dModel", 3);

    @Test void atTakesOneIndexOfAnAxisAndDropsTheAxis() {
        Tensor last = tensor.at(Map.of("pos", -1, "batch", 1));
        assertEquals("[dModel 3]", last.shape().toString());
        for (int d = 0; d < 3; d++) assertEquals(tensor.get(1, 4, d), last.get(d));
    }

    @Test void sliceKeepsTheAxisAndCountsNegativeFromTheEnd() {
        Tensor middle = tensor.slice("pos", 1, -1);
        assertEquals("[batch 2, pos 3, dModel 3]", middle.shape().toString());
        assertEquals(tensor.get(1, 3, 2), middle.get(1, 2, 2));
    }

    @Test void transposeOrdersTheAxes() {
        Tensor turned = tensor.transpose("dModel", "batch", "pos");
        assertEquals("[dModel 3, batch 2, pos 5]", turned.shape().toString());
        for (int b = 0; b < 2; b++)
            for (int p = 0; p < 5; p++)
                for (int d = 0; d < 3; d++) assertEquals(tensor.get(b, p, d), turned.get(d, b, p));
        assertEquals("[batch 2, dModel 3, pos 5]", tensor.transpose().shape().toString());
    }

    @Test void diagonalReadsIPlusOffset() {
        Tensor pattern = random(2, "head", 2, "dest", 4, "src", 6);
        for (int offset = -3; offset <= 5; offset++) {
            Tensor diagonal = pattern.diagonal(offset);
            assertEquals("dest", diagonal.shape().names().get(1));
            int first = Math.max(0, -offset), length = 0;
            for (int i = first; i < 4 && i + offset < 6; i++)
                assertEquals(pattern.get(1, i, i + offset), diagonal.get(1, length++));
            assertEquals(length, diagonal.shape().size(1));
        }
        assertThrows(UsageException.class, () -> pattern.diagonal(-4));
    }

    @Test void reshapeSharesMemoryWhereItCan() {
        Tensor flat = tensor.reshape(Shape.of("all", 30));
        flat.set(42, 17);
        assertEquals(42, tensor.get(1, 0, 2));
        Tensor turned = tensor.transpose("pos", "batch", "dModel").reshape(Shape.of("row", 10, "dModel", 3));
        assertEquals(tensor.get(1, 2, 0), turned.get(5, 0), "a view that does not lie in order is copied first");
    }

    @Test void aViewSharesMemoryAndACopyDoesNot() {
        tensor.at("pos", 2).fill(7);
        assertEquals(7, tensor.get(1, 2, 1));
        Tensor copy = tensor.copy();
        copy.fill(0);
        assertEquals(7, tensor.get(1, 2, 1));
    }

    @Test void assignRepeatsAlongMissingAxes() {
        Tensor row = Tensor.of(Shape.of("dModel", 3), 1, 2, 3);
        tensor.slice("pos", 0, 2).assign(row);
        assertEquals(3, tensor.get(1, 1, 2));
        Tensor square = Tensor.of(Shape.of("dest", 2, "src", 2), 1, 2, 3, 4);
        square.assign(square.transpose().rename("dest", "x").rename("src", "dest").rename("x", "src"));
        assertArrayEquals(new float[][]{{1, 3}, {2, 4}}, (float[][]) square.toArray(),
                "a tensor can be transposed onto itself");
    }

    @Test void theBufferIsTheTensorsOwnMemory() {
        Tensor row = tensor.at("batch", 1);
        ByteBuffer buffer = row.buffer();
        assertEquals(15 * 4, buffer.capacity());
        buffer.putFloat(4 * 4, 99);
        assertEquals(99, tensor.get(1, 1, 1));
        assertTrue(row.contiguous());
        assertFalse(tensor.at("pos", 1).contiguous());
        assertThrows(UsageException.class, () -> tensor.at("pos", 1).buffer());
    }

    @Test void nestedArraysHaveTheTensorsRank() {
        float[][][] nested = (float[][][]) tensor.toArray();
        assertEquals(tensor.get(1, 4, 2), nested[1][4][2]);
        assertArrayEquals(new float[]{tensor.get(0, 0, 1), tensor.get(0, 1, 1)},
                (float[]) tensor.at(Map.of("batch", 0, "dModel", 1)).slice("pos", 0, 2).toArray());
    }

    @Test void stackPutsTensorsAlongANewFirstAxis() {
        Tensor stacked = Tensor.stack("layer", java.util.List.of(tensor.at("batch", 0), tensor.at("batch", 1)));
        assertEquals("[layer 2, pos 5, dModel 3]", stacked.shape().toString());
        assertEquals(tensor.get(1, 3, 2), stacked.get(1, 3, 2));
    }

    @Test void errorsNameTheAxisAndTheRange() {
        assertEquals("no axis \"poss\" in [batch 2, pos 5, dModel 3]; nearest: pos",
                assertThrows(UsageException.class, () -> tensor.at("poss", 0)).getMessage());
        assertEquals("pos 5 is outside pos's 5 (0 to 4, or -1 to -5 from the end)",
                assertThrows(UsageException.class, () -> tensor.at("pos", 5)).getMessage());
        assertEquals(
                "slice 3 to 3 of pos is empty or outside its 5; the end is exclusive, negative counts from the end",
                assertThrows(UsageException.class, () -> tensor.slice("pos", 3, 3)).getMessage());
        assertEquals("transpose takes every axis of [batch 2, pos 5, dModel 3] once, not pos, batch",
                assertThrows(UsageException.class, () -> tensor.transpose("pos", "batch")).getMessage());
        assertEquals("reshape of [batch 2, pos 5, dModel 3], 30 elements, to [row 7, column 4], 28",
                assertThrows(UsageException.class, () -> tensor.reshape(Shape.of("row", 7, "column", 4))).getMessage());
    }
}
