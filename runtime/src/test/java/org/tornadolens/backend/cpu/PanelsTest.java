package org.tornadolens.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.Map;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.cpu.attention.AttentionSizes;
import org.tornadolens.backend.cpu.attention.FusedAttention;
import org.tornadolens.backend.cpu.attention.Rotation;
import org.tornadolens.backend.cpu.memory.Activations;
import org.tornadolens.backend.cpu.memory.Memory;
import org.tornadolens.backend.cpu.memory.Panels;
import org.tornadolens.backend.cpu.pointwise.Bias;
import org.tornadolens.backend.cpu.pointwise.Elementwise;
import org.tornadolens.backend.cpu.pointwise.Norm;
import org.tornadolens.backend.cpu.product.MatrixProduct;
import org.tornadolens.bench.RandomModel;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weight;

/** Every operation that reads or writes panels gives the same bits as in rows. */
class PanelsTest {

    private final Random random = new Random(5);

    private static float get(MemorySegment panels, int columns, int row, int column) {
        return Samples.get(panels, ((long) (row / Panels.ROWS) * columns + column) * Panels.ROWS + row % Panels.ROWS);
    }

    private static void assertSame(String what, MemorySegment rows, MemorySegment panels, int n, int columns) {
        for (int row = 0; row < n; row++) for (int c = 0; c < columns; c++) {
            assertEquals(Samples.get(rows, (long) row * columns + c), get(panels, columns, row, c),
                    what + " at " + row + ", " + c);
        }
    }

    private static MemorySegment panels(int rows, int columns) {
        return Samples.memory((long) Panels.padded(rows) * columns);
    }

    private MemorySegment packed(MemorySegment rows, int n, int columns) {
        MemorySegment panels = panels(n, columns);
        Panels.packAll(rows.address(), 4L * columns, n, columns, panels.address());
        return panels;
    }

    @ParameterizedTest
    @ValueSource(ints = {1, 3, 16, 31, 32, 33, 100}) void aPanelHoldsNeighbouringRowsSideBySideAndZerosPastTheLast(
            int n) {
        for (int columns : new int[]{1, 7, 256, 300}) {
            MemorySegment x = Samples.random(random, (long) n * columns), panels = packed(x, n, columns);
            assertSame(n + " × " + columns, x, panels, n, columns);
            for (int row = n; row < Panels.padded(n); row++)
                for (int c = 0; c < columns; c++) assertEquals(0, get(panels, columns, row, c));
        }
    }

