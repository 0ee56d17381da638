package org.tornadolens.intervention;

import org.tornadolens.UsageException;
import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

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

    /** The site passed through a function of the host: the slow path. What it returns must have the shape it was given. */
    record Hook(Site site, HostFunction function) implements Intervention {
        @Override public Operation operation(Value before, Selection selection, Value after) {
            return new Operation.HostCall(before, selection, this::checked, after);
        }

        private Tensor checked(Tensor value, HostFunction.Context context) {
            Shape given = value.shape();
            Tensor changed = function.apply(value, context);
            if (changed == null || !changed.shape().equals(given)) {
                throw new UsageException("the hook on " + context.name() + " returned " + (changed == null ? "nothing" : changed.shape())
                        + " where it was given " + given + ": return a tensor of the same shape, or the one given, changed in place");
            }
            return changed;
        }
    }
}
