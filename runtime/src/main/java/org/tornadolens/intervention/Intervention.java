package org.tornadolens.intervention;
import java.util.List;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.program.HostFunction;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Rule;
import org.tornadolens.program.Selection;
import org.tornadolens.program.Value;

/** A change of one or more values of a run, declared before it: an operation inserted on each value that the site names. */
public sealed interface Intervention {

    Site site();

    /** The data that it brings; absent where it needs none. */
    default Optional<Source> source() {
        return Optional.empty();
    }

    /**
     * The operation that makes {@code after} from {@code before}.
     *
     * @param lent the value as which {@link #source} is lent to the program; null where there is none
     */
    Operation operation(Value before, Value lent, Selection selection, Value after);

    /**
     * What it does, in words.
     *
     * @param site the site as it is to be called there
     */
    String inWords(String site);

    /** Refuses a value that it means nothing on. */
    default void check(HookPoint point) {}

    /** Scores of positions that a destination does not see are -∞: what is done to all of a row must leave them so. */
    private static void leaveMasked(HookPoint point, Site site, String what) {
        if (point != HookPoint.SCORES || site.part().columns().isPresent()) return;
        throw new UsageException(what + " the scores of " + site.value()
                + " would undo the mask of later positions: name the sources with .from(…), or change the pattern");
    }

    /** What a compiled program depends on: everything but the data. */
    default Object structure() { return this; }

    /** The site set to zero. */
    record AblateZero(Site site) implements Intervention {
        @Override public void check(HookPoint point) { leaveMasked(point, site, "zeroing"); }

        @Override public String inWords(String site) { return "zero in place of " + site; }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.Zero(before, selection, after);
        }
    }

    /** The site multiplied by a factor. */
    record Scale(Site site, double factor) implements Intervention {
        public Scale {
            if (Double.isNaN(factor)) throw new UsageException("scale " + site + " by NaN: the factor is a number");
        }

        @Override public void check(HookPoint point) {
            if (factor <= 0) leaveMasked(point, site, "scaling by " + factor);
        }

        @Override public String inWords(String site) { return site + " times " + factor; }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.Pointwise(before, selection, new Rule.Times(factor), after);
        }
    }

    /** Every number of the site limited to a range. */
    record Clamp(Site site, Rule.Clamp range) implements Intervention {
        @Override public void check(HookPoint point) {
            if (range.min() > Double.NEGATIVE_INFINITY) leaveMasked(point, site, "limiting from below");
        }

        @Override public String inWords(String site) {
            boolean above = range.min() > Double.NEGATIVE_INFINITY, below = range.max() < Double.POSITIVE_INFINITY;
            String least = above ? " to at least " + (float) range.min() : "", and = above && below ? " and" : "";
            return site + " limited" + least + and + (below ? " to at most " + (float) range.max() : "");
        }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.Pointwise(before, selection, range, after);
        }
    }

    /** The site taken from elsewhere: another run (patching, freezing, resampling), a mean, a tensor. */
    record Patch(Site site, Source from) implements Intervention {
        @Override public Optional<Source> source() { return Optional.of(from); }

        @Override public String inWords(String site) { return "data in place of " + site; }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.Replace(before, lent, selection, after);
        }

        @Override public Object structure() { return List.of("patch", site); }
    }

    /** {@code times} · a vector added to the site: steering. */
    record Add(Site site, Source vector, double times) implements Intervention {
        @Override public Optional<Source> source() { return Optional.of(vector); }

        @Override public String inWords(String site) {
            return (times == 1 ? "" : times + " times ") + "a vector added to " + site;
        }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.Shift(before, lent, times, selection, after);
        }

        @Override public Object structure() { return List.of("add", site, times); }
    }

    /** The site's vectors projected onto a subspace ({@code keep}) or out of it. */
    record Project(Site site, Basis basis, boolean keep) implements Intervention {
        public Project {
            if (site.part().columns().isPresent())
                throw new UsageException("project takes whole vectors: " + site + " selects coordinates");
        }

        @Override public void check(HookPoint point) { leaveMasked(point, site, "projecting"); }

        @Override public Optional<Source> source() { return Optional.of(basis); }

        @Override public String inWords(String site) {
            String onto = basis.directions() == 1 ? "a direction" : basis.directions() + " directions";
            return site + " projected " + (keep ? "onto " : "out of ") + onto;
        }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.Subspace(before, lent, keep, selection, after);
        }

        @Override public Object structure() { return List.of("project", site, keep, basis.directions()); }
    }

    /** The site passed through a function of the host: the slow path. What it returns must have the shape it was given. */
    record Hook(Site site, HostFunction function) implements Intervention {
        @Override public String inWords(String site) { return "a hook on " + site; }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.HostCall(before, selection, function, after);
        }
    }
}
