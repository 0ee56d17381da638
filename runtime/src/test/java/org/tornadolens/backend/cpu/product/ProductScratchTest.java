package org.tornadolens.backend.cpu.product;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadolens.backend.cpu.Samples;
import org.tornadolens.backend.cpu.memory.Activations;
import org.tornadolens.backend.cpu.memory.FreshThread;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.weight.WeightRows;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.RowOrder;
import org.tornadolens.tensor.Weight;

/** Products take the scratch that they describe, neither more nor other memory. */
class ProductScratchTest {

    private static final int[] ACTIVATION_ROWS = {1, 3, 12, 13, 20, 33, 64, 130, 530};

    private final Random random = new Random(5);

    /** Plain loops take no scratch. */
    @BeforeAll static void outgrowPlainLoops() {
        WeightSlice[] slices = {new WeightSlice(
                WeightRows.of(Samples.weight(new Random(1), DType.F32, 1024, 16)), 0, 1024, 0, 1024, false)};
        for (int i = 0; i < 1024; i++) ColdProduct.takes(1, slices, 16 * 1024);
    }

    @ParameterizedTest
    @EnumSource(DType.class) void windowsOfAWeight(DType type) {
        Weight plain = Samples.weight(random, type, 200, 768);
        Weight interleaved = Samples.weight(random, type, 48, 768, new RowOrder.Interleaved(24));
        for (int m : ACTIVATION_ROWS) {
            window(m, plain, 0, 200, 0, 768);
            window(m, plain, 8, 64, 256, 256);
            window(m, plain, 3, 21, 0, 512);
            window(m, plain, 0, 200, 250, 13);
            window(m, interleaved, 0, 48, 0, 768);
        }
    }

    private void window(int m, Weight w, int rowFrom, int rows, int columnFrom, int columns) {
        MemorySegment x = Samples.random(random, (long) m * columns), out = Samples.memory((long) m * rows);
        FreshThread.assertTakes(m + " rows times " + rows + "×" + columns + " of " + w.name(),
                MatrixProduct.scratch(m, w, rowFrom, rows, columnFrom, columns),
                () -> MatrixProduct.multiply(x, columns, m, w, rowFrom, rows, columnFrom, columns, out, rows));
    }

    @Test void longRowsAndManyRows() {
        for (int m : ACTIVATION_ROWS) {
            window(m, Samples.weight(random, DType.F32, 9, 1500), 0, 9, 0, 1500);
            window(m, Samples.weight(random, DType.F32, 2048, 40), 0, 2048, 0, 40);
            window(m, Samples.weight(random, DType.F16, 1208, 300), 0, 1208, 0, 300);
        }
        window(70, Samples.weight(random, DType.F16, 3, 70_001), 0, 3, 0, 70_001);   // fewer rows are packed at a time
    }

    @Test void severalWeightsInRowsAndInPanels() {
        int k = 288;
        for (List<DType> types : List.of(List.of(DType.F32, DType.F32), List.of(DType.Q8_0, DType.Q8_0),
                List.of(DType.F16, DType.F32))) {
            List<Weight> weights =
                    List.of(Samples.weight(random, types.get(0), 24, k), Samples.weight(random, types.get(1), 200, k));
            for (int m : ACTIVATION_ROWS) {
                for (int inPanels = 0; inPanels < (MatrixProduct.takesPanels(m) ? 8 : 1); inPanels++) {
                    boolean xInPanels = (inPanels & 1) != 0;
                    List<Boolean> outs = List.of((inPanels & 2) != 0, (inPanels & 4) != 0);
                    Activations x = activations(m, k, xInPanels);
                    List<Activations> out = List.of(activations(m, 24, outs.get(0)), activations(m, 200, outs.get(1)));
                    FreshThread.assertTakes(m + " rows times " + types + ", " + inPanels,
                            MatrixProduct.scratch(xInPanels, m, weights, outs),
                            () -> MatrixProduct.multiply(x, m, weights, out));
                }
            }
        }
    }

    private Activations activations(int rows, int columns, boolean inPanels) {
        return new Activations(Samples.random(random, Panels.floats(rows, columns, inPanels)), inPanels);
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "Q8_0", "Q4_K"}) void gradients(DType type) {
        Weight w = Samples.weight(random, type, 40, 768);
        for (int m : new int[]{1, 7, 60, 300}) {
            for (int[] window : new int[][]{{0, 768}, {256, 256}, {64, 96}, {5, 30}}) {
                int from = window[0], n = window[1];
                MemorySegment dy = Samples.random(random, m * 40L), x = Samples.random(random, (long) m * n);
                MemorySegment dx = Samples.memory((long) m * n), dw = Samples.memory(40L * n);
                FreshThread.assertTakes(m + " rows through columns " + from + "+" + n + " of " + w.name(),
                        GradientProduct.scratchThroughWeight(m, w, 40, from, n),
                        () -> GradientProduct.throughWeight(dy, 40, m, w, 0, 40, from, n, dx, n));
                FreshThread.assertTakes(m + " rows to a weight of " + n + " columns",
                        GradientProduct.scratchOfWeight(m, 40, n),
                        () -> GradientProduct.ofWeight(dy, 40, x, n, m, 40, n, dw, n));
            }
        }
    }
}
