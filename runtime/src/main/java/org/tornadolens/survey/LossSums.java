package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/** Sums of the next-token loss, of all tokens and by position. */
final class LossSums implements Collected {

    private final MeanSums byPosition = new MeanSums(1, true), all = new MeanSums(1, false);

    @Override public void add(Block block) {
        byPosition.add(block);
        all.add(block);
    }

    @Override public void merge(Collected next) {
        byPosition.merge(((LossSums) next).byPosition);
        all.merge(((LossSums) next).all);
    }

    @Override public void write(DataOutput out) throws IOException {
        byPosition.write(out);
        all.write(out);
    }

    @Override public void read(DataInput in) throws IOException {
        byPosition.read(in);
        all.read(in);
    }

    MeanSums byPosition() { return byPosition; }

    MeanSums all() { return all; }
}
