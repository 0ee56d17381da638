package org.tornadolens.dsl;

import java.util.OptionalDouble;

/** Where progress is shown. {@link ProgressLine} calls it, from one thread at a time. */
public interface ProgressView {

    /**
     * Shows how far a step is, in place of what was shown before.
     *
     * @param line {@code generating: 12 of 50 tokens, 8 s left}
     * @param part from 0 to 1, if the step has a known size
     */
    void show(String line, OptionalDouble part);

    /** Makes room for other text, which is about to be written. */
    void makeRoom();

    /** The work is done: takes away what is shown. */
    void end();
}
