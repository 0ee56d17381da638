package org.tornadolens.model;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.HookNames;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.intervention.Site;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.testing.GoldenModels;

class PlanTest {

    private static final List<RunOptions> RUNS = List.of(
            RunOptions.DEFAULT,
            RunOptions.DEFAULT.keep("*"),
            RunOptions.DEFAULT.keep("blocks.*.attn.hook_pattern").at(-1).withLoss(),
            RunOptions.DEFAULT.keep("blocks.*.attn.hook_result").withoutLogits(),
            RunOptions.DEFAULT.with(List.of(new Intervention.Scale(Site.of("*"), 0.5))),
            RunOptions.DEFAULT
                    .with(List.of(new Intervention.AblateZero(Site.of("blocks.0.attn.hook_result").heads(List.of(1)))))
                    .stopAt(1));

    @ParameterizedTest
    @ValueSource(strings = {"multi-head", "odd-sizes", "one-head"}) void valuesThatLiveAtTheSameTimeNeverShareMemory(
            String shape) {
        for (RunOptions run : RUNS) {
            if (shape.equals("one-head") && !run.interventions().isEmpty()) continue;
            if (shape.equals("odd-sizes") && run.interventions().stream().anyMatch(i -> i.site().value().equals("*")))
                continue;   // hook_attn_in is rejected in grouped-query models
            Program program = GoldenModels.open(shape).program(run);
            for (Sizes sizes : List.of(new Sizes(1, 1, 0), new Sizes(2, 7, 0), new Sizes(3, 16, 0)))
                check(program, sizes);
        }
    }

    private static void check(Program program, Sizes sizes) {
        Plan plan = Plan.of(program, sizes);
        Map<Value, Integer> lastRead = new HashMap<>();
        List<Operation> operations = program.operations();
        for (int i = 0; i < operations.size(); i++) for (Value v : operations.get(i).inputs()) lastRead.put(v, i);
        for (int i = 0; i < operations.size(); i++) {
            Operation operation = operations.get(i);
            Value out = operation.out();
            if (program.kept().contains(out)) continue;
            for (int j = 0; j < i; j++) {
                Value other = operations.get(j).out();
                if (program.kept().contains(other) || lastRead.getOrDefault(other, j) < i) continue;
                boolean handedOver =
                        operation.inPlace() && operation.inputs().getFirst().equals(other) && lastRead.get(other) == i;
                long a = plan.offsets().get(out), b = plan.offsets().get(other);
                boolean apart = a + out.elements(sizes) * 4 <= b || b + other.elements(sizes) * 4 <= a;
                assertTrue(apart || handedOver && a == b, out + " lies on " + other + ", which is read later");
            }
            assertTrue(plan.offsets().get(out) + out.elements(sizes) * 4 <= plan.workspace(),
                    out + " ends beyond the workspace");
        }
    }

    @Test void aValueInALayoutOfItsOwnTakesItsOwnSizeAndNoOthersPlace() {
        Program program = GoldenModels.open("multi-head").program(RunOptions.DEFAULT);
        Sizes sizes = new Sizes(1, 10, 0);
        Operation.RmsNorm norm = program.operations().stream().filter(Operation.RmsNorm.class::isInstance)
                .map(Operation.RmsNorm.class::cast).reduce((a, b) -> b).orElseThrow();
        assertEquals(Plan.of(program, sizes).offsets().get(norm.x()), Plan.of(program, sizes).offsets().get(norm.out()),
                "the last norm writes over its input");
        long elements = norm.out().elements(sizes);
        Plan plan = Plan.of(program, sizes, Map.of(norm.out(), elements));
        assertTrue(Math.abs(plan.offsets().get(norm.x()) - plan.offsets().get(norm.out())) >= 4 * elements);
        assertTrue(Plan.of(program, sizes, Map.of(norm.out(), 1000 * elements)).workspace() > 4000 * elements);
    }

    @Test void theWorkspaceDoesNotGrowWithTheNumberOfLayers() {
        Configuration few = shaped(3), many = shaped(24);
        Sizes sizes = new Sizes(1, 64, 0);
        Plan small = Plan.of(RunPlan.of(few, new HookNames(few), RunOptions.DEFAULT, false).program(), sizes);
        Plan large = Plan.of(RunPlan.of(many, new HookNames(many), RunOptions.DEFAULT, false).program(), sizes);
        assertEquals(small.workspace(), large.workspace());
        assertEquals(small.kept(), large.kept());
    }

    @Test void keepingOnePositionOfEveryPatternNeedsRoomForOnePattern() {
        Configuration few = shaped(3), many = shaped(24);
        Sizes sizes = new Sizes(1, 64, 0);
        RunOptions last = RunOptions.DEFAULT.keep("blocks.*.attn.hook_pattern", "blocks.*.attn.hook_result").at(-1);
        assertEquals(Plan.of(RunPlan.of(few, new HookNames(few), last, false).program(), sizes).workspace(),
                Plan.of(RunPlan.of(many, new HookNames(many), last, false).program(), sizes).workspace());
    }

    @Test void whatIsKeptIsCountedExactly() {
        Configuration c = shaped(3);
        Sizes sizes = new Sizes(2, 10, 0);
        Plan plain = Plan.of(RunPlan.of(c, new HookNames(c), RunOptions.DEFAULT, false).program(), sizes);
        Plan patterns = Plan.of(
                RunPlan.of(c, new HookNames(c), RunOptions.DEFAULT.keep("blocks.*.attn.hook_pattern"), false).program(),
                sizes);
        long bytes = 2L * c.nHeads() * 10 * 10 * 4;
        assertEquals(3 * ((bytes + 63) / 64 * 64), patterns.kept() - plain.kept());
    }

    private static Configuration shaped(int layers) {
        return Configuration.llama(new Configuration.Blocks(layers, 32, 64, 1e-5), new Configuration.Heads(4, 2, 8),
                Configuration.Context.of(128, 10000),
                new Configuration.Vocabulary(100, false, java.util.OptionalInt.empty(), java.util.OptionalInt.empty()));
    }
}
