package org.tornadolens.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.OptionalInt;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backends;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.bench.RandomModel;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.tensor.DType;

/** What does not fit on the device. */
@Tag("device") class DeviceMemoryTest {

    private static final long MB = 1L << 20;

    /** The device with 64 MB of memory: 16 for values, 16 for what kernels are told, 32 for weights. */
    private final TornadoBackend small = ((TornadoBackend) Backends.named("tornado").orElseThrow()).limitedTo(64 * MB);

    private Model model(int vocabulary) {
        Configuration shape =
                Configuration.llama(new Configuration.Blocks(1, 128, 64, 1e-5), new Configuration.Heads(2, 2, 64),
                        Configuration.Context.of(16384, 10000),
                        new Configuration.Vocabulary(vocabulary, true, OptionalInt.of(1), OptionalInt.of(2)));
        return Model.of(RandomModel.of(shape, DType.F32, 1), small);
    }

    @Test void aModelThatDoesNotFitIsRefusedWithBothNumbersBeforeAnythingIsSent() {
        Model model = model(80_000);                        // 39.4 MB
        String message = assertThrows(MemoryException.class, () -> model.run(Tokens.of(1, 2, 3))).getMessage();
        assertTrue(message.contains("needs 39.4 MB") && message.contains("32.0 MB is free")
                && message.contains("--dtype q8_0"), message);
        assertEquals(0, small.opened().launches());
        assertEquals(32 * MB, small.opened().available(), 4096);
    }

    @Test void aRunThatDoesNotFitIsRefusedWithBothNumbersAndASmallerOneRuns() {
        Model model = model(300);
        String message = assertThrows(MemoryException.class,
                () -> model.run(Tokens.of(new int[9_000]), RunOptions.DEFAULT.keep("*resid*"))).getMessage();
        assertTrue(message.contains("a run of 1 × 9000 tokens")
                && message.matches("(?s).*needs [0-9.]+ MB, and 1[0-9.]+ MB is free.*"), message);
        assertEquals(300, model.run(Tokens.of(1, 2, 3)).logits().shape().size(2));
    }
}
