package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Locale;
import org.tornadolens.checkpoint.SafetensorsWriter;
import org.tornadolens.dataset.Row;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * The values themselves: a file of each unit with {@code values} [token, …] and {@code ids} [token], row after row in
 * the order of the dataset. A unit's file has one name and one content, so that it can be written again.
 */
final class StoreShards implements Collected {

    private final Columns columns;
    private final Path folder;
    private final List<Part> parts = new ArrayList<>();
    private final List<Survey.Stored> stored = new ArrayList<>();

    /** The numbers of a row of the unit. */
    private record Part(Row row, int[] ids, float[] numbers) {}

    StoreShards(Columns columns, Path folder) {
        this.columns = columns;
        this.folder = folder;
    }

    @Override public void add(Block block) {
        int width = block.width();
        float[] token = new float[width];
        for (int i = 0; i < block.batch().rows(); i++) {
            int[] positions = block.positions(i);
            if (positions.length == 0) continue;
            Row row = block.batch().row(i);
            float[] numbers = new float[Math.multiplyExact(positions.length, width)];
            int[] ids = new int[positions.length];
            for (int at = 0; at < positions.length; at++) {
                block.read(i, positions[at], 0, width, token);
                System.arraycopy(token, 0, numbers, at * width, width);
                ids[at] = row.ids()[positions[at] - block.batch().padding(i)];
            }
            parts.add(new Part(row, ids, numbers));
        }
    }

    @Override public void finish(Unit unit) {
        if (parts.isEmpty()) return;
        parts.sort(Comparator.comparingLong(part -> part.row().index()));
        int tokens = parts.stream().mapToInt(part -> part.ids().length).sum(), at = 0;
        List<Axis> axes = new ArrayList<>(List.of(new Axis("token", tokens)));
        axes.addAll(columns.axes());
        Tensor values = Tensor.zeros(new Shape(axes)), ids = Tensor.zeros(Shape.of("token", tokens));
        String file = String.format(Locale.ROOT, "%s-%06d.safetensors", columns.name(), unit.index());
        for (Part part : parts) {
            int count = part.ids().length;
            values.slice("token", at, at + count).assign(Tensor.of(values.shape().resized("token", count),
                    part.numbers()));
            for (int i = 0; i < count; i++) ids.set(part.ids()[i], at + i);
            stored.add(new Survey.Stored(part.row().index(), part.row().place(), columns.name(), file, at, count));
            at += count;
        }
        new SafetensorsWriter().metadata("hook", columns.name()).add("values", values).add("ids", ids)
                .write(folder.resolve(file));
        parts.clear();
    }

    @Override public void merge(Collected next) { stored.addAll(((StoreShards) next).stored); }

    @Override public void write(DataOutput out) throws IOException {
        out.writeInt(stored.size());
        for (Survey.Stored one : stored) {
            out.writeLong(one.row());
            out.writeUTF(one.place());
            out.writeUTF(one.file());
            out.writeInt(one.first());
            out.writeInt(one.tokens());
        }
    }

    @Override public void read(DataInput in) throws IOException {
        for (int n = in.readInt(); n > 0; n--)
            stored.add(new Survey.Stored(in.readLong(), in.readUTF(), columns.name(), in.readUTF(), in.readInt(),
                    in.readInt()));
    }

    List<Survey.Stored> stored() { return stored; }
}
