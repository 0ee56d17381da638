package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** How many tokens of each column are greater than a number. */
final class FrequencyCounts implements Collected {

    private final float above;
    private long[] counts;
    private long tokens;

    FrequencyCounts(int width, double above) {
        this.above = (float) above;
        this.counts = new long[width];
    }

    @Override public void add(Block block) {
        tokens += block.tokens();
        Block.columns(counts.length, (from, to) -> {
            float[] x = new float[to - from];
            int[] found = new int[to - from];
            for (int row = 0; row < block.batch().rows(); row++) {
                for (int position : block.positions(row)) {
                    block.read(row, position, from, to, x);
                    for (int i = 0; i < x.length; i++) found[i] += x[i] > above ? 1 : 0;
                }
            }
            for (int i = 0; i < found.length; i++) counts[from + i] += found[i];
        });
    }

    @Override public void merge(Collected next) {
        FrequencyCounts other = (FrequencyCounts) next;
        Streams.add(counts, other.counts);
        tokens += other.tokens;
    }

    @Override public void write(DataOutput out) throws IOException {
        out.writeLong(tokens);
        Streams.write(out, counts);
    }

    @Override public void read(DataInput in) throws IOException {
        tokens = in.readLong();
        counts = Streams.longs(in);
    }

    long tokens() { return tokens; }

    float share(int column) { return (float) ((double) counts[column] / tokens); }
}