    @Test void rowsOfPanelsAreFoundWhereverTheyBegin() {
        int n = 100, columns = 9;
        MemorySegment x = Samples.random(random, (long) n * columns), panels = packed(x, n, columns),
                row = Samples.memory(columns);
        for (int i : new int[]{0, 1, 31, 32, 63, 64, 99}) {
            Panels.unpack(panels.address(), columns, i, row.address());
            for (int c = 0; c < columns; c++) assertEquals(Samples.get(x, (long) i * columns + c), Samples.get(row, c));
        }
        for (int first : new int[]{0, 5, 31, 32}) for (int count : new int[]{1, 27, 32, 60}) {
            int[] told = {0};
            Panels.visit(panels.address(), columns, first, count, (address, from, rows) -> {
                assertEquals(told[0], from);
                for (int i = 0; i < rows; i++) for (int c = 0; c < columns; c++) {
                    assertEquals(Samples.get(x, (long) (first + from + i) * columns + c),
                            Memory.get(address + c * Panels.COLUMN_BYTES + 4L * i));
                }
                told[0] += rows;
            });
            assertEquals(count, told[0]);
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F16", "Q8_0"}) void productsOfPanelsAreThoseOfRows(DType type) {
        for (int m : new int[]{33, 40, 64, 100, 530}) {
            int k = 288;
            MemorySegment x = Samples.random(random, (long) m * k);
            List<Weight> weights = List.of(Samples.weight(random, type, 24, k), Samples.weight(random, type, 200, k));
            List<Activations> rows =
                    weights.stream().map(w -> Activations.rows(Samples.memory((long) m * w.rows()))).toList();
            List<Activations> toPanels = weights.stream().map(w -> Activations.panels(panels(m, w.rows()))).toList();
            List<Activations> toRows =
                    weights.stream().map(w -> Activations.rows(Samples.memory((long) m * w.rows()))).toList();
            MatrixProduct.multiply(Activations.rows(x), m, weights, rows);
            MatrixProduct.multiply(Activations.panels(packed(x, m, k)), m, weights, toPanels);
            MatrixProduct.multiply(Activations.panels(packed(x, m, k)), m, weights, toRows);
            for (int i = 0; i < weights.size(); i++) {
                assertSame(type + ", " + m + " rows", rows.get(i).data(), toPanels.get(i).data(), m,
                        weights.get(i).rows());
                for (long j = 0; j < (long) m * weights.get(i).rows(); j++)
                    assertEquals(Samples.get(rows.get(i).data(), j), Samples.get(toRows.get(i).data(), j));
            }
        }
    }

    @Test void aWeightOfNoWholeTilesIsNotMultipliedToPanels() {
        Weight w = Samples.weight(random, DType.F32, 12, 8);
        Activations x = Activations.rows(Samples.random(random, 40 * 8)), out = Activations.panels(panels(40, 12));
        String message = assertThrows(IllegalArgumentException.class,
                () -> MatrixProduct.multiply(x, 40, List.of(w), List.of(out))).getMessage();
        assertTrue(message.contains("12 rows"), message);
    }

    @ParameterizedTest
    @ValueSource(ints = {33, 64, 75}) void aBiasAddsTheSameInPanels(int n) {
        for (int d : new int[]{5, 48, 300}) {
            MemorySegment x = Samples.random(random, (long) n * d), rows = Samples.memory((long) n * d);
            Weight bias = Samples.weight(random, DType.F32, 1, d);
            Bias.add(Activations.rows(x), bias, n, Activations.rows(rows));
            Activations packed = Activations.panels(packed(x, n, d));
            Bias.add(packed, bias, n, packed);
            assertSame(n + " × " + d, rows, packed.data(), n, d);
            assertThrows(IllegalArgumentException.class, () -> Bias.add(packed, bias, n, Activations.rows(rows)));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {33, 64, 75}) void aNormsRowsAreTheSameInPanels(int n) {
        for (int d : new int[]{5, 48, 300}) {
            MemorySegment x = Samples.random(random, (long) n * d), rows = Samples.memory((long) n * d),
                    panels = panels(n, d);
            Weight gain = Samples.weight(random, DType.F32, 1, d);
            Norm.rms(x, gain, 1e-5f, n, d, rows);
            Norm.rms(Activations.rows(x), gain, 1e-5f, n, 1, d, Activations.panels(panels));
            assertSame(n + " × " + d, rows, panels, n, d);
            Activations packed = Activations.panels(packed(x, n, d));
            Norm.rms(packed, gain, 1e-5f, n, 1, d, packed);
            assertSame(n + " × " + d + " in place", rows, packed.data(), n, d);
            Activations toRows = Activations.rows(rows);
            assertThrows(IllegalArgumentException.class, () -> Norm.rms(packed, gain, 1e-5f, n, 1, d, toRows));
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {33, 64, 75}) void everyHeadsNormIsTheSameInPanels(int n) {
        int heads = 3;
        for (int d : new int[]{5, 16, 48}) {
            int columns = heads * d;
            MemorySegment x = Samples.random(random, (long) n * columns), rows = Samples.memory((long) n * columns);
            MemorySegment panels = panels(n, columns);
            Weight gain = Samples.weight(random, DType.F32, 1, d);
            Norm.rms(x, gain, 1e-5f, n * heads, d, rows);
            Norm.rms(Activations.rows(x), gain, 1e-5f, n, heads, d, Activations.panels(panels));
            assertSame(n + " × " + d, rows, panels, n, columns);
            Activations packed = Activations.panels(packed(x, n, columns));
            Norm.rms(packed, gain, 1e-5f, n, heads, d, packed);
            assertSame(n + " × " + d + " in place", rows, packed.data(), n, columns);
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "Q8_0"}) void anEmbeddingsRowsAreTheSameInPanels(DType type) {
        int d = 288;
        Weight table = Samples.weight(random, type, 50, d);
        for (int n : new int[]{33, 64, 70}) {
            int[] tokens = random.ints(n, 0, 50).toArray();
            MemorySegment rows = Samples.memory((long) n * d), panels = panels(n, d);
            Elementwise.embed(tokens, table, rows);
            Elementwise.embed(tokens, table, Activations.panels(panels));
            assertSame(type + ", " + n, rows, panels, n, d);
        }
    }

    @ParameterizedTest
    @ValueSource(ints = {2, 6, 16, 30, 64}) void rotatedRowsAreTheSameInPanels(int dHead) {
        int heads = 3, half = dHead / 2;
        MemorySegment cos = Samples.random(random, 120L * half), sin = Samples.random(random, 120L * half);
        for (int[] first : new int[][]{{0}, {0, -7, 3}, {-20, -39}}) {
            int pos = 40, n = first.length * pos, columns = heads * dHead;
            MemorySegment x = Samples.random(random, (long) n * columns), rows = Samples.memory((long) n * columns),
                    panels = packed(x, n, columns);
            Rotation.rotate(x, first.length, pos, heads, dHead, first, cos, sin, rows);
            Rotation.rotate(panels, first.length, pos, heads, dHead, first, cos, sin, true, panels);
            assertSame("heads of " + dHead, rows, panels, n, columns);
        }
    }

    @Test void attentionIsTheSameInPanels() {
        for (AttentionSizes s : List.of(new AttentionSizes(1, 64, 64, 2, 2, 64),
                new AttentionSizes(3, 21, 21, 2, 2, 10),
                new AttentionSizes(2, 50, 70, 6, 2, 12), new AttentionSizes(1, 100, 100, 4, 1, 33),
                new AttentionSizes(2, 40, 40, 2, 1, 8, 40 * 8, new int[]{17, 0}),
                new AttentionSizes(2, 250, 250, 4, 2, 12, 250 * 24, new int[]{0, 90}, 70))) {
            MemorySegment q = Samples.random(random, s.queryElements()), k = Samples.random(random, s.keyElements()),
                    v = Samples.random(random, s.keyElements());
            int n = s.batch() * s.pos(), columns = s.heads() * s.dHead();
            MemorySegment rows = Samples.memory(s.queryElements());
            FusedAttention.attend(q, k, v, s, rows);
            int keys = s.batch() * s.key(), keyColumns = s.kvHeads() * s.dHead();
            for (int which = 0; which < 8; which++) {   // queries, keys and values, and outputs in rows or in panels
                MemorySegment z = (which & 4) == 0 ? Samples.memory(s.queryElements()) : panels(n, columns);
                FusedAttention.attend(either(which & 1, q, n, columns), either(which & 2, k, keys, keyColumns),
                        either(which & 2, v, keys, keyColumns), s, new Activations(z, (which & 4) != 0));
                if ((which & 4) != 0) assertSame(s + ", " + which, rows, z, n, columns);
                else
                    for (long i = 0; i < s.queryElements(); i++)
                        assertEquals(Samples.get(rows, i), Samples.get(z, i), s + ", " + which);
            }
        }
    }

    private Activations either(int inPanels, MemorySegment rows, int n, int columns) {
        return inPanels != 0 ? Activations.panels(packed(rows, n, columns)) : Activations.rows(rows);
    }

    @Test void fewQueriesAreTakenFromRowsAndKeysLieAsValuesDo() {
        AttentionSizes few = new AttentionSizes(40, 2, 2, 2, 2, 8), many = new AttentionSizes(1, 80, 80, 2, 2, 8);
        MemorySegment x = Samples.random(random, few.queryElements());
        Activations rows = Activations.rows(x), panels = either(1, x, 80, 16);
        assertThrows(IllegalArgumentException.class, () -> FusedAttention.attend(panels, rows, rows, few, rows));
        assertThrows(IllegalArgumentException.class, () -> FusedAttention.attend(rows, panels, rows, many, rows));
    }

    // ---- which values of a program lie in panels

    private static final Dimension BATCH = new Dimension("batch", Size.Symbol.BATCH),
            POS = new Dimension("pos", Size.Symbol.POS);
    private static final org.tornadolens.program.Sizes LARGE = new org.tornadolens.program.Sizes(2, 20, 0),
            SMALL = new org.tornadolens.program.Sizes(1, 20, 0);

    private static Value value(String name, int width) {
        return Value.of(name, BATCH, POS, new Dimension("d", new Size.Fixed(width)));
    }

    private static final Value X = value("x", 16), NORM = value("norm", 16), GATE = value("gate", 24),
            UP = value("up", 24), HIDDEN = value("hidden", 24), OUT = value("out", 16);

    private static Program mlp(int hidden, Value... kept) {
        return new Program(
                List.of(new Operation.Given(X), new Operation.RmsNorm(X, new Parameter("w", 1, 16), 1e-5, NORM),
                        new Operation.Linear(NORM, new Parameter("gate", hidden, 16), GATE),
                        new Operation.Linear(NORM, new Parameter("up", hidden, 16), UP),
                        new Operation.SwiGlu(GATE, UP, HIDDEN),
                        new Operation.Linear(HIDDEN, new Parameter("down", 16, hidden), OUT)),
                Set.of(kept));
    }

    @Test void whatWorksInPanelsLiesInPanels() {
        Program program = mlp(24, OUT);
        assertEquals(Set.of(NORM, GATE, UP, HIDDEN), PanelValues.of(program, LARGE).keySet());
        assertEquals(Panels.padded(40) * 24L, PanelValues.of(program, LARGE).get(HIDDEN));
        assertEquals(Map.of(), PanelValues.of(program, SMALL));
    }

    @Test void biasesLeaveProductsInPanels() {
        Value biased = value("biased", 24), last = value("last", 16);
        Program program = new Program(List.of(new Operation.Given(X),
                new Operation.RmsNorm(X, new Parameter("w", 1, 16), 1e-5, NORM),
                new Operation.Linear(NORM, new Parameter("up", 24, 16), UP),
                new Operation.Bias(UP, new Parameter("upBias", 1, 24), biased),
                new Operation.Linear(biased, new Parameter("down", 16, 24), OUT),
                new Operation.Bias(OUT, new Parameter("downBias", 1, 16), last)), Set.of(last));
        assertEquals(Set.of(NORM, UP, biased), PanelValues.of(program, LARGE).keySet());
    }

    @Test void whatIsKeptLiesInRowsAndSoDoesWhatMeetsIt() {
        for (Value kept : List.of(GATE, UP, HIDDEN))
            assertEquals(Set.of(NORM), PanelValues.of(mlp(24, kept, OUT), LARGE).keySet(), kept.name() + " is kept");
        assertEquals(Set.of(GATE, UP, HIDDEN), PanelValues.of(mlp(24, NORM, OUT), LARGE).keySet());
        assertEquals(Set.of(NORM), PanelValues.of(mlp(20, OUT), LARGE).keySet(), "no whole tiles");
    }

    /** A norm of each head lies in panels where its maker and its readers work in panels. */
    @Test void headsThatAreNormalizedLieInPanels() {
        Dimension head = new Dimension("head", new Size.Fixed(2)), dHead = new Dimension("dHead", new Size.Fixed(8));
        Value q = Value.of("q", BATCH, POS, head, dHead), normed = Value.of("normed", BATCH, POS, head, dHead);
        Program program = new Program(List.of(new Operation.Given(X),
                new Operation.Linear(X, new Parameter("W_Q", 16, 16), q),
                new Operation.RmsNorm(q, new Parameter("w", 1, 8), 1e-5, normed),
                new Operation.Linear(normed, new Parameter("W_O", 16, 16), OUT)), Set.of(OUT));
        assertEquals(Set.of(q, normed), PanelValues.of(program, LARGE).keySet());
    }

    private static final Model MODEL =
            Model.of(
                    RandomModel
                            .of(Configuration
                                    .llama(new Configuration.Blocks(2, 32, 64, 1e-5), new Configuration.Heads(4, 2, 8),
                                            Configuration.Context.of(64, 10000), new Configuration.Vocabulary(96, false,
                                                    OptionalInt.of(1), OptionalInt.of(2))),
                                    DType.F32, 1),
                    Backends.cpu());

    @Test void aRunThatNobodyReadsLiesInPanelsUpToItsLogits() {
        org.tornadolens.program.Sizes sizes = new org.tornadolens.program.Sizes(1, 40, 0);
        Program plain = MODEL.program(RunOptions.DEFAULT),
                read = MODEL.program(RunOptions.DEFAULT.keep("blocks.1.hook_resid_mid"));
        for (Operation operation : plain.operations()) {
            assertEquals(!plain.kept().contains(operation.out()),
                    PanelValues.of(plain, sizes).containsKey(operation.out()), operation.out().name());
        }
        assertTrue(PanelValues.of(read, sizes).keySet().stream()
                .noneMatch(value -> value.name().contains("resid") || value.name().endsWith("_out")));
        assertTrue(
                PanelValues.of(read, sizes).keySet().stream().anyMatch(value -> value.name().endsWith("hook_rot_q")));
        Set<Value> besideKeys = PanelValues.of(MODEL.program(RunOptions.DEFAULT.keep("*hook_rot_k")), sizes).keySet();
        assertTrue(besideKeys.stream()
                .noneMatch(value -> value.name().endsWith("hook_k") || value.name().endsWith("hook_v")));
        assertTrue(besideKeys.stream().anyMatch(value -> value.name().endsWith("hook_q")));
    }

    @Test void attentionOfFewQueriesLeavesEverythingItReadsInRows() {
        Program plain = MODEL.program(RunOptions.DEFAULT);
        Set<Value> panels = PanelValues.of(plain, new org.tornadolens.program.Sizes(20, 2, 0)).keySet();
        assertTrue(panels.stream().noneMatch(value -> value.name().contains(".attn.")));
        assertTrue(panels.stream().anyMatch(value -> value.name().endsWith("hook_resid_mid")));
    }
}
