package org.tornadolens.patching;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Tensor;

/**
 * Rows of a sweep's prompts that are as long as each other, without padding and without what comes after the last position
 * that the metric reads. Positions count from the end here, so that they stay what they are when the first ones are left out.
 *
 * @param all    every prompt of the sweep
 * @param rows   which of them these are
 * @param length tokens of each of these rows, real ones
 * @param cut    how many of them are left out at the end
 */
record Prompts(Tokens all, List<Integer> rows, int length, int cut) {

    /**
     * The prompts, those of one length together, in parts of at most {@code most} tokens.
     *
     * @param last the last position that counts, of each row; absent: the last there is
     */
    static List<Prompts> of(Tokens all, Optional<List<Integer>> positions, int most) {
        Map<Integer, List<Integer>> byLength = new LinkedHashMap<>();
        for (int row = 0; row < all.batch(); row++)
            byLength.computeIfAbsent(all.length() - all.padding()[row], n -> new ArrayList<>()).add(row);
        List<Prompts> parts = new ArrayList<>();
        byLength.forEach((length, rows) -> {
            int last = positions.map(some -> some.stream().mapToInt(p -> index(p, length)).max().orElse(length - 1))
                    .orElse(length - 1);
            int together = Math.max(1, most / (last + 1));
            for (int from = 0; from < rows.size(); from += together) {
                parts.add(new Prompts(all, List.copyOf(rows.subList(from, Math.min(rows.size(), from + together))),
                        length, length - 1 - last));
            }
        });
        return parts;
    }

    /** Positions that are run at most. */
    int positions() { return length - cut; }

    /** The tokens of the last positions, row by row, all of that {@code times} times. */
    int[] tokens(int last, int times) {
        int[] ids = new int[times * rows.size() * last];
        for (int i = 0; i < times * rows.size(); i++)
            System.arraycopy(all.row(rows.get(i % rows.size())), positions() - last, ids, i * last, last);
        return ids;
    }

    /** Positions as a user names them, counted from the end here; those after the end are left out. */
    List<Integer> fromEnd(List<Integer> named) {
        return named.stream().map(p -> index(p, length)).filter(i -> i < positions()).map(i -> i - positions())
                .toList();
    }

    private static int index(int position, int length) {
        int index = position < 0 ? length + position : position;
        if (index < 0 || index >= length) {
            throw new UsageException("position " + position + " is outside a row of " + length
                    + " tokens; positions run from 0 to " + (length - 1) + ", or from -1 back to " + -length);
        }
        return index;
    }

    /** What a tensor over all prompts, padded as they are, holds for these: rows, positions and sources. Axes of length 1 stay. */
    Tensor part(Tensor whole, Value of) {
        Tensor part = whole;
        int padding = all.length() - length;
        for (int axis = 0; axis < of.dimensions().size(); axis++) {
            String name = part.shape().names().get(axis);
            boolean runs = axis == of.positionAxis() || axis == of.axis("src");
            if (runs && part.shape().size(axis) != 1 && positions() != all.length())
                part = part.slice(name, padding, padding + positions());
        }
        return of.axis("batch") < 0 ? part : rows(part);
    }

    private Tensor rows(Tensor part) {
        int given = part.shape().size(0);
        boolean asItIs =
                given == 1 || given == rows.size() && IntStream.range(0, given).allMatch(i -> rows.get(i) == i);
        return asItIs ? part : Rows.of(part, rows.stream().map(row -> row % given).toList());
    }

    /** The last n positions of a tensor of these prompts, in memory of its own order. */
    static Tensor last(Tensor tensor, Value of, int n) {
        int axis = of.positionAxis();
        if (axis >= 0 && tensor.shape().size(axis) > n)
            tensor = tensor.slice(tensor.shape().names().get(axis), tensor.shape().size(axis) - n,
                    tensor.shape().size(axis));
        return tensor.contiguous() ? tensor : tensor.copy();
    }

    /** These prompts as tokens of their own. */
    Tokens own() {
        return new Tokens(tokens(positions(), 1), new int[rows.size()]);
    }

    @Override public String toString() {
        return "rows " + rows + " of " + length + " tokens" + (cut > 0 ? " less " + cut : "") + " of "
                + Arrays.toString(all.padding());
    }
}
