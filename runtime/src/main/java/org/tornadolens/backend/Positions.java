package org.tornadolens.backend;

import java.util.Arrays;
import java.util.List;
import org.tornadolens.UsageException;

/** Converts positions as scripts name them to indices of a row. */
public final class Positions {

    private Positions() {}

    /**
     * Returns the indices of positions. Positions in the past are left out, because an earlier run has computed and
     * changed their values.
     *
     * @param positions counted from the row's first real token, or from the end when negative
     * @param padding   the index of the row's first real token in this run: left padding minus the length of the past,
     *                  perhaps negative
     * @param length    number of positions of the run
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
