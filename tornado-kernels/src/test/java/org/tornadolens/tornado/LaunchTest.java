package org.tornadolens.tornado;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.List;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.tornadolens.tornado.kernels.Attention;
import org.tornadolens.tornado.kernels.Elementwise.Add;

/** Arguments of kernels are set by name, each once. */
@Tag("device") class LaunchTest {

    interface WithAGap { int X = 1, OUT = 3; }

    interface WithAnIndexTwice { int X = 1, OUT = 1; }

    private static Launch add() { return new Launch(null, null, Kernel.ADD, null).set(Add.A, 0).set(Add.ELEMENTS, 5); }

    private static String refusal(Runnable mistake) {
        return assertThrows(IllegalArgumentException.class, mistake::run).getMessage();
    }

    @Test void aMissingArgumentIsRefusedByName() { assertEquals("ADD: not set: B, OUT", refusal(() -> add().add())); }

    @Test void anArgumentThatIsSetTwiceIsRefusedByName() {
        assertEquals("ADD: ELEMENTS is set twice", refusal(() -> add().set(Add.ELEMENTS, 6)));
    }

    @Test void anArgumentOfAnotherKernelIsRefused() {
        assertEquals("ADD has no argument 13", refusal(() -> add().set(Attention.Scores.MASKED, 0)));
    }

    @Test void aKernelThatReadsWeightsNeedsThem() {
        Launch launch = new Launch(null, null, Kernel.EMBED_F32, null);
        for (int argument = 1; argument <= Kernel.EMBED_F32.arguments().count(); argument++) launch.set(argument, 0);
        assertEquals("EMBED_F32 reads weights, but none are named", refusal(launch::add));
    }

    @Test void argumentsAreNumberedFromOneWithoutGaps() {
        assertEquals(List.of("A", "B", "ELEMENTS", "OUT"), ArgumentNames.of(Add.class).names());
        for (Class<?> wrong : List.of(WithAGap.class, WithAnIndexTwice.class))
            assertThrows(IllegalStateException.class, () -> ArgumentNames.of(wrong));
    }
}
