package org.tornadolens.backend;

import java.util.Arrays;
import java.util.List;
import org.tornadolens.UsageException;

/** Positions as scripts name them, turned into indices of a row. */
public final class Positions {

    private Positions() {}

    /**
     * Those that lie in the past are passed over: their values have been computed, and changed, by an earlier run.
     *
     * @param positions from the row's first real token, or from the end when negative
     * @param padding   left padding of the row, less the past's length: where the row's first real token is, perhaps
     *                  negative
     * @param length    positions of the run
     */
    public static int[] indices(List<Integer> positions, int padding, int length) {
        int first = Math.max(0, padding);
        int[] indices = new int[positions.size()];
        int n = 0;
        for (int position : positions) {
            int index = position < 0 ? length + position : padding + position;
            if (index < 0 && index >= padding) continue;
            if (index < first || index >= length) {
                throw new UsageException("position " + position + " is outside a row of " + (length - first)
                        + " tokens; positions run from 0 to "
                        + (length - first - 1) + ", or from -1 back to " + -(length - first));
            }
            indices[n++] = index;
        }
        return Arrays.copyOf(indices, n);
    }
}
