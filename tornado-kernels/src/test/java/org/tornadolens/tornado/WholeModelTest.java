package org.tornadolens.tornado;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.testing.TensorAssertions.assertClose;
import static org.tornadolens.testing.TensorAssertions.assertCloseWithGaps;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.OptionalInt;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.bench.RandomModel;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.checkpoint.Checkpoints;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Generation;
import org.tornadolens.model.Model;
import org.tornadolens.model.Run;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Sampling;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.DType;

/** Whole models on the device against the CPU backend. */
@Tag("device") class WholeModelTest {

    private static final Backend DEVICE = Backends.named("tornado").orElseThrow();
    private static final Generation.Options GREEDY_200 = new Generation.Options(200, Sampling.GREEDY, 0, List.of());

    /** Layers, heads, key/value heads, width, head, hidden, vocabulary: nothing a multiple of a tile. */
    private static Configuration shape(int layers, int heads, int kvHeads, int dModel, int dHead, int dMlp,
            int vocabulary) {
        return Configuration.llama(new Configuration.Blocks(layers, dModel, dMlp, 1e-5),
                new Configuration.Heads(heads, kvHeads, dHead), Configuration.Context.of(1024, 10000),
                new Configuration.Vocabulary(vocabulary, false, OptionalInt.of(1), OptionalInt.of(2)));
    }

    static Stream<Configuration> shapes() {
        return Stream.of(shape(3, 4, 4, 64, 16, 160, 301), shape(2, 6, 2, 90, 18, 130, 97),
                shape(2, 1, 1, 33, 34, 65, 67));
    }

    @ParameterizedTest
    @MethodSource("shapes") void everyHookAgreesWithTheCpu(Configuration shape) {
        Checkpoint checkpoint = RandomModel.of(shape, DType.F32, 3);
        Tokens tokens = Tokens.of(List.of(ids(70, shape.dVocab()), ids(5, shape.dVocab())));
        RunOptions everything = RunOptions.DEFAULT.keep("*").withLoss();
        Run expected = Model.of(checkpoint, Backends.cpu()).run(tokens, everything),
                actual = Model.of(checkpoint, DEVICE).run(tokens, everything);
        for (String name : expected.cache().names())
            assertClose(name, expected.cache().get(name), actual.cache().get(name), 2e-5);
        assertClose("logits", expected.logits(), actual.logits(), 2e-5);
        assertCloseWithGaps("loss", expected.loss(), actual.loss(), 2e-5);
    }

    @Test void twoHundredGreedyTokensAreTheCpus() { assertContinuationsEqual(List.of()); }

    @Test void twoHundredGreedyTokensOfAChangedModelAreTheCpus() {
        assertContinuationsEqual(List.of(new Intervention.AblateZero(Site.of("blocks.1.attn.hook_z").heads(List.of(1))),
                new Intervention.Hook(Site.of("blocks.2.mlp.hook_post"), (value, context) -> value.mul(1.25))));
    }

    private static void assertContinuationsEqual(List<Intervention> interventions) {
        Checkpoint checkpoint = Checkpoints.open(Path.of("../models/bundled"));
        Tokens prompt = Tokens.of(1, 30, 200, 41, 5, 77);
        int[] expected = Generation.generate(Model.of(checkpoint, Backends.cpu()).with(interventions), prompt,
                GREEDY_200, (row, token) -> true).rows().getFirst();
        int[] actual = Generation
                .generate(Model.of(checkpoint, DEVICE).with(interventions), prompt, GREEDY_200, (row, token) -> true)
                .rows().getFirst();
        assertEquals(Math.min(206, checkpoint.configuration().nCtx()), actual.length);
        assertArrayEquals(expected, actual);
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F16", "BF16",
            "Q8_0"}) void storedWeightsGiveTheCpusLogitsForFewRowsAndMany(DType type) {
        Configuration shape = shape(2, 4, 2, 96, 32, 160, 259);
        Checkpoint checkpoint = RandomModel.of(shape, type, 7);
        Model expected = Model.of(checkpoint, Backends.cpu()), actual = Model.of(checkpoint, DEVICE);
        for (int length : new int[]{1, 3, 4, 5, 40}) {
            Tokens tokens = Tokens.of(ids(length, shape.dVocab()));
            assertClose(type + " " + length, expected.run(tokens).logits(), actual.run(tokens).logits(), 2e-5);
        }
    }

    @Test void keysOfALongPastAreSharedOutAndJoined() {
        Configuration shape = shape(1, 2, 1, 64, 32, 96, 131);
        Checkpoint checkpoint = RandomModel.of(shape, DType.F32, 9);
        Tokens prompt = Tokens.of(List.of(ids(900, shape.dVocab()), ids(650, shape.dVocab())));
        List<List<int[]>> continued = new ArrayList<>();
        for (Backend backend : List.of(Backends.cpu(), DEVICE)) {
            continued.add(Generation.generate(Model.of(checkpoint, backend), prompt,
                    new Generation.Options(20, Sampling.GREEDY, 0, List.of()), (row, token) -> true).rows());
        }
        for (int row = 0; row < 2; row++)
            assertArrayEquals(continued.getFirst().get(row), continued.getLast().get(row));
    }

    /**
     * Norm and queries, keys, values; rotations, what extends the past, and attention, which on a GPU is a kernel of
     * its own; output and sum; norm, gate, up and, on a CPU, SwiGLU; down and sum.
     */
    @Test void aTokenTakesAFewKernelsALayerAndOneLaunchOnceCompiled() {
        int layers = 8;
        Model model = Model.of(RandomModel.of(shape(layers, 2, 2, 32, 16, 48, 61), DType.F32, 1), DEVICE);
        Generation.Options options = new Generation.Options(40, Sampling.GREEDY, 0, List.of());
        List<Long> launches = new ArrayList<>(), kernels = new ArrayList<>();
        Device device = ((TornadoBackend) DEVICE).opened();
        Generation.generate(model, Tokens.of(1, 2, 3, 4, 5, 6), options, (row, token) -> {
            launches.add(device.launches());
            kernels.add(device.kernels());
            return true;
        });
        long kernelsOfAToken = kernels.getLast() - kernels.get(kernels.size() - 2),
                launchesOfAToken = launches.getLast() - launches.get(launches.size() - 2);
        int ofALayer = device.tuning().pairs() ? 5 : 7;
        assertTrue(kernelsOfAToken <= ofALayer * layers + 6, kernelsOfAToken + " kernels");
        assertTrue(launchesOfAToken <= layers + 6, launchesOfAToken + " launches");
    }

    private static int[] ids(int length, int vocabulary) {
        return IntStream.range(0, length).map(i -> (i * i * 31 + i * 7 + 3) % vocabulary).toArray();
    }
}
