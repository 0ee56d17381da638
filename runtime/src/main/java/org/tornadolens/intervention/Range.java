package org.tornadolens.intervention;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/** A range of layers or heads: {@code 5}, {@code 8-11} (inclusive), or {@code *} for all. */
record Range(int first, int last) {

    private static final Range ALL = new Range(0, Integer.MAX_VALUE);
    private static final Pattern NUMBERS = Pattern.compile("(\\d{1,6})(?:\\s*-\\s*(\\d{1,6}))?");

    /** Returns the range; empty if the text is not one. */
    static Optional<Range> parse(String text) {
        String trimmed = text.strip();
        if (trimmed.equals("*")) return Optional.of(ALL);
        Matcher numbers = NUMBERS.matcher(trimmed);
        if (!numbers.matches()) return Optional.empty();
        int first = Integer.parseInt(numbers.group(1));
        int last = numbers.group(2) == null ? first : Integer.parseInt(numbers.group(2));
        if (last < first)
            throw new UsageException("the range " + trimmed + " runs backwards; write " + last + "-" + first);
        return Optional.of(new Range(first, last));
    }

    /**
     * Returns the numbers of this range.
     *
     * @param count number of layers or heads in the model
     * @throws UsageException if the range exceeds the count
     */
    List<Integer> of(int count, String what, String selector) {
        if (this.equals(ALL)) return IntStream.range(0, count).boxed().toList();
        if (last >= count) {
            throw new UsageException("\"" + selector + "\" names " + what + " " + last + "; this model has " + what
                    + "s 0 to " + (count - 1));
        }
        return IntStream.rangeClosed(first, last).boxed().toList();
    }
}
