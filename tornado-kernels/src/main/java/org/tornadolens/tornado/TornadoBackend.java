package org.tornadolens.tornado;

import java.util.Locale;
import java.util.Optional;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.MemoryException;
import org.tornadolens.backend.Profile;
import org.tornadolens.program.Program;
import org.tornadolens.tensor.Weights;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/** A device that TornadoVM sees. Nothing is allocated on it before the first run. */
final class TornadoBackend implements Backend {

    private final String name;
    private final TornadoDevice device;
    private Device opened;
    private WeightStore store;

    TornadoBackend(String name, TornadoDevice device) {
        this.name = name;
        this.device = device;
    }

    @Override public String name() { return name; }

    @Override public String device() {
        var physical = device.getPhysicalDevice();
        return physical.getDeviceName().strip() + ", " + device.getDeviceType().name() + ", " + MemoryException.text(physical.getDeviceGlobalMemorySize())
                + ", TornadoVM " + device.getTornadoVMBackend().name().toLowerCase(Locale.ROOT);
    }

    @Override public synchronized Executable compile(Program program, Weights weights) { return new TornadoExecutable(program, weights, opened(), store); }

    @Override public Optional<Profile> profile(Runnable work) { return Optional.of(opened().profile(work)); }

    synchronized Device opened() {
        if (opened == null) {
            opened = new Device(device);
            store = new WeightStore(opened);
        }
        return opened;
    }
}
