package org.tornadolens.program;

/**
 * The values of the symbols in one run.
 *
 * @param batch number of rows
 * @param pos   number of positions computed in this run
 * @param past  number of positions whose keys and values earlier runs have stored
 */
public record Sizes(int batch, int pos, int past) {

    /** The number of keys that attention reads. */
    public int key() { return past + pos; }
}
