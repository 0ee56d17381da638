package org.tornadolens.bench;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.Executable;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Program;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weights;

class CheckupTest {

    private static final Configuration SHAPE =
            Configuration.llama(new Configuration.Blocks(3, 64, 128, 1e-5), new Configuration.Heads(4, 2, 16),
                    Configuration.Context.of(64, 10000), Configuration.Vocabulary.of(100, false));
    private static final Tokens TOKENS = Tokens.of(List.of(new int[]{5, 6, 7, 8, 9}));

    private static Checkup checkup(Backend backend, DType type) {
        return new Checkup(Model.of(RandomModel.of(SHAPE, type, 1), Backends.cpu()), backend, TOKENS, _ -> {});
    }

    @ParameterizedTest
    @ValueSource(strings = {"F32", "F16", "BF16", "Q8_0"}) void theCpuAgreesWithTheReference(String type) {
        Checkup checkup = checkup(Backends.cpu(), DType.valueOf(type));
        List<Checkup.Finding> operations = checkup.operations(), hooks = checkup.hooks();
        for (List<Checkup.Finding> findings : List.of(operations, hooks))
            for (Checkup.Finding finding : findings) assertTrue(finding.passed(), finding.toString());
        assertTrue(operations.stream().anyMatch(one -> one.what().equals("Linear") && one.compared() >= 3 * 5),
                operations.toString());
        assertEquals(3, hooks.stream().filter(one -> one.what().equals("attn.hook_z")).findFirst().orElseThrow()
                .compared());
    }

    /** A backend one of whose kernels is wrong: it normalizes with another epsilon. */
    private static final class Wrong implements Backend {
        @Override public String name() { return "wrong"; }

        @Override public String device() { return "wrong"; }

        @Override public Executable compile(Program program, Weights weights) {
            List<Operation> changed = program.operations().stream().map(Wrong::changed).toList();
            return Backends.cpu().compile(new Program(changed, program.kept()), weights);
        }

        private static Operation changed(Operation operation) {
            return operation instanceof Operation.RmsNorm norm && norm.out().name().contains("ln_final")
                    ? new Operation.RmsNorm(norm.x(), norm.gain(), 0.1, norm.out()) : operation;
        }
    }

    @Test void aWrongKernelIsFoundAndNamed() {
        List<Checkup.Finding> off =
                checkup(new Wrong(), DType.F32).operations().stream().filter(one -> !one.passed()).toList();
        assertEquals(1, off.size(), off.toString());
        assertTrue(off.getFirst().where().contains("ln_final"), off.toString());
    }
}
