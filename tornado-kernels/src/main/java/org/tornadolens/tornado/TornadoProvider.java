package org.tornadolens.tornado;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.BackendProvider;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.TornadoDeviceType;

/**
 * Provides the devices that TornadoVM sees: {@code tornado:0}, {@code tornado:1} …, GPUs first.
 * {@code -Dtornadolens.tornado.memory} limits the bytes of a device that may be used.
 */
public final class TornadoProvider implements BackendProvider {

    private static List<Backend> devices;

    @Override public String kind() { return "tornado"; }

    @Override public List<Backend> backends() { return devices(); }

    private static synchronized List<Backend> devices() {
        if (devices == null) devices = Signals.kept(TornadoProvider::find);
        return devices;
    }

    private static List<Backend> find() {
        // TornadoVM reads these properties once, when its first class is initialised.
        System.setProperty("tornado.recover.bailout", "False");      // fail rather than run a kernel as sequential Java
        System.setProperty("tornado.compiler.fullInlining", "True"); // kernels may be made of methods of any length
        System.setProperty("tornado.device.memory", "1024GB");       // disables a limit that ignores the device's size
        // size of lists cleared at every launch, not needed here
        System.setProperty("tornado.max.events", "64");
        List<TornadoDevice> seen = new ArrayList<>();
        TornadoExecutionPlan.getTornadoDeviceMap().getAllBackends()
                .forEach(driver -> seen.addAll(driver.getAllDevices()));
        seen.sort(Comparator.comparing(device -> device.getDeviceType() == TornadoDeviceType.CPU));
        List<Backend> backends = new ArrayList<>();
        for (TornadoDevice device : seen)
            backends.add(new TornadoBackend("tornado:" + backends.size(), device,
                    Long.getLong("tornadolens.tornado.memory", Long.MAX_VALUE)));
        return backends;
    }
}
