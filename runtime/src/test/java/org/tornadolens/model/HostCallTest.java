package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.tornadolens.testing.TensorAssertions.assertClose;
import static org.tornadolens.testing.TensorAssertions.assertIdentical;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Past;
import org.tornadolens.program.Program;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.BackendUnderTest;
import org.tornadolens.testing.GoldenModels;

/** Tests the arguments that a host function receives. */
@BackendSuite class HostCallTest {

    /** Records its arguments, and returns the value doubled. */
    private static final class Recorder implements HostFunction {
        private final List<Tensor> parts = new ArrayList<>();
        private final List<Integer> heads = new ArrayList<>();

        @Override public Tensor apply(Tensor value, Context context) {
            parts.add(value.copy());
            heads.add(context.head());
            return value.mul(2);
        }
    }

    // ---- generation

    @Test void aHookOnAPositionOfThePromptIsCalledForThePromptOnly() {
        Model model = GoldenModels.open("multi-head");
        Tokens prompt = Tokens.of(1, 20, 30, 40);
        String hook = "blocks.0.hook_mlp_out";
        Site site = Site.of(hook).at(List.of(1));
        Tensor expected = model.run(prompt, RunOptions.DEFAULT.keep(List.of(site))).cache().get(hook);
        Recorder recorder = new Recorder();
        generate(model, prompt, 5, new Intervention.Hook(site, recorder));
        assertEquals(1, recorder.parts.size(), "calls");
        assertClose("what the hook was handed", expected, recorder.parts.getFirst(), 1e-5);
    }

    @Test void ofAPromptsPositionAndTheNewestTokenOnlyTheLatterIsLeftOnceThePromptIsPast() {
        Model model = GoldenModels.open("multi-head");
        Recorder recorder = new Recorder();
        Site site = Site.of("blocks.1.attn.hook_z").heads(List.of(2, 0)).at(List.of(1, -1));
        Tokens prompt = Tokens.of(List.of(new int[]{1, 20, 30, 40}, new int[]{1, 50}));
        generate(model, prompt, 4, new Intervention.Hook(site, recorder));
        assertEquals(List.of(2, 0, 2, 0, 2, 0, 2, 0), recorder.heads);
        int dHead = model.configuration().dHead();
        for (int call = 0; call < 8; call++) {
            Shape expected = Shape.of("batch", 2, "pos", call < 2 ? 2 : 1, "dHead", dHead);
            assertEquals(expected, recorder.parts.get(call).shape(), "call " + call);
        }
    }

    private static void generate(Model model, Tokens prompt, int tokens, Intervention intervention) {
        Generation.Options options = new Generation.Options(tokens, Sampling.GREEDY, 0, List.of());
        Generation.generate(model.with(List.of(intervention)), prompt, options, (row, token) -> true);
    }

    // ---- one operation, on rows of three positions after a past of three

    private static final int POSITIONS = 3, WIDTH = 2;
    private static final Value X = Value.of("x", new Dimension("batch", Size.Symbol.BATCH),
            new Dimension("pos", Size.Symbol.POS), new Dimension("dModel", new Size.Fixed(WIDTH)));
    private static final Weights NO_WEIGHTS = new Weights(Map.of());

    /** Encodes row, position and column in an element. */
    private static float number(int row, int position, int column) {
        return 100 * row + 10 * position + column + 1;
    }

    private static Tensor run(Selection selection, HostFunction function, int... padding) {
        Program nothing = new Program(List.of(new Operation.Given(X)), Set.of(X));
        Operation hostCall = new Operation.HostCall(X, selection, function, X.next());
        Program call = new Program(List.of(new Operation.Given(X), hostCall), Set.of(X.next()));
        Executable executable = BackendUnderTest.BACKEND.compile(call, NO_WEIGHTS);
        Past past = executable.past(padding.length, 2 * POSITIONS);
        BackendUnderTest.BACKEND.compile(nothing, NO_WEIGHTS).run(inputs(padding, Optional.of(past)));
        return executable.run(inputs(padding, Optional.of(past))).get(X.next());
    }

    private static Inputs inputs(int[] padding, Optional<Past> past) {
        float[] numbers = new float[padding.length * POSITIONS * WIDTH];
        for (int i = 0; i < numbers.length; i++) {
            numbers[i] = number(i / WIDTH / POSITIONS, i / WIDTH % POSITIONS, i % WIDTH);
        }
        Tensor x = part(padding.length, POSITIONS, numbers);
        return new Inputs(new int[padding.length * POSITIONS], padding, past, Map.of(X, x));
    }

    private static Tensor part(int rows, int positions, float... numbers) {
        return Tensor.of(Shape.of("batch", rows, "pos", positions, "dModel", WIDTH), numbers);
    }

    private static Selection at(Integer... positions) { return Selection.ofPositions(Optional.of(List.of(positions))); }

    /**
     * Rows of different padding may have different numbers of selected positions in this run if some lie in the past. A
     * tensor has the same number in every row, so that rows with the same number are passed together.
     */
    @Test void rowsWithAsManyPositionsInTheRunAreHandedOverTogether() {
        Recorder recorder = new Recorder();
        // the first row has no selected position in this run, the second has 0, the third 0 and 2, the last 1
        Tensor out = run(at(0, 2), recorder, 0, 1, 3, 2);
        assertEquals(2, recorder.parts.size(), "calls");
        Tensor ofOne = part(2, 1, number(1, 0, 0), number(1, 0, 1), number(3, 1, 0), number(3, 1, 1));
        assertIdentical("rows with one", ofOne, recorder.parts.get(0));
        Tensor ofTwo = part(1, 2, number(2, 0, 0), number(2, 0, 1), number(2, 2, 0), number(2, 2, 1));
        assertIdentical("the row with two", ofTwo, recorder.parts.get(1));
        float[] expected = inputs(new int[4], Optional.empty()).given().get(X).data().toArray(ValueLayout.JAVA_FLOAT);
        for (int place : new int[]{1 * POSITIONS, 2 * POSITIONS, 2 * POSITIONS + 2, 3 * POSITIONS + 1}) {
            for (int column = 0; column < WIDTH; column++) expected[place * WIDTH + column] *= 2;
        }
        assertIdentical("the value after the calls", part(4, POSITIONS, expected), out);
    }

    @Test void theRowsThatAreSelectedAreCountedAndNoOthers() {
        Recorder recorder = new Recorder();
        run(at(0, 2).rows(Optional.of(List.of(2))), recorder, 0, 1, 3, 2);
        assertEquals(1, recorder.parts.size(), "calls");
        assertEquals(Shape.of("batch", 1, "pos", 2, "dModel", WIDTH), recorder.parts.getFirst().shape());
        run(at(0, 2).rows(Optional.of(List.of(0))), recorder, 0, 1, 3, 2);
        assertEquals(1, recorder.parts.size(), "calls");
    }

    @Test void aFunctionThatGivesAnotherShapeIsRefused() {
        HostFunction narrower = (value, _) -> value.slice("dModel", 0, 1);
        UsageException refusal = assertThrows(UsageException.class, () -> run(at(-1), narrower, 0, 0));
        assertTrue(refusal.getMessage().contains("hook on x"), refusal.getMessage());
    }
}
