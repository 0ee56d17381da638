package org.tornadolens.memory;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

class OffHeapTest {

    private static final long MB = 1L << 20;

    @AfterEach void noLimit() { OffHeap.limit(Long.MAX_VALUE); }

    @Test void droppedTensorsAreFreedLongBeforeTheMachineIsFull() {
        Tensor live = Tensor.zeros(Shape.of("float", 16 << 20));
        long held = OffHeap.measure() + 32 * MB;   // one is always still referred to
        Tensor dropped = live;
        for (int i = 0; i < 40; i++) dropped = Tensor.zeros(Shape.of("float", 8 << 20));
        assertTrue(OffHeap.highest() <= 4 * held + 256 * MB, OffHeap.highest() / MB + " MB, " + held / MB + " live");
        assertEquals(0, dropped.get(0) + live.get(0));
    }

    @Test void whatDoesNotFitIsRefusedWithBothNumbers() {
        OffHeap.limit(OffHeap.measure() + 100 * MB);
        MemoryException refused =
                assertThrows(MemoryException.class, () -> Tensor.zeros(Shape.of("float", 64 << 20)));
        assertTrue(
                refused.getMessage().matches("a tensor .*64\\s?M?.* needs 256.0 MB, and (100.0|9\\d.\\d) MB is free; "
                        + "keep fewer or smaller values at once") || refused.getMessage().contains("needs 256.0 MB"),
                refused.getMessage());
        assertEquals(0, Tensor.zeros(Shape.of("float", 16 << 20)).get(0), "64 MB fit");
    }

    @Test void manySmallOnesAreRefusedTogether() {
        OffHeap.limit(OffHeap.measure() + 100 * MB);
        MemorySegment[] kept = new MemorySegment[400];
        assertThrows(MemoryException.class, () -> {
            for (int i = 0; i < kept.length; i++) kept[i] = OffHeap.allocate(MB, "a part");
        });
        long taken = Arrays.stream(kept).filter(Objects::nonNull).count();
        assertTrue(taken >= 30 && taken <= 164, taken + " MB of 100 were given out");
    }

    @Test void whatIsClosedIsFree() {
        long held = OffHeap.measure();
        try (OffHeap.Owned owned = new OffHeap.Owned()) {
            assertEquals(8 * MB, owned.allocate(8 * MB, "values", "run less").byteSize());
            assertTrue(OffHeap.live() >= held + 8 * MB);
        }
        assertTrue(OffHeap.live() < held + 8 * MB);
    }

    @Test void aContainersLimitCounts(@TempDir Path folder) throws IOException {
        Path meminfo =
                Files.writeString(folder.resolve("meminfo"), "MemTotal: 8000000 kB\nMemAvailable:  4000000 kB\n");
        assertEquals(4000000L * 1024, MachineMemory.free(meminfo, folder.resolve("none")));
        Path second = Files.createDirectory(folder.resolve("v2"));
        Files.writeString(second.resolve("memory.max"), "max\n");
        Files.writeString(second.resolve("memory.current"), "1000\n");
        Files.writeString(second.resolve("memory.stat"), "anon 700\ninactive_file 300\n");
        assertEquals(4000000L * 1024, MachineMemory.free(meminfo, second), "no limit");
        Files.writeString(second.resolve("memory.max"), "5000\n");
        assertEquals(5000 - 1000 + 300, MachineMemory.free(meminfo, second));
        Path first = Files.createDirectories(folder.resolve("v1/memory"));
        Files.writeString(first.resolve("memory.limit_in_bytes"), "9223372036854771712\n");
        Files.writeString(first.resolve("memory.usage_in_bytes"), "1000\n");
        Files.writeString(first.resolve("memory.stat"), "total_inactive_file 100\n");
        assertEquals(4000000L * 1024, MachineMemory.free(meminfo, first.getParent()), "no limit");
        Files.writeString(first.resolve("memory.limit_in_bytes"), "2000\n");
        assertEquals(1100, MachineMemory.free(meminfo, first.getParent()));
    }
}
