package org.tornadolens.tensor;

/** A named axis and its length: {@code batch}, {@code pos}, {@code head}, {@code dHead}, {@code dest}, {@code src}. */
public record Axis(String name, int size) {
    @Override public String toString() { return name + " " + size; }
}
