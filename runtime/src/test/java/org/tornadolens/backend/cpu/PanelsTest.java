package org.tornadolens.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.backend.cpu.Attention.Sizes;
import org.tornadolens.backend.cpu.MatrixProduct.Activations;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;

/** Every operation that reads or writes panels gives the bits that it gives in rows. */
class PanelsTest {

    private final Random random = new Random(5);

    private static float get(MemorySegment panels, int columns, int row, int column) {
        return Samples.get(panels, ((long) (row / Tile.WIDTH) * columns + column) * Tile.WIDTH + row % Tile.WIDTH);
    }

    private static void assertSame(String what, MemorySegment rows, MemorySegment panels, int n, int columns) {
        for (int row = 0; row < n; row++) for (int c = 0; c < columns; c++) {
            assertEquals(Samples.get(rows, (long) row * columns + c), get(panels, columns, row, c), what + " at " + row + ", " + c);
        }
    }

    private static MemorySegment panels(int rows, int columns) { return Samples.memory((long) Panels.padded(rows) * columns); }

    private MemorySegment packed(MemorySegment rows, int n, int columns) {
        MemorySegment panels = panels(n, columns);
        Panels.packAll(rows.address(), 4L * columns, n, columns, panels.address());
        return panels;
    }

    @ParameterizedTest @ValueSource(ints = {1, 3, 16, 31, 32, 33, 100})
    void aPanelHoldsNeighbouringRowsSideBySideAndZerosPastTheLast(int n) {
        for (int columns : new int[] {1, 7, 256, 300}) {
            MemorySegment x = Samples.random(random, (long) n * columns), panels = packed(x, n, columns);
            assertSame(n + " × " + columns, x, panels, n, columns);
            for (int row = n; row < Panels.padded(n); row++) for (int c = 0; c < columns; c++) assertEquals(0, get(panels, columns, row, c));
        }
    }

    @ParameterizedTest @EnumSource(value = DType.class, names = {"F32", "F16", "Q8_0"})
    void productsOfPanelsAreThoseOfRows(DType type) {
        for (int m : new int[] {33, 40, 64, 100, 530}) {
            int k = 288;
            MemorySegment x = Samples.random(random, (long) m * k);
            List<Weight> weights = List.of(Samples.weight(random, type, 24, k), Samples.weight(random, type, 200, k));
            List<Activations> rows = weights.stream().map(w -> new Activations(Samples.memory((long) m * w.rows()), false)).toList();
            List<Activations> toPanels = weights.stream().map(w -> new Activations(panels(m, w.rows()), true)).toList();
            List<Activations> toRows = weights.stream().map(w -> new Activations(Samples.memory((long) m * w.rows()), false)).toList();
            MatrixProduct.multiply(new Activations(x, false), m, weights, rows);
            MatrixProduct.multiply(new Activations(packed(x, m, k), true), m, weights, toPanels);
            MatrixProduct.multiply(new Activations(packed(x, m, k), true), m, weights, toRows);
            for (int i = 0; i < weights.size(); i++) {
                assertSame(type + ", " + m + " rows", rows.get(i).data(), toPanels.get(i).data(), m, weights.get(i).rows());
                for (long j = 0; j < (long) m * weights.get(i).rows(); j++) assertEquals(Samples.get(rows.get(i).data(), j), Samples.get(toRows.get(i).data(), j));
            }
        }
    }

    @Test
    void aWeightOfNoWholeTilesIsNotMultipliedToPanels() {
        Weight w = Samples.weight(random, DType.F32, 12, 8);
        Activations x = new Activations(Samples.random(random, 40 * 8), false), out = new Activations(panels(40, 12), true);
        String message = assertThrows(IllegalArgumentException.class, () -> MatrixProduct.multiply(x, 40, List.of(w), List.of(out))).getMessage();
        assertTrue(message.contains("12 rows"), message);
    }

