package org.tornadolens.backend;

import java.util.Optional;
import org.tornadolens.program.Program;
import org.tornadolens.tensor.Weights;

/**
 * Runs programs. Named by a {@link BackendProvider}; an implementation is a total switch over
 * {@link org.tornadolens.program.Operation}.
 */
public interface Backend {

    /** What {@code --device} calls it: {@code cpu}, {@code tornado:0}. */
    String name();

    /** The device in words, for records and people. */
    String device();

    /** Makes a program ready to run on these weights, which are read in place. */
    Executable compile(Program program, Weights weights);

    /** Bytes that a run could take now. */
    default long freeMemory() { return Runtime.getRuntime().maxMemory() / 2; }

    /**
     * Does some work that runs on this backend, more than once, and says where its time goes; backends without a device
     * do not know.
     */
    default Optional<Profile> profile(Runnable work) { return Optional.empty(); }
}
