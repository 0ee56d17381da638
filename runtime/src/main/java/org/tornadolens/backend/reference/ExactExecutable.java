package org.tornadolens.backend.reference;

import java.util.Map;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.program.Value;

/** A program whose results are also available unrounded. */
public interface ExactExecutable extends Executable {

    /** Runs, and returns the kept values in double precision, row-major. */
    Map<Value, double[]> exactly(Inputs inputs);
}
