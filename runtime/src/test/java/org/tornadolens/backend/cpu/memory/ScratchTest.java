package org.tornadolens.backend.cpu.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.tornadolens.backend.cpu.memory.Scratch.Layout;
import org.tornadolens.backend.cpu.memory.Scratch.Need;
import org.tornadolens.backend.cpu.memory.Scratch.Region;
import org.tornadolens.backend.cpu.parallel.Threads;

class ScratchTest {

    private static final Layout ROWS = Layout.of(Region.ROWS, 100), BOTH = ROWS.and(Region.RESULTS, 1000);

    @Test void aKernelGetsOnlyTheRegionsThatItDescribes() {
        assertTrue(ROWS.array(Region.ROWS).length >= 100);
        assertThrows(IllegalStateException.class, () -> ROWS.array(Region.BLOCK));
        assertThrows(IllegalStateException.class, () -> ROWS.address(Region.RESULTS));
        assertThrows(IllegalStateException.class, () -> BOTH.array(Region.RESULTS), "which lies off the heap");
        assertThrows(IllegalStateException.class, () -> BOTH.address(Region.ROWS), "which is an array");
    }

    @Test void aRegionIsKeptUntilMoreOfItIsAskedFor() {
        long address = BOTH.address(Region.RESULTS);
        assertEquals(address, Layout.of(Region.RESULTS, 7).address(Region.RESULTS));
        assertNotEquals(address, Layout.of(Region.RESULTS, 1 << 20).address(Region.RESULTS));
        assertSame(ROWS.array(Region.ROWS), BOTH.array(Region.ROWS));
        assertEquals(0, address % 64, "vectors begin at cache lines");
    }

    @Test void kernelsThatRunOneAfterTheOtherShareTheirRegions() {
        Layout shared = BOTH.and(Layout.of(Region.ROWS, 300)).and(Layout.of(Region.SCORES, 5));
        assertEquals(300, shared.floats(Region.ROWS));
        assertEquals(4 * (300 + 1000 + 5), shared.bytes());
        Need need = new Need(ROWS, Layout.of(Region.ROWS, 40)).and(Need.ofEach(Layout.of(Region.LANES, 10)));
        assertEquals(4 * (100 + 10) + (Threads.count() - 1) * 4L * (40 + 10), need.bytes());
    }

    @Test void aThreadTakesExactlyWhatItsKernelsAskFor() {
        FreshThread.assertTakes("two regions", Need.ofEach(BOTH), () -> {
            ROWS.array(Region.ROWS);
            BOTH.address(Region.RESULTS);
        });
        Runnable more = () -> {
            BOTH.array(Region.ROWS);
            Layout.of(Region.RESULTS, 1001).address(Region.RESULTS);
        };
        assertThrows(AssertionError.class,
                () -> FreshThread.assertTakes("more than described", Need.ofEach(BOTH), more));
        assertThrows(AssertionError.class, () -> FreshThread.assertTakes("less than described", Need.ofEach(BOTH),
                () -> ROWS.array(Region.ROWS)));
        assertThrows(AssertionError.class, () -> FreshThread.assertTakes("other memory", Need.ofEach(ROWS),
                () -> Layout.of(Region.SCORES, 100).array(Region.SCORES)));
    }
}
