package org.tornadolens.dsl.output;

/**
 * The most that a run may write.
 *
 * @param bytes of its files, models included, its records and what it prints
 * @param files beside {@value RunFolder#RECORD}
 */
public record Limits(long bytes, int files) {

    public static final Limits DEFAULT = new Limits(16L << 30, 10_000);
}
