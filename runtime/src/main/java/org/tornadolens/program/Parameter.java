package org.tornadolens.program;

/** A weight that a program reads: its canonical name and its required shape, [rows = out, columns = in]. */
public record Parameter(String name, int rows, int columns) {}
