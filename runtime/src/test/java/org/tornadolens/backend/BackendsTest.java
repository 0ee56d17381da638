package org.tornadolens.backend;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class BackendsTest {

    /** A kind of device that fails to start, as with a broken driver. */
    private static final BackendProvider BROKEN = new BackendProvider() {
        @Override public String kind() { return "broken"; }

        @Override public List<Backend> backends() { throw new IllegalStateException("no driver"); }
    };

    private static BackendProvider of(String kind, Backend... backends) {
        return new BackendProvider() {
            @Override public String kind() { return kind; }

            @Override public List<Backend> backends() { return List.of(backends); }
        };
    }

    @Test void theCpuIsFoundAndIsOne() {
        assertEquals("cpu", Backends.cpu().name());
        assertSame(Backends.cpu(), Backends.cpu());
        assertSame(Backends.cpu(), Backends.named("cpu").orElseThrow());
    }

    @Test void theCpuComesLastWhereverItsProviderStands() {
        Backend device = new PlanningBackend(Backends.cpu(), (_, _, _, _) -> {});
        BackendProvider cpu = of("cpu", Backends.cpu()), devices = of("device", device);
        assertEquals(List.of(device, Backends.cpu()), Backends.all(List.of(cpu, devices)));
        assertEquals(List.of(device, Backends.cpu()), Backends.all(List.of(devices, cpu)));
        assertSame(Backends.cpu(), Backends.all().getLast());
    }

    @Test void theCpuIsFoundWithoutStartingOtherDevices() {
        assertSame(Backends.cpu(), Backends.cpu(List.of(BROKEN, of("cpu", Backends.cpu()))));
    }

    @Test void aMissingCpuIsAnErrorThatSaysWhatIsThereAndWhatToDo() {
        String message = assertThrows(IllegalStateException.class, () -> Backends.cpu(List.of(BROKEN))).getMessage();
        assertTrue(message.contains("[broken]") && message.contains("META-INF/services"), message);
    }
}
