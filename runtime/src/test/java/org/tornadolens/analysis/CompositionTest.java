package org.tornadolens.analysis;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.analysis.Composition.Kind;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backends;
import org.tornadolens.bench.RandomModel;
import org.tornadolens.intervention.Head;
import org.tornadolens.intervention.HeadSelector;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Tensor;

class CompositionTest {

    private static Tensor all(Model model, Kind kind, int offset, boolean folded) {
        List<Head> heads = HeadSelector.parse("*.*").in(model.configuration());
        return Composition.of(model, kind, heads, heads, offset, folded, false, (done, all) -> {});
    }

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "grouped-query"}) void everyPairIsThatOfTheDenseMatrices(String shape) {
        Goldens golden = Goldens.of(shape);
        for (Kind kind : Kind.values()) {
            int offset = kind == Kind.V ? 0 : 3;
            golden.assertMatches("composition." + kind, all(golden.model(), kind, offset, false));
            golden.assertMatches("folded.composition." + kind, all(golden.model(), kind, offset, true));
        }
        golden.assertMatches("composition.K.without_offset", all(golden.model(), Kind.K, 0, false));
    }

    /** A model wider than one tile, with more heads than one product takes. */
    @ParameterizedTest
    @EnumSource(Kind.class) void manyHeadsGiveWhatTheirProductsPairByPairGive(Kind kind) {
        Configuration c =
                Configuration.llama(new Configuration.Blocks(5, 150, 8, 1e-5), new Configuration.Heads(30, 10, 6),
                        Configuration.Context.of(32, 10000), Configuration.Vocabulary.of(11, true));
        Model model = Model.of(RandomModel.of(c, DType.F32, 5), Backends.cpu());
        Tensor table = all(model, kind, 0, false);
        for (Head from : HeadSelector.parse("0.29, 1.3, 3.17").in(c)) {
            for (Head to : HeadSelector.parse("2.0, 4.29").in(c)) {
                if (from.layer() >= to.layer()) continue;
                FactoredMatrix one = Circuit.ov(model, from, false).matrix();
                FactoredMatrix two = switch (kind) {
                    case Q -> Circuit.qk(model, to, 0, false).matrix();
                    case K -> Circuit.qk(model, to, 0, false).matrix().transpose();
                    case V -> Circuit.ov(model, to, false).matrix();
                };
                assertEquals(one.times(two).norm() / one.norm() / two.norm(),
                        table.get(from.layer(), from.head(), to.layer(), to.head()), 1e-5, from + " to " + to);
            }
        }
    }

    @Test void onlyWhatIsAskedForIsThere() {
        Model model = Goldens.of("multi-head").model();
        List<Head> from = List.of(new Head(0, 2)), to = List.of(new Head(1, 1), new Head(0, 0));
        Tensor some = Composition.of(model, Kind.K, from, to, 0, false, false, (done, all) -> {}),
                every = all(model, Kind.K, 0, false);
        assertEquals(every.get(0, 2, 1, 1), some.get(0, 2, 1, 1), 1e-6);
        assertTrue(Float.isNaN(some.get(0, 2, 0, 0)), "a head of the same layer reads nothing of it");
        assertTrue(Float.isNaN(some.get(0, 1, 1, 1)));
    }

    @Test void theBaselineIsWhatRandomSubspacesScore() {
        Model model = Goldens.of("multi-head").model();
        List<Head> heads = HeadSelector.parse("*.*").in(model.configuration());
        Tensor less = Composition.of(model, Kind.Q, heads, heads, 0, false, true, (done, all) -> {});
        assertEquals(all(model, Kind.Q, 0, false).get(0, 1, 1, 2) - 1 / Math.sqrt(32), less.get(0, 1, 1, 2), 1e-6);
    }

    @Test void everyStepIsHeardOf() {
        List<String> heard = new ArrayList<>();
        List<Head> heads = HeadSelector.parse("*.*").in(Goldens.of("multi-head").model().configuration());
        Composition.of(Goldens.of("multi-head").model(), Kind.Q, heads, heads, 0, false, false,
                (done, all) -> heard.add(done + " of " + all));
        assertEquals(List.of("1 of 3", "2 of 3", "3 of 3"), heard, "one layer that writes, one that reads, one square");
    }

    @Test void theMemoryOfA7BShapesTableIsKnownBeforeItIsMade() {
        List<Head> heads = HeadSelector.parse("*.*").in(RandomModel.shape7B());
        double gigabytes = Composition.bytes(RandomModel.shape7B(), heads, heads) / (double) (1L << 30);
        assertTrue(gigabytes > 3.8 && gigabytes < 4.2, gigabytes + " GB");
    }

    @Test void headsThatCannotComposeAreRefused() {
        Model model = Goldens.of("multi-head").model();
        List<Head> first = List.of(new Head(0, 0)), second = List.of(new Head(1, 0));
        assertThrows(UsageException.class,
                () -> Composition.of(model, Kind.K, second, first, 0, false, false, (done, all) -> {}));
        assertThrows(UsageException.class,
                () -> Composition.of(model, Kind.V, first, second, 1, false, false, (done, all) -> {}));
    }
}
