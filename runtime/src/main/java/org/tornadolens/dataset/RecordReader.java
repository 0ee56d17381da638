package org.tornadolens.dataset;

import java.io.IOException;
import java.util.Optional;

/** Reads the records of one file in order. */
interface RecordReader extends AutoCloseable {

    /**
     * Returns the next record; absent at the end of the file.
     *
     * @throws IOException if the file cannot be read on, since what follows cannot be told from what is damaged
     */
    Optional<Entry> next() throws IOException;

    @Override void close() throws IOException;
}
