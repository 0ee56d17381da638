package org.tornadolens.backend;

import static org.tornadolens.testing.TensorAssertions.assertClose;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Operation.Extend;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Past;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rotary;
import org.tornadolens.program.Size;
import org.tornadolens.program.Size.Symbol;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.ConformanceSuite;

/** Compares attention and the rotation before it, with and without a past, between every backend and the reference. */
@ConformanceSuite class AttentionConformanceTest {

    private static final double BOUND = 1e-5;   // relative to the largest value

    private static final Dimension BATCH = new Dimension("batch", Symbol.BATCH), POS = new Dimension("pos", Symbol.POS);
    private static final Dimension KEY = new Dimension("key", Symbol.KEY);
    private static final Dimension DEST = new Dimension("dest", Symbol.POS), SRC = new Dimension("src", Symbol.KEY);

    private static Dimension fixed(String axis, int size) { return new Dimension(axis, new Size.Fixed(size)); }

    /** The sizes of one run; every row of a batch except the first is padded, some rows by more than the window. */
    private record Run(int batch, int pos, int past, int heads, int kvHeads, int dHead) {

        Value queries(String name) { return Value.of(name, BATCH, POS, fixed("head", heads), fixed("dHead", dHead)); }

        Value keys(String name) { return Value.of(name, BATCH, POS, fixed("kvHead", kvHeads), fixed("dHead", dHead)); }

        Value allKeys(String name) {
            return Value.of(name, BATCH, KEY, fixed("kvHead", kvHeads), fixed("dHead", dHead));
        }

        Value pattern(String name) { return Value.of(name, BATCH, fixed("head", heads), DEST, SRC); }

        int[] padding() { return IntStream.range(0, batch).map(row -> row * (pos + past) / (batch + 1)).toArray(); }
    }

    /** Sizes on both sides of every tile, block and vector. */
    private static final List<Run> RUNS = List.of(
            new Run(1, 1, 0, 1, 1, 2), new Run(2, 5, 0, 3, 1, 6), new Run(3, 17, 0, 4, 2, 6),
            new Run(1, 1, 50, 4, 2, 16), new Run(2, 1, 300, 6, 2, 64), new Run(3, 4, 9, 2, 2, 10),
            new Run(2, 33, 70, 4, 1, 48), new Run(1, 140, 0, 2, 2, 64), new Run(2, 131, 129, 3, 3, 33),
            new Run(1, 260, 0, 4, 2, 128), new Run(1, 700, 0, 1, 1, 16));

    private record Windowed(Run run, OptionalInt window) {}

    static Stream<Windowed> windows() {
        return RUNS.stream().flatMap(run -> {
            int keys = run.pos() + run.past();
            IntStream windows = IntStream.of(1, 2, 7, keys / 3 + 1, keys, Integer.MAX_VALUE).distinct();
            return Stream.concat(Stream.of(OptionalInt.empty()), windows.mapToObj(OptionalInt::of))
                    .map(window -> new Windowed(run, window));
        });
    }

    @ParameterizedTest
    @MethodSource("windows") void aQuerySeesTheLatestKeysThatItsWindowHolds(Windowed tested) {
        Run run = tested.run();
        Value q = run.queries("q"), k = run.keys("k"), v = run.keys("v");
        Value scores = run.pattern("scores"), pattern = run.pattern("pattern");
        Value z = run.queries("z"), fused = run.queries("fused");
        List<Operation> operations = given(q, k, v);
        Value allK = extended(run, k, Extend.Kind.KEYS, operations);
        Value allV = extended(run, v, Extend.Kind.VALUES, operations);
        operations.add(new Operation.Scores(q, allK, tested.window(), scores));
        operations.add(new Operation.Softmax(scores, pattern));
        operations.add(new Operation.Mix(pattern, allV, z));
        operations.add(new Operation.Attend(q, allK, allV, tested.window(), fused));
        assertAgrees(tested.toString(), new Program(operations, Set.of(scores, pattern, z, fused)), run);
    }

    static Stream<Windowed> pasts() {
        return windows().filter(tested -> tested.run().past() > 0 && tested.run().dHead() % 2 == 0);
    }

    @ParameterizedTest
    @MethodSource("pasts") void attentionOfAModelThatContinuesItsPast(Windowed tested) {
        continued(tested, false);
    }

    @ParameterizedTest
    @MethodSource("pasts") void attentionOfAModelThatNormalizesQueriesAndKeys(Windowed tested) {
        continued(tested, true);
    }

