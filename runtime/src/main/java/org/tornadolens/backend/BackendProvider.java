package org.tornadolens.backend;

import java.util.List;

/** Names the backends of one kind that can run here. Found by {@link java.util.ServiceLoader}. */
public interface BackendProvider {

    /** One for every device, the preferred first; none where the machine lacks what they need. */
    List<Backend> backends();
}
