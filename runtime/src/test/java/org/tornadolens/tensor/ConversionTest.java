package org.tornadolens.tensor;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadolens.UsageException;

class ConversionTest {

    private static final Random RANDOM = new Random(5);

    /** Bounds are half a rounding step of the type at the largest magnitude in the row. */
    @ParameterizedTest
    @CsvSource({"F32, 0", "F16, 4.9e-4", "BF16, 3.91e-3", "Q8_0, 4.5e-3"}) void convertedWeightsLieWithinHalfAStep(
            DType type, double relative) {
        Weight weight = random("w", 7, 96);
        Weight converted = Conversion.convert(weight, type);
        for (int r = 0; r < 7; r++) {
            double max = 0;
            for (int c = 0; c < 96; c++) max = Math.max(max, Math.abs(weight.get(r, c)));
            for (int c = 0; c < 96; c++)
                assertEquals(weight.get(r, c), converted.get(r, c), relative * max, type + " at " + r + "," + c);
        }
        assertEquals(7 * type.bytes(96), converted.data().byteSize());
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F16", "BF16", "Q8_0"}) void aRowIsItsElements(DType type) {
        Weight converted = Conversion.convert(random("w", 8, 96), type),
                weight = new Weight("w", type, 8, 96, converted.data(), new RowOrder.Interleaved(4));
        float[] row = new float[96];
        for (int r = 0; r < 8; r++) {
            weight.row(r, row);
            for (int c = 0; c < 96; c++) assertEquals(weight.get(r, c), row[c], 0, type + " at " + r + "," + c);
        }
    }

    @Test void interleavedRowsComeOutInCanonicalOrder() {
        Weight plain = random("w", 8, 4);
        Weight interleaved = new Weight("w", DType.F32, 8, 4, plain.data(), new RowOrder.Interleaved(4));
        Weight converted = Conversion.convert(interleaved, DType.F16);
        assertEquals(Float.float16ToFloat(Float.floatToFloat16(plain.get(2, 1))), converted.get(1, 1), 0,
                "canonical row 1 of a head of 4 is stored as row 2");
    }

    @Test void gainsStayAsTheyAre() {
        Weight gain = random("ln", 1, 33);
        Weights weights = Conversion.convert(new Weights(Map.of("ln", gain, "w", random("w", 2, 64))), DType.Q8_0);
        assertEquals(DType.F32, weights.get("ln").type());
        assertEquals(DType.Q8_0, weights.get("w").type());
    }

    @Test void whatCannotBeMadeIsRefusedByName() {
        String message = assertThrows(UsageException.class, () -> Conversion.convert(random("w", 2, 33), DType.Q8_0))
                .getMessage();
        assertTrue(message.contains("multiple of 32") && message.contains("33"), message);
        assertThrows(UsageException.class, () -> Conversion.convert(random("w", 2, 256), DType.Q4_K));
    }

    private static Weight random(String name, int rows, int columns) {
        float[] values = new float[rows * columns];
        for (int i = 0; i < values.length; i++) values[i] = (float) RANDOM.nextGaussian();
        return Weight.of(name, rows, columns, values);
    }
}
