package org.tornadolens.program;

/**
 * What the symbols stand for in one run.
 *
 * @param batch rows
 * @param pos   positions computed in this run
 * @param past  positions whose keys and values an earlier run left
 */
public record Sizes(int batch, int pos, int past) {

    /** Keys that attention sees. */
    public int key() { return past + pos; }
}
