package org.tornadolens.backend;

import java.util.List;

/**
 * Names the backends of one kind that can run here. {@link java.util.ServiceLoader} finds it and calls the public
 * constructor without arguments, which does no work, so that one kind is found without starting the others.
 */
public interface BackendProvider {

    /** The prefix of the names of its backends: {@code cpu}, {@code tornado}. */
    String kind();

    /** Returns one backend for every device, the preferred one first; none where the machine lacks what they need. */
    List<Backend> backends();
}
