package org.tornadolens.intervention;

import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/** Layers or heads: {@code 5}, {@code 8-11} with both ends, or {@code *} for however many there are. */
record Range(int first, int last) {

    private static final Range ALL = new Range(0, Integer.MAX_VALUE);
    private static final Pattern NUMBERS = Pattern.compile("(\\d{1,6})(?:\\s*-\\s*(\\d{1,6}))?");

    /** Empty where the text is no range. */
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

    /** The numbers of this range; an error where there are fewer than it names. */
    List<Integer> of(int count, String what, String selector) {
        if (this.equals(ALL)) return IntStream.range(0, count).boxed().toList();
        if (last >= count) {
            throw new UsageException("\"" + selector + "\" names " + what + " " + last + "; this model has " + what
                    + "s 0 to " + (count - 1));
        }
        return IntStream.rangeClosed(first, last).boxed().toList();
    }
}
