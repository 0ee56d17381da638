package org.tornadolens.program;

/** An operation that takes, changes or fills the selected part of a value. */
public interface Selective {
    Selection selection();

    /** Returns the same operation on another part; the value that it makes has the same axes. */
    Operation withSelection(Selection part);
}
