package org.tornadolens.intervention;

import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;

/** A change of one or more values of a run, declared before it: an operation inserted on each value that the site names. */
public sealed interface Intervention {

    Site site();

    /** The operation that makes {@code after} from {@code before}. */
    Operation operation(Value before, Selection selection, Value after);

    /** The site set to zero. */
    record AblateZero(Site site) implements Intervention {
        @Override public Operation operation(Value before, Selection selection, Value after) {
            return new Operation.Zero(before, selection, after);
        }
    }

    /** The site passed through a function of the host: the slow path. */
    record Hook(Site site, HostFunction function) implements Intervention {
        @Override public Operation operation(Value before, Selection selection, Value after) {
            return new Operation.HostCall(before, selection, function, after);
        }
    }
}
