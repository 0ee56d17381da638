package org.tornadolens.tornado;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Drivers take over the signals that Java's own exceptions arrive as. */
@Tag("device") final class SignalsTest {

    @Test void divisionByZeroIsStillAnExceptionWhereADriverIsLoaded() {
        assertFalse(new TornadoProvider().backends().isEmpty());
        int zero = Integer.parseInt("0");
        assertThrows(ArithmeticException.class, () -> Integer.toString(1 / zero));
    }
}
