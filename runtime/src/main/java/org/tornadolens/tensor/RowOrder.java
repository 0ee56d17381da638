package org.tornadolens.tensor;

/**
 * The order of the rows of a weight in its file. The canonical order of query and key rows is that of Hugging Face,
 * where rotary coordinates (i, i + dHead/2) form a pair; files of Meta, llama2.c and GGUF pair (2i, 2i + 1). Reading
 * through the order is free, so that a memory-mapped file is never copied in order to permute it.
 */
public sealed interface RowOrder {

    RowOrder IDENTITY = new Identity();

    /** Returns the row of the file that holds a canonical row. */
    int stored(int row);

    record Identity() implements RowOrder {
        @Override public int stored(int row) { return row; }
    }

    /**
     * Rotary pairs interleaved within each head: canonical row {@code c·dHead/2 + i} is stored as row {@code 2i + c}.
     */
    record Interleaved(int dHead) implements RowOrder {
        @Override public int stored(int row) {
            int within = row % dHead;
            int half = dHead / 2;
            return row - within + 2 * (within % half) + within / half;
        }
    }
}
