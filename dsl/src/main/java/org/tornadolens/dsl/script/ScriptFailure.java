package org.tornadolens.dsl.script;

import java.util.List;
import java.util.Optional;
import java.util.function.UnaryOperator;
import org.tornadolens.dsl.Exit;

/**
 * The failure of a script: what happened, where in the script, and the JavaScript calls that led there.
 * The exception behind it, with its Java frames, is the cause.
 */
public final class ScriptFailure extends Exception {

    /**
     * A place in a script.
     *
     * @param function the function around it; empty at the top level
     * @param text     the line itself, if it is known
     */
    public record Place(String function, String file, int line, int column, String text) {
        @Override public String toString() {
            String position = file + ":" + line + ":" + column;
            return function.isEmpty() ? position : function + " (" + position + ")";
        }
    }

    private final Exit exit;
    private final List<Place> places;
    private final Optional<String> report;

    ScriptFailure(Exit exit, String message, List<Place> places, Throwable cause) {
        this(exit, message, places, cause, Optional.empty());
    }

    /** @param report what to send us, if it is a bug of TornadoLens */
    ScriptFailure(Exit exit, String message, List<Place> places, Throwable cause, Optional<String> report) {
        super(message, cause);
        this.exit = exit;
        this.places = List.copyOf(places);
        this.report = report;
    }

    /** Returns this failure with its places changed; places that become the same are told once. */
    ScriptFailure with(UnaryOperator<Place> changed) {
        return new ScriptFailure(exit, getMessage(), places.stream().map(changed).distinct().toList(), getCause(),
                report);
    }

    /** Returns the failure of a script that was interrupted, wherever it was, for a reason. */
    public ScriptFailure interrupted(String reason) {
        return new ScriptFailure(Exit.INTERRUPTED, "interrupted: " + reason, places, getCause());
    }

    public Exit exit() { return exit; }

    /** Returns the places, innermost first; empty if the engine knows none. */
    public List<Place> places() {
        return places;
    }

    /**
     * <pre>
     * ioi.js:12:9: RangeError: no axis "poss"; did you mean "pos"?
     *     const mean = run.logits.mean("poss");
     *                             ^
     *   at strongest (ioi.js:12:9)
     *   at ioi.js:20:1
     * </pre>
     * Of a bug of TornadoLens, the report follows.
     */
    public String describe() { return report.map(lines -> inScript() + "\n" + lines).orElseGet(this::inScript); }

    private String inScript() {
        if (places.isEmpty()) return getMessage();
        Place first = places.getFirst();
        StringBuilder text = new StringBuilder();
        text.append(first.file()).append(':').append(first.line()).append(':').append(first.column()).append(": ")
                .append(getMessage());
        excerpt(first).ifPresent(lines -> text.append('\n').append(lines));
        if (places.size() > 1) for (Place place : places) text.append("\n  at ").append(place);
        return text.toString();
    }

    private static final int WIDEST = 120;

    /** Returns the line with a mark under the column; of a long line, the part around it. */
    private static Optional<String> excerpt(Place place) {
        String line = place.text().replace('\t', ' ');
        if (line.isBlank() || place.column() < 1 || place.column() > line.length() + 1) return Optional.empty();
        int indent = line.length() - line.stripLeading().length();
        int start = Math.min(place.column() - 1, place.column() <= WIDEST ? indent : place.column() - WIDEST / 2);
        String shown = line.substring(start, Math.min(line.length(), start + WIDEST)).stripTrailing();
        return Optional.of("    " + shown + "\n    " + " ".repeat(place.column() - 1 - start) + "^");
    }
}
