package org.tornadolens.jinja;

/** What one rendering may use. Templates come with strangers' files; whatever one does, its rendering ends. */
final class Budget {

    static final int MAX_LENGTH = 1 << 24;            // characters of one string, and of the output
    private static final long MAX_CHARACTERS = 1L << 26;   // of all strings that are made
    private static final long MAX_STEPS = 4_000_000;
    private static final long MAX_NANOSECONDS = 10_000_000_000L;
    static final int MAX_LIST = 100_000;              // elements of a list that a template makes
    static final int MAX_CALLS = 100;                 // macros within macros

    private long steps, characters, checked;
    private int calls;
    private final long deadline = System.nanoTime() + MAX_NANOSECONDS;

    void step() { steps(1); }

    void steps(long count) {
        steps += count;
        if (steps > MAX_STEPS) throw new JinjaException("it runs for too long: more than " + MAX_STEPS + " steps");
        if (steps - checked < 256) return;
        checked = steps;
        if (System.nanoTime() > deadline) {
            throw new JinjaException("it runs for more than " + MAX_NANOSECONDS / 1_000_000_000L + " seconds");
        }
    }

    /** Pays for a string; call it before the string is made. */
    void characters(long length) {
        characters += length;
        if (length > MAX_LENGTH || characters > MAX_CHARACTERS) {
            throw new JinjaException(
                    "it makes too much text: more than " + MAX_LENGTH + " characters in one string, or "
                            + MAX_CHARACTERS + " in all");
        }
    }

    void elements(long count) {
        if (count > MAX_LIST) throw new JinjaException("it makes a list of more than " + MAX_LIST + " elements");
        steps(count);
    }

    void enter() {
        if (++calls > MAX_CALLS)
            throw new JinjaException("its macros call each other more than " + MAX_CALLS + " deep");
    }

    void leave() { calls--; }
}
