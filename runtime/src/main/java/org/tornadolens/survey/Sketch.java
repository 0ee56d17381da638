package org.tornadolens.survey;

import java.io.DataInput;
import java.io.DataOutput;
import java.io.IOException;

/**
 * A distribution of numbers from which quantiles are read: counts of numbers whose sign, exponent and first seven bits
 * of the fraction are equal. A quantile is the middle of such a bucket, and so within {@link #ERROR} of its value. The
 * counts are the same in whatever order the numbers come. (The buckets are those of DDSketch, Masson et al. 2019, with
 * straight pieces in place of the logarithm.)
 */
final class Sketch {

    /** The largest error of a quantile, relative to its value: half a bucket. */
    static final double ERROR = 1.0 / 256;

    private static final int FRACTION = 7, BUCKETS = 1 << FRACTION, OCTAVES = 1 << 9, DROPPED = 23 - FRACTION;

    /** Bytes that a sketch may take: numbers of one sign and about 16 octaves, or both signs and eight. */
    static final long BYTES = 16L * BUCKETS * Long.BYTES + OCTAVES * 4L;

    private final long[][] counts = new long[OCTAVES][];   // by sign and exponent, then by fraction
    private long count;
    private float least = Float.POSITIVE_INFINITY, most = Float.NEGATIVE_INFINITY;

    void add(float number) {
        int bits = Float.floatToRawIntBits(number);
        long[] octave = counts[bits >>> 23];
        if (octave == null) octave = counts[bits >>> 23] = new long[BUCKETS];
        octave[bits >>> DROPPED & BUCKETS - 1]++;
        count++;
        least = Math.min(least, number);
        most = Math.max(most, number);
    }

    void merge(Sketch other) {
        for (int octave = 0; octave < OCTAVES; octave++) {
            if (other.counts[octave] == null) continue;
            if (counts[octave] == null) counts[octave] = new long[BUCKETS];
            Streams.add(counts[octave], other.counts[octave]);
        }
        count += other.count;
        least = Math.min(least, other.least);
        most = Math.max(most, other.most);
    }

    long count() { return count; }

    float least() { return least; }

    float most() { return most; }

    /** Returns a number below which a share {@code q} of the numbers lies; q from 0 to 1. NaN if there are none. */
    float quantile(double q) {
        if (count == 0) return Float.NaN;
        if (q <= 0) return least;
        if (q >= 1) return most;
        long rank = (long) Math.floor(q * (count - 1)), below = 0;
        for (int i = 0; i < OCTAVES * BUCKETS; i++) {   // from the most negative number to the largest
            boolean negative = i < OCTAVES * BUCKETS / 2;
            int key = negative ? OCTAVES * BUCKETS - 1 - i : i - OCTAVES * BUCKETS / 2;
            long[] octave = counts[key >>> FRACTION];
            if (octave == null) {
                i += BUCKETS - 1;
                continue;
            }
            below += octave[key & BUCKETS - 1];
            if (below > rank) return Math.clamp(middle(key), least, most);
        }
        return most;
    }

    private static float middle(int key) {
        float from = Float.intBitsToFloat(key << DROPPED), to = Float.intBitsToFloat((key << DROPPED) + (1 << DROPPED));
        return (key & BUCKETS * OCTAVES / 2 - 1) == 0 ? 0 : (from + to) / 2;
    }

    void write(DataOutput out) throws IOException {
        out.writeLong(count);
        out.writeFloat(least);
        out.writeFloat(most);
        for (int octave = 0; octave < OCTAVES; octave++) {
            if (counts[octave] == null) continue;
            out.writeInt(octave);
            Streams.write(out, counts[octave]);
        }
        out.writeInt(-1);
    }

    void read(DataInput in) throws IOException {
        count = in.readLong();
        least = in.readFloat();
        most = in.readFloat();
        for (int octave; (octave = in.readInt()) >= 0;) counts[octave] = Streams.longs(in);
    }
}
