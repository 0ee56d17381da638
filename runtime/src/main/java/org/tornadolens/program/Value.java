package org.tornadolens.program;

import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;

/**
 * A named value of a program. Every operation makes one and none modifies one: an intervention on
 * {@code blocks.3.attn.hook_z} makes version 1 of it, which later operations read.
 */
public record Value(String name, int version, List<Dimension> dimensions) {

    /** An axis of a value; its length may be known only when the program runs. */
    public record Dimension(String axis, Size size) {}

    public Value {
        dimensions = List.copyOf(dimensions);
    }

    public static Value of(String name, Dimension... dimensions) {
        return new Value(name, 0, Arrays.asList(dimensions));
    }

    /** Rewrites look up thousands of values: name and version distinguish them well enough. */
    @Override public int hashCode() {
        return 31 * name.hashCode() + version;
    }

    /** Returns the next version of this value. */
    public Value next() {
        return new Value(name, version + 1, dimensions);
    }

    public Shape shape(Sizes sizes) {
        return new Shape(dimensions.stream().map(d -> new Axis(d.axis(), d.size().bind(sizes))).toList());
    }

    public long elements(Sizes sizes) {
        long product = 1;
        for (Dimension d : dimensions) product = Math.multiplyExact(product, (long) d.size().bind(sizes));
        return product;
    }

    /** The index of an axis, or -1. */
    public int axis(String name) {
        for (int i = 0; i < dimensions.size(); i++) if (dimensions.get(i).axis().equals(name)) return i;
        return -1;
    }

    /** The index of the axis of positions: pos, or dest of scores and pattern; -1 where there is none. */
    public int positionAxis() {
        return Math.max(axis("pos"), axis("dest"));
    }

    /** The index of the axis of heads: head or kvHead; -1 where there is none. */
    public int headAxis() {
        return Math.max(axis("head"), axis("kvHead"));
    }

    /** Returns a value of another name whose axis at {@code index} has length {@code size}. */
    public Value resized(String newName, int index, int size) {
        return Value.of(newName, replaced(index, new Dimension(dimensions.get(index).axis(), new Size.Fixed(size))));
    }

    /** Returns this value with another axis at {@code index}. */
    public Value with(int index, Dimension dimension) {
        return new Value(name, version, Arrays.asList(replaced(index, dimension)));
    }

    private Dimension[] replaced(int index, Dimension dimension) {
        Dimension[] changed = dimensions.toArray(Dimension[]::new);
        changed[index] = dimension;
        return changed;
    }

    @Override public String toString() {
        return name + "'".repeat(version) + dimensions.stream()
                .map(d -> d.axis() + (d.size() instanceof Size.Fixed(int n) ? " " + n : ""))
                .collect(Collectors.joining(", ", " [", "]"));
    }
}
