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

/** A change of one or more values, declared before a run: an operation inserted on each value that the site names. */
public sealed interface Intervention {

    Site site();

    /** Returns the data that the operation reads; absent if it needs none. */
    default Optional<Source> source() {
        return Optional.empty();
    }

    /**
     * Returns the operation that computes {@code after} from {@code before}.
     *
     * @param lent the value that holds the data of {@link #source} in the program; null if there is none
     */
    Operation operation(Value before, Value lent, Selection selection, Value after);

    /**
     * Describes the intervention for messages.
     *
     * @param site the name of the site in the description
     */
    String inWords(String site);

    /** @throws UsageException if the intervention is not meaningful on values of this hook point */
    default void check(HookPoint point) {}

    /** Rejects a change of whole rows of scores: masked positions are -∞, and the change would undo the mask. */
    private static void leaveMasked(HookPoint point, Site site, String what) {
        if (point != HookPoint.SCORES || site.part().columns().isPresent()) return;
        throw new UsageException(what + " the scores of " + site.value()
                + " would undo the mask of later positions: name the sources with .from(…), or change the pattern");
    }

    /** Returns the steps of a generation in which the intervention applies. */
    default Steps steps() {
        return Steps.ALL;
    }

    /** Returns the change itself, without a restriction to steps. */
    default Intervention change() { return this; }

    /** Returns this change in some steps of a generation only. */
    default Intervention during(Steps steps) {
        return steps.equals(Steps.ALL) ? this : new During(change(), steps);
    }

    /** Returns a key of what a compiled program depends on: everything but the data. */
    default Object structure() {
        return this;
    }

    /** Sets the site to zero. */
    record AblateZero(Site site) implements Intervention {
        @Override public void check(HookPoint point) { leaveMasked(point, site, "zeroing"); }

        @Override public String inWords(String site) { return "zero in place of " + site; }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.Zero(before, selection, after);
        }
    }

    /** Multiplies the site by a factor. */
    record Scale(Site site, double factor) implements Intervention {
        public Scale {
            if (Double.isNaN(factor))
                throw new UsageException("scale " + site + " by NaN: the factor must be a number");
        }

        @Override public void check(HookPoint point) {
            if (factor <= 0) leaveMasked(point, site, "scaling by " + factor);
        }

        @Override public String inWords(String site) { return site + " times " + factor; }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.Pointwise(before, selection, new Rule.Times(factor), after);
        }
    }

    /** Clamps every number of the site to a range. */
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

    /** Replaces the site by data: that of another run (patching, freezing, resampling), a mean, or a tensor. */
    record Patch(Site site, Source from) implements Intervention {
        @Override public Optional<Source> source() { return Optional.of(from); }

        @Override public String inWords(String site) { return "data in place of " + site; }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.Replace(before, lent, selection, after);
        }

        @Override public Object structure() { return List.of("patch", site); }
    }

    /** Adds {@code times} · vector to the site: steering. */
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

    /** Projects the vectors of the site onto a subspace ({@code keep}) or onto its orthogonal complement. */
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

    /** Passes the site through a function of the host, the slow path; the function must preserve the shape. */
    record Hook(Site site, HostFunction function) implements Intervention {
        @Override public String inWords(String site) { return "a hook on " + site; }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return new Operation.HostCall(before, selection, function, after);
        }
    }

    /** A change that applies in some steps of a generation only. */
    record During(Intervention change, Steps steps) implements Intervention {

        public During {
            boolean later = !steps.contains(0);
            if (later && !change.source().map(Source::appliesToNewTokens).orElse(true))
                throw new UsageException("values of another run, by position or drawn, exist for the prompt only: "
                        + change.site() + " cannot take them " + steps.inWords() + "; give a tensor instead");
        }

        @Override public Site site() { return change.site(); }

        @Override public Optional<Source> source() { return change.source(); }

        @Override public Operation operation(Value before, Value lent, Selection selection, Value after) {
            return change.operation(before, lent, selection, after);
        }

        @Override public String inWords(String site) { return change.inWords(site) + " " + steps.inWords(); }

        @Override public void check(HookPoint point) { change.check(point); }

        @Override public Object structure() { return change.structure(); }
    }
}
