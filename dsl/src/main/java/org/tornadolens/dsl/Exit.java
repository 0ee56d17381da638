package org.tornadolens.dsl;

/** The ways a command can end. The codes are part of the interface. */
public enum Exit {
    DONE(0, "done"),
    CHECK_FAILED(1, "a check failed"),
    USAGE(2, "wrong arguments or configuration"),
    SCRIPT_THREW(3, "the script threw"),
    BAD_MODEL(4, "the model or its files are bad"),
    OUT_OF_MEMORY(5, "out of memory; nothing was allocated"),
    INTERNAL_ERROR(70, "a bug of TornadoLens; the message says what to report"),
    INTERRUPTED(130, "interrupted");

    private final int code;
    private final String meaning;

    Exit(int code, String meaning) {
        this.code = code;
        this.meaning = meaning;
    }

    public int code() { return code; }

    public String meaning() { return meaning; }
}
