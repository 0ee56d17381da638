package org.tornadolens.model;

import java.util.Arrays;
import java.util.List;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Token ids, [batch, pos]. Shorter rows are padded on the left and masked; positions are counted from the first real
 * token of a row.
 *
 * @param ids     the ids, row by row
 * @param padding number of padding ids at the start of each row
 */
public record Tokens(int[] ids, int[] padding) {

    public Tokens {
        if (padding.length == 0 || ids.length == 0)
            throw new UsageException("no tokens: give at least one row with one token");
        if (ids.length % padding.length != 0)
            throw new UsageException(ids.length + " ids do not make " + padding.length + " rows");
    }

    /** Returns rows of any lengths, padded on the left. */
    public static Tokens of(List<int[]> rows) {
        int length = rows.stream().mapToInt(r -> r.length).max().orElse(0);
        int[] ids = new int[rows.size() * length];
        int[] padding = new int[rows.size()];
        for (int row = 0; row < padding.length; row++) {
            int[] source = rows.get(row);
            if (source.length == 0)
                throw new UsageException("row " + row + " has no tokens; every row needs at least one (a BOS will do)");
            padding[row] = length - source.length;
            System.arraycopy(source, 0, ids, row * length + padding[row], source.length);
        }
        return new Tokens(ids, padding);
    }

    public static Tokens of(int... row) { return of(List.of(row)); }

    /** Returns the rows {@code from} (inclusive) to {@code to} (exclusive), with their padding. */
    public Tokens rows(int from, int to) {
        return new Tokens(Arrays.copyOfRange(ids, from * length(), to * length()),
                Arrays.copyOfRange(padding, from, to));
    }

    public int batch() { return padding.length; }

    /** Returns the length of the rows, including padding. */
    public int length() { return ids.length / padding.length; }

    /** Returns the tokens of a row without padding. */
    public int[] row(int row) {
        return Arrays.copyOfRange(ids, row * length() + padding[row], (row + 1) * length());
    }

    /** Returns 1 at tokens and 0 at padding, [batch, pos]. */
    public Tensor mask() {
        Tensor mask = Tensor.zeros(Shape.of("batch", batch(), "pos", length()));
        for (int row = 0; row < batch(); row++) mask.at("batch", row).slice("pos", padding[row], length()).fill(1);
        return mask;
    }

    /** Returns a value of these tokens, or of all but their last, with padding masked along pos, dest and src. */
    public Tensor masked(Tensor value) {
        return masked(value, List.of("pos", "dest", "src"));
    }

    Tensor masked(Tensor value, List<String> axes) {
        if (Arrays.stream(padding).allMatch(n -> n == 0)) return value;
        for (String axis : axes) {
            int along = value.shape().indexOf(axis);
            if (along >= 0)
                value = value.masked(mask().slice("pos", 0, value.shape().size(along)).rename("pos", axis));
        }
        return value;
    }

    public int id(int row, int position) { return ids[row * length() + position]; }

    @Override public boolean equals(Object other) {
        return other instanceof Tokens(int[] otherIds, int[] otherPadding) && Arrays.equals(ids, otherIds)
                && Arrays.equals(padding, otherPadding);
    }

    @Override public int hashCode() { return Arrays.hashCode(ids) * 31 + Arrays.hashCode(padding); }

    @Override public String toString() {
        StringBuilder text = new StringBuilder("tokens [batch " + batch() + ", pos " + length() + "]");
        for (int row = 0; row < Math.min(batch(), 4); row++) text.append('\n').append(Arrays.toString(row(row)));
        return batch() > 4 ? text + "\n…" : text.toString();
    }
}
