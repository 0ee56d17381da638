package org.tornadolens.tornado;

import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Executable;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.backend.Profile;
import org.tornadolens.program.Program;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Weights;
import uk.ac.manchester.tornado.api.common.TornadoDevice;

/** The backend of one device that TornadoVM sees. It allocates nothing on the device before the first run. */
final class TornadoBackend implements Backend {

    private final String name;
    private final TornadoDevice device;
    private final long limit;   // bytes of the device that may be used
    private Device opened;
    private WeightStore store;

    TornadoBackend(String name, TornadoDevice device, long limit) {
        this.name = name;
        this.device = device;
        this.limit = limit;
    }

    @Override public String name() { return name; }

    @Override public String device() {
        var physical = device.getPhysicalDevice();
        return physical.getDeviceName().strip() + ", " + device.getDeviceType().name() + ", "
                + MemoryException.text(Math.min(limit, physical.getDeviceGlobalMemorySize()))
                + ", TornadoVM " + device.getTornadoVMBackend().name().toLowerCase(Locale.ROOT) + ", weights as "
                + types();
    }

    /** Returns a backend of the same device that uses at most so many bytes. */
    TornadoBackend limitedTo(long bytes) {
        return new TornadoBackend(name, device, bytes);
    }

    @Override public synchronized Executable compile(Program program, Weights weights) {
        return new TornadoExecutable(program, weights, opened(), store);
    }

    /** Returns the types that weights are held as there, whatever a checkpoint has them as. */
    private String types() {
        Tuning tuning = Tuning.of(device);
        List<String> names = Arrays.stream(DType.values()).map(type -> StoredType.of(type, tuning)).distinct().sorted()
                .map(type -> type.name().toLowerCase(Locale.ROOT)).toList();
        return String.join(", ", names.subList(0, names.size() - 1)) + " or " + names.getLast();
    }

    @Override public Optional<Profile> profile(Runnable work) { return Optional.of(opened().profile(work)); }

    synchronized Device opened() {
        if (opened == null) {
            opened = new Device(device, limit);
            store = new WeightStore(opened);
        }
        return opened;
    }
}
