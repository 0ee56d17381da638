package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** The distribution of each column, or of all together. */
final class QuantileSketches implements Collected {

    private final int width;
    private final boolean each;
    private final Sketch[] sketches;

    QuantileSketches(int width, boolean each) {
        this.width = width;
        this.each = each;
        this.sketches = new Sketch[each ? width : 1];
        for (int i = 0; i < sketches.length; i++) sketches[i] = new Sketch();
    }

    @Override public void add(Block block) {
        Block.columns(width, (from, to) -> {
            float[] x = new float[to - from];
            Sketch together = new Sketch();
            for (int row = 0; row < block.batch().rows(); row++) {
                for (int position : block.positions(row)) {
                    block.read(row, position, from, to, x);
                    for (int i = 0; i < x.length; i++) (each ? sketches[from + i] : together).add(x[i]);
                }
            }
            if (!each) synchronized (this) {
                sketches[0].merge(together);
            }
        });
    }

    @Override public void merge(Collected next) {
        QuantileSketches other = (QuantileSketches) next;
        for (int i = 0; i < sketches.length; i++) sketches[i].merge(other.sketches[i]);
    }

    @Override public void write(DataOutput out) throws IOException { for (Sketch sketch : sketches) sketch.write(out); }

    @Override public void read(DataInput in) throws IOException { for (Sketch sketch : sketches) sketch.read(in); }

    Sketch sketch(int column) { return sketches[column]; }

    int columns() { return sketches.length; }
}
