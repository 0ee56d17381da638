package org.tornadolens.patching;

import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;

/** Clean and corrupted prompts, of equal length row by row. */
public record Pair(Tokens clean, Tokens corrupted) {

    public Pair {
        if (clean.batch() != corrupted.batch())
            throw new UsageException(clean.batch() + " clean prompts and " + corrupted.batch()
                    + " corrupted ones: give a corrupted prompt for each clean one");
        for (int row = 0; row < clean.batch(); row++) {
            int own = clean.length() - clean.padding()[row], other = corrupted.length() - corrupted.padding()[row];
            if (own != other)
                throw new UsageException("clean prompt " + row + " has " + own + " tokens and its corrupted one "
                        + other + ": patching goes position by position, so make them equally long");
        }
    }

    /** Runs prompts, keeping the values of these names, and returns them as data for patches. */
    static Data source(Model model, Tokens prompts, String... names) {
        return model.run(prompts, RunOptions.DEFAULT.keep(names).withoutLogits()).cache().data();
    }

    /** Returns whether any prompt differs from its corrupted one. */
    boolean differs() {
        for (int row = 0; row < clean.batch(); row++)
            if (!Arrays.equals(clean.row(row), corrupted.row(row))) return true;
        return false;
    }

    /** Returns the number of tokens of the shortest prompt. */
    int shortest() {
        return clean.length() - Arrays.stream(clean.padding()).max().orElseThrow();
    }

    boolean equallyLong() { return Arrays.stream(clean.padding()).distinct().count() == 1; }

    /**
     * Returns the positions, counted from the end, from the first on at which some prompt differs from its corrupted
     * one; before it, both runs are equal. Absent, which means all positions, if some prompt is shorter than that, or
     * if a hook of the host may move information between positions.
     */
    Optional<List<Integer>> differing(Model model) {
        int last = 0;
        for (int row = 0; row < clean.batch(); row++) {
            int[] own = clean.row(row), other = corrupted.row(row);
            int first = Arrays.mismatch(own, other);
            if (first >= 0) last = Math.max(last, own.length - first);
        }
        boolean hooked = model.interventions().stream().anyMatch(Intervention.Hook.class::isInstance);
        if (hooked || last > shortest()) return Optional.empty();
        return Optional.of(IntStream.rangeClosed(-last, -1).boxed().toList());
    }
}
