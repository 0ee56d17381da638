package org.tornadolens.checkpoint;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Random;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadolens.tensor.Conversion;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;

/** Compares the decoding of every GGUF weight type with the gguf package (golden/make_types.py). */
class TypesTest {

    @TempDir Path folder;

    @ParameterizedTest
    @EnumSource(DType.class) void blocksDecodeToTheBitsOfTheGgufPackage(DType type) {
        Weight blocks = TypeGoldens.blocks(type), values = TypeGoldens.values(type);
        assertEquals(type, blocks.type());
        float[] expected = new float[values.columns()], actual = new float[values.columns()];
        for (int row = 0; row < values.rows(); row++) {
            values.row(row, expected);
            blocks.row(row, actual);
            assertArrayEquals(expected, actual, "row " + row);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class) void anElementIsThatOfItsRow(DType type) {
        Weight weight = TypeGoldens.random(new Random(3), type, 8, 512);
        Weight turned = new Weight("w", type, 8, 512, weight.data(), new RowOrder.Interleaved(4));
        float[] row = new float[512];
        for (int r = 0; r < 8; r++) {
            turned.row(r, row);
            for (int c = 0; c < 512; c++) assertEquals(row[c], turned.get(r, c), type + " at " + r + "," + c);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class) void everyTypeBecomesF32WithoutAChange(DType type) {
        Weight blocks = TypeGoldens.blocks(type), converted = Conversion.convert(blocks, DType.F32);
        assertEquals(-1, converted.data().mismatch(TypeGoldens.values(type).data()));
    }

    @ParameterizedTest
    @EnumSource(DType.class) void everyTypeBecomesQ8(DType type) {
        Weight blocks = TypeGoldens.random(new Random(5), type, 3, 512),
                converted = Conversion.convert(blocks, DType.Q8_0);
        for (int r = 0; r < 3; r++) {
            for (int c = 0; c < 512; c++)
                assertEquals(blocks.get(r, c), converted.get(r, c), 8.0 / 127, type + " at " + r + "," + c);
        }
    }

    @ParameterizedTest
    @EnumSource(DType.class) void rowsThatBlocksDoNotDivideAreRefused(DType type) throws IOException {
        if (!type.quantised()) return;
        ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(TypeGoldens.path(type))).order(ByteOrder.LITTLE_ENDIAN);
        int shape = new String(bytes.array(), StandardCharsets.ISO_8859_1).indexOf("blocks") + "blocks".length() + 4;
        assertEquals(512, bytes.getLong(shape));
        Path file = folder.resolve("bad.gguf");
        Files.write(file, bytes.putLong(shape, 500).array());
        String message = assertThrows(CheckpointException.class, () -> GgufFile.open(file)).getMessage();
        assertTrue(
                message.contains(
                        "blocks: its rows of 500 do not fill whole " + type + " blocks of " + type.blockElements()),
                message);
    }
}