    @ParameterizedTest @ValueSource(ints = {33, 64, 75})
    void aNormsRowsAreTheSameInPanels(int n) {
        for (int d : new int[] {5, 48, 300}) {
            MemorySegment x = Samples.random(random, (long) n * d), rows = Samples.memory((long) n * d), panels = panels(n, d);
            Weight gain = Samples.weight(random, DType.F32, 1, d);
            Norm.rms(x, gain, 1e-5f, n, d, rows);
            Norm.rms(x, gain, 1e-5f, n, d, true, panels);
            assertSame(n + " × " + d, rows, panels, n, d);
        }
    }

    @Test
    void attentionsOutputIsTheSameInPanels() {
        for (Sizes s : List.of(new Sizes(1, 64, 64, 2, 2, 64), new Sizes(3, 21, 21, 2, 2, 10), new Sizes(2, 50, 70, 6, 2, 12), new Sizes(1, 100, 100, 4, 1, 33),
                new Sizes(2, 40, 40, 2, 1, 8, 40 * 8, new int[] {17, 0}))) {
            MemorySegment q = Samples.random(random, s.queryElements()), k = Samples.random(random, s.keyElements()), v = Samples.random(random, s.keyElements());
            int n = s.batch() * s.pos(), columns = s.heads() * s.dHead();
            MemorySegment rows = Samples.memory(s.queryElements()), panels = panels(n, columns);
            FusedAttention.attend(q, k, v, s, rows);
            FusedAttention.attend(q, k, v, s, true, panels);
            assertSame(s.toString(), rows, panels, n, columns);
        }
    }

    // ---- which values of a program lie in panels

    private static final Dimension BATCH = new Dimension("batch", Size.Symbol.BATCH), POS = new Dimension("pos", Size.Symbol.POS);
    private static final org.tornadolens.program.Sizes LARGE = new org.tornadolens.program.Sizes(2, 20, 0), SMALL = new org.tornadolens.program.Sizes(1, 20, 0);

    private static Value value(String name, int width) { return Value.of(name, BATCH, POS, new Dimension("d", new Size.Fixed(width))); }

    private static final Value X = value("x", 16), NORM = value("norm", 16), GATE = value("gate", 24), UP = value("up", 24), HIDDEN = value("hidden", 24), OUT = value("out", 16);

    private static Program mlp(int hidden, Value... kept) {
        return new Program(List.of(new Operation.Given(X), new Operation.RmsNorm(X, new Parameter("w", 1, 16), 1e-5, NORM),
                new Operation.Project(NORM, new Parameter("gate", hidden, 16), GATE), new Operation.Project(NORM, new Parameter("up", hidden, 16), UP),
                new Operation.SwiGlu(GATE, UP, HIDDEN), new Operation.Project(HIDDEN, new Parameter("down", 16, hidden), OUT)), Set.of(kept));
    }

    @Test
    void whatOnlyLargeProductsReadLiesInPanels() {
        PanelValues panels = new PanelValues(mlp(24, OUT));
        for (Value value : List.of(NORM, GATE, UP, HIDDEN)) {
            assertTrue(panels.contains(value, LARGE), value.name());
            assertFalse(panels.contains(value, SMALL), value.name() + " of few rows");
        }
        for (Value value : List.of(X, OUT)) assertFalse(panels.contains(value, LARGE), value.name());
        assertEquals(Panels.padded(40) * 24L, panels.elements(LARGE).get(HIDDEN));
    }

    @Test
    void whatIsKeptLiesInRowsAndSoDoesWhatMeetsIt() {
        for (Value kept : List.of(GATE, UP, HIDDEN)) {
            PanelValues panels = new PanelValues(mlp(24, kept, OUT));
            assertTrue(panels.contains(NORM, LARGE));
            for (Value value : List.of(GATE, UP, HIDDEN)) assertFalse(panels.contains(value, LARGE), value.name() + " while " + kept.name() + " is kept");
        }
        assertFalse(new PanelValues(mlp(24, NORM, OUT)).contains(NORM, LARGE));
        PanelValues odd = new PanelValues(mlp(20, OUT));
        for (Value value : List.of(GATE, UP, HIDDEN)) assertFalse(odd.contains(value, LARGE), value.name() + " of no whole tiles");
    }
}
