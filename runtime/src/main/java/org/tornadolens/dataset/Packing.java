package org.tornadolens.dataset;

import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalInt;

/**
 * Joins documents and cuts rows of equal length from them. A document goes on in the next row; the last may be short.
 */
final class Packing {

    private final int length;
    private final OptionalInt bos;
    private int[] tokens = new int[1 << 12];
    private int from, to;
    private String place = "", latest = "";
    private int fresh;       // where the latest document begins
    private boolean ended;

    /** @param bos put at the start of each row, as one of its tokens */
    Packing(int length, OptionalInt bos) {
        this.length = length;
        this.bos = bos;
    }

    private int own() { return length - (bos.isPresent() ? 1 : 0); }

    boolean full() { return to - from >= own() && own() > 0; }

    void add(int[] document, String at) {
        if (tokens.length < to + document.length) {
            int rest = to - from;
            int[] larger = rest + document.length > tokens.length / 2
                    ? new int[Math.max(2 * tokens.length, rest + document.length)] : tokens;
            System.arraycopy(tokens, from, larger, 0, rest);
            tokens = larger;
            fresh -= from;
            from = 0;
            to = rest;
        }
        if (to == from) place = at;
        latest = at;
        fresh = to;
        System.arraycopy(document, 0, tokens, to, document.length);
        to += document.length;
    }

    /** No more documents come. */
    void end() { ended = true; }

    /** Returns the next row if it is full or no more documents come. */
    Optional<Row> take(long index) {
        int count = Math.min(own(), to - from);
        if (count == 0 || !ended && !full()) return Optional.empty();
        int[] row = new int[count + (bos.isPresent() ? 1 : 0)];
        if (bos.isPresent()) row[0] = bos.getAsInt();
        System.arraycopy(tokens, from, row, row.length - count, count);
        Row made = new Row(index, row, place);
        from += count;
        if (from >= fresh) place = latest;
        return Optional.of(made);
    }

    @Override public String toString() { return Arrays.toString(Arrays.copyOfRange(tokens, from, to)); }
}
