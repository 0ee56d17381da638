package org.tornadolens.dsl;

/** How a command can end; the codes are part of the interface. */
public enum Exit {
    DONE(0),
    CHECK_FAILED(1),
    /** Wrong arguments or configuration. */
    USAGE(2),
    SCRIPT_THREW(3),
    /** The model or its files are bad. */
    BAD_MODEL(4),
    OUT_OF_MEMORY(5),
    INTERRUPTED(130);

    private final int code;

    Exit(int code) { this.code = code; }

    public int code() { return code; }
}
