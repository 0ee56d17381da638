package org.tornadolens.fuzz;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Random;

/** One kind of files, and what reads them. */
interface Target {

    /** Names it in reports and in {@code -Dfuzz.only}. */
    String name();

    /** Makes what all cases share, in an empty folder of this target. */
    default void prepare(Path folder) throws IOException {}

    /** Writes a case's files and returns what is to be opened. */
    Path write(Random random, Path folder) throws IOException;

    /** Reads as much as opening a model reads. */
    void open(Path file) throws IOException;

    /** Opens it and uses everything that it holds. */
    default void use(Path file) throws IOException { open(file); }
}
