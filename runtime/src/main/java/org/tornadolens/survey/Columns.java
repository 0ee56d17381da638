package org.tornadolens.survey;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Hook;
import org.tornadolens.backend.Positions;
import org.tornadolens.intervention.Site;
import org.tornadolens.linalg.Parallel;
import org.tornadolens.model.Model;
import org.tornadolens.program.Size;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** What a collector reads of one value: which columns, at which positions, and how they are named. */
final class Columns {

    private static final ValueLayout.OfFloat FLOAT = ValueLayout.JAVA_FLOAT;
    private static final int GRAIN = 16;    // tokens of one thread

    private final Hook hook;
    private final Reading reading;
    private final Optional<List<Integer>> positions;
    private final int[] vectors;        // offset of each vector that is read, within the numbers of a token
    private final int[] coordinates;    // those of each vector that are read, ascending; null for all
    private final int stride, vector;   // numbers of a token, and of a vector
    private final List<Integer> heads;  // of the vectors; empty for a value without heads
    private final List<Axis> axes;

    /**
     * @param value as the run keeps it, [batch, pos, …]
     * @param held  the heads that it holds, where these are not all
     * @param at    the positions of sites that name none
     */
    Columns(Model model, Site site, Hook hook, Reading reading, Value value, Optional<List<Integer>> held,
            Optional<List<Integer>> at) {
        this.hook = hook;
        this.reading = reading;
        this.positions = site.positions().or(() -> at);
        List<Integer> sizes = value.dimensions().stream().skip(2)
                .map(d -> d.size() instanceof Size.Fixed(int n) ? n : unfit(hook)).toList();
        this.vector = sizes.getLast();
        this.stride = sizes.stream().mapToInt(Integer::intValue).reduce(1, (a, b) -> a * b);
        boolean byHead = value.headAxis() >= 0;
        List<Integer> all = held.orElseGet(() -> byHead ? model.hookNames().allHeads(hook) : List.of());
        this.heads = byHead ? site.heads().map(h -> model.headIndices(hook.name(), h)).orElse(all) : List.of();
        this.vectors = byHead ? heads.stream().mapToInt(head -> all.indexOf(head) * vector).toArray() : new int[1];
        this.coordinates = site.part().columns().map(c -> chosen(c, hook)).orElse(null);
        this.axes = axes(value, byHead && heads.size() > 1);
    }

    private static int unfit(Hook hook) {
        throw new UsageException("a survey reads values with the same numbers at every token, and those of " + hook
                + " are as many as its sources; survey z or the residual stream instead");
    }

    private int[] chosen(List<Integer> columns, Hook hook) {
        int[] chosen = columns.stream().mapToInt(Integer::intValue).sorted().distinct().toArray();
        for (int column : chosen)
            if (column < 0 || column >= vector)
                throw new UsageException("no " + column + " in " + hook + ": it runs from 0 to " + (vector - 1));
        return chosen;
    }

    private List<Axis> axes(Value value, boolean byHead) {
        List<Axis> axes = new ArrayList<>();
        if (byHead) axes.add(new Axis(value.dimensions().get(value.headAxis()).axis(), vectors.length));
        switch (reading) {
            case Reading.Coordinates _ -> axes.add(new Axis(value.dimensions().getLast().axis(), each()));
            case Reading.Norm _ -> {}
            case Reading.Along along -> {
                if (along.width() != vector || coordinates != null)
                    throw new UsageException("a direction of " + along.width() + " numbers does not fit " + hook
                            + ", whose vectors have " + vector);
                axes.add(new Axis("direction", along.count()));
            }
        }
        return axes;
    }

    /** Returns the number of columns of each vector. */
    private int each() {
        return switch (reading) {
            case Reading.Coordinates _ -> coordinates == null ? vector : coordinates.length;
            case Reading.Norm _ -> 1;
            case Reading.Along along -> along.count();
        };
    }

    int width() { return vectors.length * each(); }

    String name() { return hook.name(); }

    /** Returns the axes of a token's columns. */
    List<Axis> axes() { return axes; }

    Shape shape() { return new Shape(axes); }

    /** Returns the name of a column: its head, where the value has heads, and its number within the vector. */
    Survey.Column column(int index) {
        int own = index % each();
        Optional<Integer> head = heads.isEmpty() ? Optional.empty() : Optional.of(heads.get(index / each()));
        Optional<Integer> number = reading instanceof Reading.Norm ? Optional.empty()
                : Optional.of(coordinates == null ? own : coordinates[own]);
        return new Survey.Column(hook.name(), hook.layer(), head, number, reading instanceof Reading.Along);
    }

    /** Returns one of the directions that are read [dModel]; absent where none are. */
    Optional<Tensor> direction(int number) {
        return reading instanceof Reading.Along along
                ? Optional.of(along.directions().at("direction", number).copy()) : Optional.empty();
    }

    /** Returns, by row, the indices of the positions that count. */
    int[][] positions(Batch batch) {
        int[][] all = new int[batch.rows()][];
        for (int row = 0; row < all.length; row++) {
            int padding = batch.padding(row), length = batch.length();
            all[row] = !batch.counts(row) ? new int[0]
                    : positions.isEmpty() ? IntStream.range(padding, length).toArray()
                    : Positions.indices(positions.get().stream()
                            .filter(p -> p < length - padding && p >= padding - length).toList(), padding, length);
        }
        return all;
    }

    Block block(Batch batch, Tensor kept) {
        int[][] positions = positions(batch);
        MemorySegment data = kept.data();
        if (!(reading instanceof Reading.Coordinates))
            return new Block(batch, read(data, batch), batch.length(), width(), width(), null, positions);
        boolean whole = width() == stride;
        return new Block(batch, data, batch.length(), stride, width(), whole ? null : indices(), positions);
    }

    private int[] indices() {
        int each = each();
        return IntStream.range(0, width()).map(i -> vectors[i / each]
                + (coordinates == null ? i % each : coordinates[i % each])).toArray();
    }

    /** Returns the norms or inner products of every token, [row, position, column]. */
    private MemorySegment read(MemorySegment data, Batch batch) {
        int tokens = batch.rows() * batch.length(), width = width();
        MemorySegment out = OffHeap.allocate((long) tokens * width * Float.BYTES, "the columns of a survey",
                "give a smaller batch");
        float[] directions = reading instanceof Reading.Along along
                ? along.directions().data().toArray(FLOAT) : new float[0];
        Parallel.range(tokens, GRAIN, (from, to) -> {
            float[] x = new float[vector];
            for (int token = from; token < to; token++) {
                for (int v = 0; v < vectors.length; v++) {
                    MemorySegment.copy(data, FLOAT, ((long) token * stride + vectors[v]) * Float.BYTES, x, 0, vector);
                    for (int column = 0; column < each(); column++)
                        out.setAtIndex(FLOAT, (long) token * width + v * each() + column,
                                directions.length == 0 ? norm(x) : dot(x, directions, column * vector));
                }
            }
        });
        return out;
    }

    private float norm(float[] x) {
        double sum = 0;
        if (coordinates == null) for (float one : x) sum += (double) one * one;
        else for (int i : coordinates) sum += (double) x[i] * x[i];
        return (float) Math.sqrt(sum);
    }

    private static float dot(float[] x, float[] directions, int from) {
        double sum = 0;
        for (int i = 0; i < x.length; i++) sum += (double) x[i] * directions[from + i];
        return (float) sum;
    }
}
