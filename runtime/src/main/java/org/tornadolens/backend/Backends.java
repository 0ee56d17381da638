package org.tornadolens.backend;

import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.ServiceLoader;

/** The available backends: those of every {@link BackendProvider} on the class path. */
public final class Backends {

    private static final String CPU = "cpu";

    private Backends() {}

    /** Returns the backend that runs everywhere, without starting the drivers of other devices. */
    public static Backend cpu() {
        return cpu(providers());
    }

    static Backend cpu(List<BackendProvider> providers) {
        return providers.stream().filter(Backends::isCpu).flatMap(provider -> provider.backends().stream()).findFirst()
                .orElseThrow(() -> new IllegalStateException("the class path has no CPU backend: no "
                        + BackendProvider.class.getName() + " of kind \"" + CPU + "\" is found among "
                        + kinds(providers)
                        + ". The runtime's jar names it in META-INF/services; where jars are merged, "
                        + "merge those files too"));
    }

    private static List<String> kinds(List<BackendProvider> providers) {
        return providers.stream().map(BackendProvider::kind).toList();
    }

    /** Returns every backend that can run here, the CPU's last. */
    public static List<Backend> all() {
        return all(providers());
    }

    static List<Backend> all(List<BackendProvider> providers) {
        List<Backend> all = new ArrayList<>();
        for (BackendProvider provider : providers) if (!isCpu(provider)) all.addAll(provider.backends());
        all.add(cpu(providers));
        return all;
    }

    /** Returns the backend of this name; {@code tornado} is the first of {@code tornado:0}, {@code tornado:1} … */
    public static Optional<Backend> named(String name) {
        return all().stream().filter(b -> b.name().equals(name) || b.name().startsWith(name + ":")).findFirst();
    }

    private static boolean isCpu(BackendProvider provider) { return provider.kind().equals(CPU); }

    /** Searches with the loader of these classes: the loader of a thread may be another, which sees none of them. */
    private static List<BackendProvider> providers() {
        List<BackendProvider> providers = new ArrayList<>();
        ServiceLoader.load(BackendProvider.class, Backends.class.getClassLoader()).forEach(providers::add);
        return providers;
    }
}
