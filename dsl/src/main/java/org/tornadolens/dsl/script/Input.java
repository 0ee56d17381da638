package org.tornadolens.dsl.script;

import java.util.List;
import org.tornadolens.dsl.script.ScriptFailure.Place;

/** What acorn finds in one input of a session. */
public sealed interface Input {

    /** Nothing but space and comments. */
    record Empty() implements Input {}

    /** More lines may complete it. */
    record Incomplete() implements Input {}

    /** @param at the place of the mistake in the text */
    record Wrong(String text, String message, int at) implements Input {}

    /** A name that the input declares. @param kind {@code const}, {@code let}, {@code var}, {@code class}, … */
    record Declared(String name, String kind) {}

    /** A place where the input assigns to a variable that lasts. */
    record Assigned(String name, int at) {}

    /**
     * An input that can run.
     *
     * @param code     the script to run in its place, whose declarations stay
     * @param kept     which parts of the script are the input's: new position, old position and length of each
     * @param async    whether the script gives a promise of { value }
     * @param silent   whether a semicolon at the end asks not to show the value
     */
    record Complete(String text, String code, int[] kept, boolean async, boolean silent, List<Declared> declared,
            List<Assigned> assigned) implements Input {

        /** Returns the place in the input of a place in the script. */
        Place original(Place place) {
            int at = offset(code, place.line()) + place.column() - 1, found = 0;
            for (int i = 0; i < kept.length; i += 3) {
                if (kept[i] > at) break;
                found = kept[i + 1] + Math.min(at - kept[i], kept[i + 2]);
            }
            return place(place.function(), place.file(), text, found);
        }
    }

    /** Returns a place by its position in a text. */
    static Place place(String function, String name, String text, int at) {
        int inText = Math.clamp(at, 0, text.length()), start = text.lastIndexOf('\n', inText - 1) + 1;
        int line = (int) text.substring(0, start).chars().filter(c -> c == '\n').count() + 1;
        int end = text.indexOf('\n', inText);
        return new Place(function, name, line, inText - start + 1,
                text.substring(start, end < 0 ? text.length() : end));
    }

    private static int offset(String text, int line) {
        int at = 0;
        for (int i = 1; i < line && text.indexOf('\n', at) >= 0; i++) at = text.indexOf('\n', at) + 1;
        return at;
    }
}