    /** The steps of generation: queries and keys are rotated, keys and values are added to the past, then attention. */
    private static void continued(Windowed tested, boolean norms) {
        Run run = tested.run();
        Rotary rotary = rotary(run.dHead()).magnified(1.2);
        Value q = run.queries("q"), k = run.keys("k"), v = run.keys("v"), z = run.queries("z");
        Value turnedQ = run.queries("turnedQ"), turnedK = run.keys("turnedK");
        List<Operation> operations = given(q, k, v);
        Value allV = extended(run, v, Extend.Kind.VALUES, operations);
        if (norms) {
            operations.add(new Operation.RmsNorm(q, new Parameter("q.gain", 1, run.dHead()), 1e-5, q.next()));
            operations.add(new Operation.RmsNorm(k, new Parameter("k.gain", 1, run.dHead()), 1e-5, k.next()));
        }
        operations.add(new Operation.Rotate(norms ? q.next() : q, rotary, turnedQ));
        operations.add(new Operation.Rotate(norms ? k.next() : k, rotary, turnedK));
        Value allK = extended(run, turnedK, Extend.Kind.KEYS, operations);
        operations.add(new Operation.Attend(turnedQ, allK, allV, tested.window(), z));
        assertAgrees(tested.toString(), new Program(operations, Set.of(z)), run);
    }

    private static List<Operation> given(Value... values) {
        return new ArrayList<>(Stream.of(values).map(Operation.Given::new).toList());
    }

    private static Value extended(Run run, Value own, Extend.Kind kind, List<Operation> operations) {
        if (run.past() == 0) return own;
        Value all = run.allKeys(own.name() + ".extended");
        operations.add(new Extend(own, new Extend.Slot(0, kind), all));
        return all;
    }

    private static Rotary rotary(int dHead) {
        return Rotary.plain(IntStream.range(0, dHead / 2).mapToObj(i -> Math.pow(100, -2.0 * i / dHead)).toList(), 64);
    }

    private record Turned(Run run, Rotary rotary) {}

    /** Plain, magnified and dynamic rotations of runs that are shorter than their context, as long, and longer. */
    static Stream<Turned> rotations() {
        return RUNS.stream().filter(run -> run.dHead() % 2 == 0).flatMap(run -> {
            int length = run.pos() + run.past();
            Rotary plain = rotary(run.dHead());
            Stream<Rotary> dynamic = IntStream.of(Math.max(1, length / 3), Math.max(1, length - 1), length, length + 1)
                    .mapToObj(context -> plain.magnified(0.9).following(new Rotary.Dynamic(100, 2, context)));
            return Stream.concat(Stream.of(plain, plain.magnified(1.3)), dynamic)
                    .map(rotary -> new Turned(run, rotary));
        });
    }

    @ParameterizedTest
    @MethodSource("rotations") void rotationsFollowThePositionAndTheLengthOfTheRun(Turned tested) {
        Run run = tested.run();
        Value q = run.queries("q"), k = run.keys("k"), v = run.keys("v");
        Value turnedQ = run.queries("turnedQ"), turnedK = run.keys("turnedK");
        List<Operation> operations = given(q, k, v);
        operations.add(new Operation.Rotate(q, tested.rotary(), turnedQ));
        operations.add(new Operation.Rotate(k, tested.rotary(), turnedK));
        extended(run, turnedK, Extend.Kind.KEYS, operations);
        extended(run, v, Extend.Kind.VALUES, operations);
        assertAgrees(tested.toString(), new Program(operations, Set.of(turnedQ, turnedK)), run);
    }

    private static void assertAgrees(String what, Program program, Run run) {
        Map<Value, Tensor> expected = run(BackendUnderTest.REFERENCE, program, run);
        Map<Value, Tensor> actual = run(BackendUnderTest.BACKEND, program, run);
        expected.forEach((value, tensor) -> assertClose(what + " " + value, tensor, actual.get(value), BOUND));
    }

    private static Map<Value, Tensor> run(Backend backend, Program program, Run run) {
        Random random = new Random(run.hashCode());
        Executable executable = backend.compile(program, RandomNumbers.weights(program, random));
        Sizes now = new Sizes(run.batch(), run.pos(), 0), earlier = new Sizes(run.batch(), run.past(), 0);
        Map<Value, Tensor> given = new LinkedHashMap<>();
        Map<Extend.Slot, Tensor> before = new LinkedHashMap<>();
        for (Operation operation : program.operations()) {
            switch (operation) {
                case Operation.Given(Value value) -> given.put(value, RandomNumbers.tensor(value, now, random));
                case Extend o -> before.put(o.slot(), RandomNumbers.tensor(o.x(), earlier, random));
                default -> {}
            }
        }
        Optional<Past> past = Optional.of(run).filter(r -> r.past() > 0)
                .map(r -> executable.past(r.batch(), r.past() + r.pos() + 3));
        past.ifPresent(p -> p.restore(before));
        return executable.run(new Inputs(new int[run.batch() * run.pos()], run.padding(), past, given));
    }
}
