package org.tornadolens.dsl;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class DryRunTest {

    @Test void aTimeIsRoundedToWhatAnEstimateCanClaim() {
        assertEquals("1 s", DryRun.rounded(0.2));
        assertEquals("7 s", DryRun.rounded(7.3));
        assertEquals("40 s", DryRun.rounded(38));
        assertEquals("2 min", DryRun.rounded(100));
        assertEquals("17 min", DryRun.rounded(1000));
        assertEquals("2.8 h", DryRun.rounded(10_000));
    }
}
