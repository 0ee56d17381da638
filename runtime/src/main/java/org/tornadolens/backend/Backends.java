package org.tornadolens.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;
import org.tornadolens.backend.cpu.CpuBackend;

/** The backends at hand. */
public final class Backends {

    private Backends() {}

    public static Backend cpu() { return CpuBackend.INSTANCE; }

    /** Every backend that can run here, the CPU's last. */
    public static List<Backend> all() {
        List<Backend> all = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class).forEach(provider -> all.addAll(provider.backends()));
        all.add(cpu());
        return all;
    }

    /** The backend of this name; {@code tornado} is the first of {@code tornado:0}, {@code tornado:1} … */
    public static Optional<Backend> named(String name) {
        return all().stream().filter(b -> b.name().equals(name) || b.name().startsWith(name + ":")).findFirst();
    }
}
