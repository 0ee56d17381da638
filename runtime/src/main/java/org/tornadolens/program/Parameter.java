package org.tornadolens.program;

/** A weight that a program reads: its canonical name and the shape it must have, [rows = out, columns = in]. */
public record Parameter(String name, int rows, int columns) {}
