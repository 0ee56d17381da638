package org.tornadolens.dsl.cli;

import java.time.Duration;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.tornadolens.UsageException;

/** Sizes and times as options give them. */
final class Amounts {

    private static final Pattern SIZE = Pattern.compile("(\\d{1,12}(?:\\.\\d{1,6})?)\\s*([kmgt]?)i?b?"),
            TIME = Pattern.compile("(\\d{1,9}(?:\\.\\d{1,6})?)\\s*([smhd]?)");
    private static final String UNITS = "kmgt";

    private Amounts() {}

    /** Parses {@code 500MB}, {@code 1.5g} or a number of bytes; a KB has 1,024 bytes. */
    static long bytes(String option, String text) {
        Matcher matcher = SIZE.matcher(text.strip().toLowerCase(Locale.ROOT));
        double bytes = matcher.matches()
                ? Double.parseDouble(matcher.group(1))
                        * (matcher.group(2).isEmpty() ? 1 : 1L << 10 * (UNITS.indexOf(matcher.group(2)) + 1))
                : 0;
        if (bytes >= 1 && bytes < Long.MAX_VALUE) return (long) bytes;
        throw new UsageException(option + " takes a size such as 500MB or 2GB, not \"" + text + "\"");
    }

    /** Parses {@code 90s}, {@code 10m}, {@code 1.5h}, {@code 2d} or a number of seconds. */
    static Duration time(String option, String text) {
        Matcher matcher = TIME.matcher(text.strip().toLowerCase(Locale.ROOT));
        double seconds = matcher.matches() ? Double.parseDouble(matcher.group(1)) * switch (matcher.group(2)) {
            case "m" -> 60;
            case "h" -> 3600;
            case "d" -> 86400;
            default -> 1;
        } : 0;
        if (seconds >= 0.001 && seconds < 1e9) return Duration.ofMillis(Math.round(seconds * 1000));
        throw new UsageException(option + " takes a time such as 90s, 10m or 2h, not \"" + text + "\"");
    }
}
