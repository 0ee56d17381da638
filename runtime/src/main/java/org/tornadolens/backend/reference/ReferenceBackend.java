package org.tornadolens.backend.reference;

import org.tornadolens.backend.Backend;
import org.tornadolens.program.Program;
import org.tornadolens.tensor.Weights;

/** Every operation as a plain loop in double precision: slow and obvious, for tests to compare other backends with. */
public final class ReferenceBackend implements Backend {

    @Override public String name() { return "reference"; }

    @Override public String device() { return "scalar double precision"; }

    @Override public ExactExecutable compile(Program program, Weights weights) {
        return new ReferenceExecutable(program, weights);
    }
}
