package org.tornadolens.backend;

import java.util.Optional;
import org.tornadolens.program.Program;
import org.tornadolens.tensor.Weights;

/**
 * Runs programs. A {@link BackendProvider} names it; an implementation is a total switch over
 * {@link org.tornadolens.program.Operation}.
 */
public interface Backend {

    /** The name for {@code --device}: {@code cpu}, {@code tornado:0}. */
    String name();

    /** A description of the device, for records and people. */
    String device();

    /** Prepares a program for runs with these weights, which are read in place. */
    Executable compile(Program program, Weights weights);

    /** The bytes that a run may take now. */
    default long freeMemory() { return Runtime.getRuntime().maxMemory() / 2; }

    /**
     * Performs some work on this backend several times and measures where its time goes; absent for backends that
     * cannot tell.
     */
    default Optional<Profile> profile(Runnable work) { return Optional.empty(); }
}
