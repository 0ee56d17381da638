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
 * Prompts of a sweep with the same length, without padding and without the positions after the last one that the metric
 * reads. Positions are counted from the end, so that they are unaffected when first positions are omitted.
 *
 * @param all    every prompt of the sweep
 * @param rows   the rows of {@code all} that belong to this part
 * @param length number of real tokens in each of these rows
 * @param cut    number of tokens omitted at the end
 */
record Prompts(Tokens all, List<Integer> rows, int length, int cut) {

    /**
     * Splits prompts into parts of one length and at most {@code most} tokens.
     *
     * @param positions the positions that are read; absent: all
     */
    static List<Prompts> of(Tokens all, Optional<List<Integer>> positions, int most) {
        Map<Integer, List<Integer>> byLength = new LinkedHashMap<>();
        for (int row = 0; row < all.batch(); row++)
            byLength.computeIfAbsent(all.length() - all.padding()[row], n -> new ArrayList<>()).add(row);
        List<Prompts> parts = new ArrayList<>();
        byLength.forEach((length, rows) -> {
            int last = positions.map(read -> read.stream().mapToInt(p -> index(p, length)).max().orElse(length - 1))
                    .orElse(length - 1);
            int together = Math.max(1, most / (last + 1));
            for (int from = 0; from < rows.size(); from += together) {
                parts.add(new Prompts(all, List.copyOf(rows.subList(from, Math.min(rows.size(), from + together))),
                        length, length - 1 - last));
            }
        });
        return parts;
    }

    /** Returns the largest number of positions that are run. */
    int positions() { return length - cut; }

    /** Returns the tokens of the last positions, row by row, all rows repeated {@code times} times. */
    int[] tokens(int last, int times) {
        int[] ids = new int[times * rows.size() * last];
        for (int i = 0; i < times * rows.size(); i++)
            System.arraycopy(all.row(rows.get(i % rows.size())), positions() - last, ids, i * last, last);
        return ids;
    }

    /** Converts positions to positions counted from the end; those in the omitted part are dropped. */
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

    /**
     * Returns the rows, positions and sources of these prompts in a tensor over all prompts; axes of length 1 remain.
     */
    Tensor part(Tensor whole, Value of) {
        Tensor part = whole;
        int padding = all.length() - length;
        for (int axis = 0; axis < of.dimensions().size(); axis++) {
            String name = part.shape().names().get(axis);
            boolean overPositions = axis == of.positionAxis() || axis == of.axis("src");
            if (overPositions && part.shape().size(axis) != 1 && positions() != all.length())
                part = part.slice(name, padding, padding + positions());
        }
        return of.axis("batch") < 0 ? part : rows(part);
    }

    private Tensor rows(Tensor part) {
        int given = part.shape().size(0);
        boolean unchanged =
                given == 1 || given == rows.size() && IntStream.range(0, given).allMatch(i -> rows.get(i) == i);
        return unchanged ? part : Rows.of(part, rows.stream().map(row -> row % given).toList());
    }

    /** Returns the last n positions of a tensor of these prompts as a contiguous tensor. */
    static Tensor last(Tensor tensor, Value of, int n) {
        int axis = of.positionAxis();
        if (axis >= 0 && tensor.shape().size(axis) > n)
            tensor = tensor.slice(tensor.shape().names().get(axis), tensor.shape().size(axis) - n,
                    tensor.shape().size(axis));
        return tensor.contiguous() ? tensor : tensor.copy();
    }

    /** Returns these prompts as tokens. */
    Tokens own() {
        return new Tokens(tokens(positions(), 1), new int[rows.size()]);
    }

    @Override public String toString() {
        return "rows " + rows + " of " + length + " tokens" + (cut > 0 ? " minus " + cut : "") + " of "
                + Arrays.toString(all.padding());
    }
}
