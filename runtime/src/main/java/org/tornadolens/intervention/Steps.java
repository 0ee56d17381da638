package org.tornadolens.intervention;

import java.util.OptionalInt;
import org.tornadolens.UsageException;

/**
 * The steps of a generation in which an intervention applies. Step 0 is the run of the prompt, which chooses the first
 * new token; step n > 0 is the run of the n-th new token. Any other run is a step 0.
 *
 * @param from the first step
 * @param to   the step before which it ends; absent: it applies to the end
 */
public record Steps(int from, OptionalInt to) {

    public static final Steps ALL = new Steps(0, OptionalInt.empty());
    public static final Steps PROMPT = new Steps(0, OptionalInt.of(1));
    public static final Steps NEW = new Steps(1, OptionalInt.empty());

    public Steps {
        if (from < 0) throw new UsageException("steps from " + from + ": they are counted from 0, the prompt");
        if (to.isPresent() && to.getAsInt() <= from)
            throw new UsageException("steps [" + from + ", " + to.getAsInt() + "] are none: the second must be larger");
    }

    public boolean contains(int step) { return step >= from && (to.isEmpty() || step < to.getAsInt()); }

    /** Describes the steps: {@code "during the prompt"}; the empty text for all. */
    String inWords() {
        if (equals(ALL)) return "";
        if (equals(PROMPT)) return "during the prompt";
        if (equals(NEW)) return "during new tokens";
        return to.isEmpty() ? "from step " + from : "during steps " + from + " to " + (to.getAsInt() - 1);
    }
}
