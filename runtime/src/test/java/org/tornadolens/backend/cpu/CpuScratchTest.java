package org.tornadolens.backend.cpu;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Random;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.cpu.memory.FreshThread;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.bench.RandomModel;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.program.Differentiation;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Past;
import org.tornadolens.program.Program;
import org.tornadolens.program.Rewrites;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;

/** A run's kernels take the scratch that its plan has counted, neither more nor other memory. */
class CpuScratchTest {

    private static final List<int[]> SIZES = List.of(new int[]{1, 1}, new int[]{3, 2}, new int[]{2, 16},
            new int[]{1, 40}, new int[]{1, 300});

    private static final List<RunOptions> RUNS = List.of(RunOptions.DEFAULT,
            RunOptions.DEFAULT.keep("*"),
            RunOptions.DEFAULT.keep("blocks.*.attn.hook_pattern"),
            RunOptions.DEFAULT.keep("blocks.*.attn.hook_result").withoutLogits(),
            RunOptions.DEFAULT.keep("blocks.*.hook_resid_mid").withLoss(),
            RunOptions.DEFAULT.at(-1));

    private static Model model(int heads, int kvHeads, int dHead, int dMlp, DType type) {
        Configuration configuration = Configuration.llama(
                new Configuration.Blocks(2, heads * dHead, dMlp, 1e-5), new Configuration.Heads(heads, kvHeads, dHead),
                Configuration.Context.of(512, 10000),
                new Configuration.Vocabulary(96, false, OptionalInt.of(1), OptionalInt.of(2)));
        return Model.of(RandomModel.of(configuration, type, 1), Backends.cpu());
    }

    private static List<Model> models(DType type) {
        return List.of(model(4, 2, 32, 160, type), model(8, 8, 8, 96, type), model(2, 1, 160, 64, type));
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F16", "Q8_0"}) void forwardPasses(DType type) {
        for (Model model : models(type)) {
            outgrowPlainLoops(model);
            for (RunOptions run : RUNS) for (int[] size : SIZES) check(model.program(run), model.weights(), size);
        }
    }

    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "Q8_0"}) void gradients(DType type) {
        for (Model model : models(type)) {
            outgrowPlainLoops(model);
            Program loss = model.program(RunOptions.DEFAULT.withLoss().keep("blocks.*.attn.hook_result"));
            for (Program program : List.of(loss, Rewrites.fuse(model.program(RunOptions.DEFAULT.withLoss()))))
                for (int[] size : SIZES) {
                    if (size[1] < 2) continue;
                    Program gradient = withGradients(program);
                    check(gradient, model.weights(), size);
                }
        }
    }

    /** In a whole program the needs of some operations hide behind those of others. */
    @ParameterizedTest
    @EnumSource(value = DType.class, names = {"F32", "F16", "Q8_0"}) void everyOperationByItself(DType type) {
        Model model = model(4, 2, 32, 160, type);
        outgrowPlainLoops(model);
        Program loss = model.program(RunOptions.DEFAULT.withLoss().keep("blocks.*.attn.hook_result"));
        Program split = model.program(RunOptions.DEFAULT.keep("*"));
        for (Program program : List.of(split, withGradients(loss), withGradients(Rewrites.fuse(loss)))) {
            for (Operation operation : program.operations()) {
                if (operation instanceof Operation.Supplied) continue;
                List<Operation> operations = new ArrayList<>();
                for (Value input : new LinkedHashSet<>(operation.inputs())) operations.add(new Operation.Given(input));
                operations.add(operation);
                Program alone = new Program(operations, Set.of(operation.out()));
                for (int[] size : List.of(new int[]{1, 2}, new int[]{2, 16}, new int[]{1, 100}))
                    check(alone, model.weights(), size);
            }
        }
    }

    private static Program withGradients(Program program) {
        Value metric = program.operations().stream().filter(Operation.NextTokenLoss.class::isInstance)
                .map(Operation::out).findFirst().orElseThrow();
        Value embedding = program.operations().getFirst().out();
        return Differentiation.of(program, metric, List.of(embedding), program.parameters()).program();
    }

    /** The plan counts the same for a token, whatever the past; so the kernels' scratch may not depend on it. */
    @Test void runsThatContinueAPast() {
        Model model = model(4, 2, 32, 160, DType.F16);
        outgrowPlainLoops(model);
        Program program = Rewrites.extendPast(model.program(RunOptions.DEFAULT), CpuScratchTest::slot);
        CpuExecutable executable = new CpuExecutable(program, model.weights());
        for (int before : new int[]{10, 300}) for (int pos : new int[]{1, 2, 7, 40}) {
            Past past = executable.past(1, 400);
            executable.run(new Inputs(new int[before], new int[1], Optional.of(past), Map.of()));
            FreshThread.assertTakes(pos + " tokens after " + before, executable.scratch(new Sizes(1, pos, 0)),
                    () -> executable.run(new Inputs(new int[pos], new int[1], Optional.of(past), Map.of())));
        }
    }

    private static Optional<Operation.Extend.Slot> slot(Value value) {
        if (!value.name().endsWith("hook_rot_k") && !value.name().endsWith("hook_v")) return Optional.empty();
        int layer = Integer.parseInt(value.name().split("\\.")[1]);
        return Optional.of(new Operation.Extend.Slot(layer,
                value.name().endsWith("hook_v") ? Operation.Extend.Kind.VALUES : Operation.Extend.Kind.KEYS));
    }

    private static void check(Program program, Weights weights, int[] size) {
        Sizes sizes = new Sizes(size[0], size[1], 0);
        CpuExecutable executable = new CpuExecutable(program, weights);
        Need need = executable.scratch(sizes);
        assertEquals(need.bytes(), executable.plan(sizes).scratch());
        int[] tokens = IntStream.range(0, size[0] * size[1]).map(i -> 1 + i * 7 % 90).toArray();
        Inputs inputs = new Inputs(tokens, new int[size[0]], Optional.empty(), given(program, sizes));
        FreshThread.assertTakes(size[0] + "×" + size[1] + " of\n" + program + "\n", need, () -> executable.run(inputs));
    }

    private static Map<Value, Tensor> given(Program program, Sizes sizes) {
        Random random = new Random(2);
        Map<Value, Tensor> given = new HashMap<>();
        for (Operation operation : program.operations()) {
            if (!(operation instanceof Operation.Supplied)) continue;
            Tensor tensor = Tensor.zeros(operation.out().shape(sizes));
            for (long i = 0; i < tensor.elements(); i++)
                tensor.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, random.nextFloat());
            given.put(operation.out(), tensor);
        }
        return given;
    }

    /** Plain loops of a young process take no scratch, which plans do not rely on. */
    private static void outgrowPlainLoops(Model model) {
        Program program = model.program(RunOptions.DEFAULT);
        CpuExecutable executable = new CpuExecutable(program, model.weights());
        int[] tokens = IntStream.range(0, 8).toArray();
        for (int i = 0; i < 40; i++)
            executable.run(new Inputs(tokens, new int[1], Optional.empty(), Map.of()));
    }
}
