package org.tornadolens.intervention;

import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** One attention head, printed as in papers: {@code 10.29} is layer 10, head 29. */
public record Head(int layer, int head) {

    private static final Pattern TEXT = Pattern.compile("(\\d{1,6})\\.(\\d{1,6})");

    /** Returns the head of this name; absent for any other text. */
    public static Optional<Head> parse(String text) {
        Matcher matcher = TEXT.matcher(text);
        return matcher.matches()
                ? Optional.of(new Head(Integer.parseInt(matcher.group(1)), Integer.parseInt(matcher.group(2))))
                : Optional.empty();
    }

    @Override public String toString() { return layer + "." + head; }
}
