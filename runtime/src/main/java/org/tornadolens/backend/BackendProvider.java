package org.tornadolens.backend;

import java.util.List;

/**
 * Names the backends of one kind that can run here. Found by {@link java.util.ServiceLoader}, which calls the public
 * constructor without arguments: it does no work, so that one kind is found without starting the others.
 */
public interface BackendProvider {

    /** How the names of its backends begin: {@code cpu}, {@code tornado}. */
    String kind();

    /** One for every device, the preferred first; none where the machine lacks what they need. */
    List<Backend> backends();
}
