package org.tornadolens.backend.cpu;

import java.util.List;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.BackendProvider;

/** Provides the CPU backend, which is always available. */
public final class CpuProvider implements BackendProvider {

    @Override public String kind() { return "cpu"; }

    @Override public List<Backend> backends() { return List.of(CpuBackend.INSTANCE); }
}
