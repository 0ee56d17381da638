package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * What has been collected of one value. A fresh one is filled with the batches of a unit, and merged into that of the
 * units before it. All operations have one result, whatever the number of threads.
 */
interface Collected {

    /** Adds the tokens of a batch. */
    void add(Block block);

    /** The last batch of the unit has been added. */
    default void finish(Unit unit) {}

    /** Adds what was collected of the next unit; it is of the same kind and width. */
    void merge(Collected next);

    void write(DataOutput out) throws IOException;

    /** Reads what {@link #write} wrote, into a fresh one. */
    void read(DataInput in) throws IOException;
}
