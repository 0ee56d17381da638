package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.architecture.FileFormat;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.backend.Inputs;
import org.tornadolens.checkpoint.Safetensors;
import org.tornadolens.program.Differentiation;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.testing.BackendSuite;
import org.tornadolens.testing.TensorAssertions;

/** Compares gradients of the mean loss of whole models, with respect to parameters and hooks, with PyTorch. */
@BackendSuite class GradientGoldenTest {

    private static final double TOLERANCE = 1e-4;   // relative to the largest element

    static List<String> shapes() {
        return List.of("grouped-query", "one-head", "tied", "left-padded", "llama-bias", "mistral", "qwen2", "qwen3");
    }

    @ParameterizedTest
    @MethodSource("shapes") void parametersHavePyTorchsGradients(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        List<Parameter> parameters = new Parameters(model.configuration()).all();
        Map<String, Tensor> found = gradients(model, golden.tokens(), List.of(), parameters);
        Safetensors expected = expected(golden);
        for (Parameter parameter : parameters)
            assertClose(shape + " " + parameter.name(), expected.tensor(huggingFaceName(model, parameter)),
                    found.get(parameter.name()), new int[golden.tokens().batch()]);
        assertEquals(parameters.size(), found.size());
    }

    @ParameterizedTest
    @MethodSource("shapes") void hooksHaveTransformerLenssGradientsWhateverElseIsWanted(String shape) {
        Golden golden = Golden.of(shape);
        Model model = golden.model();
        Safetensors expected = expected(golden);
        List<String> hooks = expected.names().stream().filter(n -> n.startsWith("blocks.")).toList();
        assertTrue(hooks.stream().anyMatch(h -> h.endsWith("hook_pattern")));
        Map<String, Tensor> all = gradients(model, golden.tokens(), hooks, List.of());
        for (String hook : hooks) {
            assertClose(shape + " " + hook, expected.tensor(hook), all.get(hook), golden.tokens().padding());
            assertClose(shape + " " + hook + " alone", expected.tensor(hook),
                    gradients(model, golden.tokens(), List.of(hook), List.of()).get(hook), golden.tokens().padding());
        }
    }

    /** Patterns that are not kept are recomputed, which reduces the memory of the backward pass. */
    @ParameterizedTest
    @MethodSource("shapes") void keepingPatternsTakesMemoryThatComputingThemAnewDoesNot(String shape) {
        Model model = Golden.of(shape).model();
        List<Parameter> parameters = new Parameters(model.configuration()).all();
        Sizes sizes = new Sizes(2, 64, 0);
        long anew = bytesOfValues(model, differentiated(model, List.of(), parameters).program(), sizes);
        Program kept = Differentiation
                .of(model.program(RunOptions.DEFAULT.keep("blocks.*.attn.hook_pattern").withoutLogits().withLoss()),
                        loss(model), List.of(), parameters)
                .program();
        assertTrue(bytesOfValues(model, kept, sizes) >= anew
                + 4L * model.configuration().nLayers() * model.configuration().nHeads() * 2 * 64 * 64);
        assertTrue(differentiated(model, List.of(), parameters).program().operations().stream()
                .noneMatch(o -> o instanceof Operation.Softmax));
    }

    /** Without what kernels work in: computing patterns anew takes scratch memory instead. */
    private static long bytesOfValues(Model model, Program program, Sizes sizes) {
        Plan plan = model.backend().compile(program, model.weights()).plan(sizes);
        return plan.workspace() + plan.kept();
    }

    private static Value loss(Model model) {
        return model.program(RunOptions.DEFAULT.withoutLogits().withLoss()).value("loss").orElseThrow();
    }

    private static Differentiation.Gradients differentiated(Model model, List<String> hooks,
            List<Parameter> parameters) {
        Program program =
                model.program(RunOptions.DEFAULT.keep(hooks.toArray(String[]::new)).withoutLogits().withLoss());
        List<Value> values = hooks.stream().map(h -> program.value(h).orElseThrow()).toList();
        return Differentiation.of(program, program.value("loss").orElseThrow(), values, parameters);
    }

    /** Returns gradients by name of hook or parameter; the loss is the mean over the real tokens with a next token. */
    private static Map<String, Tensor> gradients(Model model, Tokens tokens, List<String> hooks,
            List<Parameter> parameters) {
        Differentiation.Gradients gradients = differentiated(model, hooks, parameters);
        int count = 0;
        for (int padding : tokens.padding()) count += tokens.length() - padding - 1;
        Tensor seed = Tensor.zeros(gradients.seed().shape(new Sizes(tokens.batch(), tokens.length(), 0)));
        seed.fill(1f / count);
        Inputs inputs = new Inputs(tokens.ids(), tokens.padding(), Optional.empty(), Map.of(gradients.seed(), seed));
        Map<Value, Tensor> kept = model.backend().compile(gradients.program(), model.weights()).run(inputs);
        Map<String, Tensor> named = new LinkedHashMap<>();
        gradients.values().forEach((value, gradient) -> named.put(value.name(), kept.get(gradient)));
        gradients.parameters().forEach((parameter, gradient) -> named.put(parameter.name(), kept.get(gradient)));
        return named;
    }

    /** Compares within the tolerance, at every position that is not padding. */
    private static void assertClose(String what, Tensor expected, Tensor actual, int[] padding) {
        double largest = 0;
        for (float x : expected.copy().data().toArray(ValueLayout.JAVA_FLOAT))
            if (Float.isFinite(x)) largest = Math.max(largest, Math.abs(x));
        assertTrue(largest > 0, what);
        // gains are [1, D] here
        Tensor shaped = actual.shape().rank() == expected.shape().rank() ? actual : actual.reshape(expected.shape());
        TensorAssertions.assertClose(what, expected.div(largest), shaped.div(largest), padding, TOLERANCE);
    }

    private static Safetensors expected(Golden golden) {
        return Safetensors.open(golden.checkpoint().resolve("gradients.safetensors"));
    }

    private static String huggingFaceName(Model model, Parameter parameter) {
        return new Parameters(model.configuration()).entries().stream()
                .filter(entry -> entry.parameter().equals(parameter)).findFirst()
                .flatMap(entry -> entry.spec().name(FileFormat.HUGGING_FACE, entry.layer())).orElseThrow();
    }
}
