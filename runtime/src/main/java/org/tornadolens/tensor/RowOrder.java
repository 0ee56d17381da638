package org.tornadolens.tensor;

/**
 * Where a weight's canonical row lies in its file. The canonical order of query and key rows is Hugging Face's,
 * which pairs rotary coordinates (i, i + dHead/2); Meta's, llama2.c's and GGUF's files pair (2i, 2i + 1).
 * Reading through the order costs nothing, so that a memory-mapped file is never copied to be re-ordered.
 */
public sealed interface RowOrder {

    RowOrder IDENTITY = new Identity();

    /** The row of the file that holds canonical row {@code row}. */
    int stored(int row);

    record Identity() implements RowOrder {
        @Override public int stored(int row) { return row; }
    }

    /** Rotary pairs interleaved within each head: canonical row {@code c·dHead/2 + i} is stored as row {@code 2i + c}. */
    record Interleaved(int dHead) implements RowOrder {
        @Override public int stored(int row) {
            int within = row % dHead;
            int half = dHead / 2;
            return row - within + 2 * (within % half) + within / half;
        }
    }
}
