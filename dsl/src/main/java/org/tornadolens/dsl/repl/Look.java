package org.tornadolens.dsl.repl;

/**
 * How values are shown.
 *
 * @param colours   whether the output is a terminal that has colours
 * @param trueColour whether it shows any colour, or only 256
 * @param width     columns of the terminal
 * @param desktop   whether pictures can be opened in a window
 */
public record Look(boolean colours, boolean trueColour, int width, boolean desktop) {

    /** Text without control codes, for files and pipes. */
    public static final Look PLAIN = new Look(false, false, 100, false);
}
