package org.tornadolens.backend;

import java.util.List;
import org.tornadolens.UsageException;

/** Positions as scripts name them, turned into indices of a row. */
public final class Positions {

    private Positions() {}

    /**
     * @param positions from the row's first real token, or from the end when negative
     * @param padding   left padding of the row, less the past's length: where the row's first real token is, perhaps negative
     * @param length    positions of the run
     */
    public static int[] indices(List<Integer> positions, int padding, int length) {
        int first = Math.max(0, padding);
        int[] indices = new int[positions.size()];
        for (int i = 0; i < indices.length; i++) {
            int position = positions.get(i);
            int index = position < 0 ? length + position : padding + position;
            if (index < first || index >= length) {
                throw new UsageException("position " + position + " is outside a row of " + (length - first) + " tokens; positions run from 0 to "
                        + (length - first - 1) + ", or from -1 back to " + -(length - first));
            }
            indices[i] = index;
        }
        return indices;
    }
}
