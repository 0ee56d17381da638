package org.tornadolens.survey;

import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Site;
import org.tornadolens.metric.Metric;

/** What a survey collects: a reduction over all tokens of some values, of the loss, or of a metric. */
public sealed interface Collector {

    /** A reduction of values that a model computes. */
    sealed interface OfValues extends Collector {
        List<Site> sites();

        Reading reading();
    }

    /** The mean of each column; {@code byPosition} for each position from a row's first token. */
    record Mean(List<Site> sites, Reading reading, boolean byPosition) implements OfValues {}

    /** The covariance of all pairs of columns, with division by n - 1. */
    record Covariance(List<Site> sites, Reading reading) implements OfValues {}

    /**
     * How often each column, or all together, lies in each of some bins of equal width.
     *
     * @param bins  how many; without a range at most so many, a power of two
     * @param range the first edge and the last; absent: bins of a width that is a power of two, as small as their
     * number
     *              allows
     */
    record Histogram(List<Site> sites, Reading reading, int bins, Optional<Range> range, boolean each)
            implements
                OfValues {
        public Histogram {
            if (bins < 2 || bins > 1 << 16)
                throw new UsageException("a histogram has from 2 to 65,536 bins, not " + bins);
        }
    }

    /** From {@code from} (inclusive) to {@code to} (exclusive). */
    record Range(double from, double to) {
        public Range {
            if (!(from < to) || Double.isInfinite(from) || Double.isInfinite(to))
                throw new UsageException("a range goes from a number to a larger one, not from " + from + " to " + to);
        }
    }

    /** Quantiles of each column, or of all together, within {@link Sketch#ERROR} of their value. */
    record Quantiles(List<Site> sites, Reading reading, boolean each) implements OfValues {}

    /**
     * The rows where each column is largest, at most one place a row, with the tokens around it.
     *
     * @param k       rows of each column
     * @param context tokens before the place, and after it
     * @param largest whether the largest are meant, not the smallest
     */
    record Top(List<Site> sites, Reading reading, int k, int context, boolean largest) implements OfValues {}

    /** The share of tokens at which each column is greater than a number. */
    record Frequency(List<Site> sites, Reading reading, double above) implements OfValues {}

    /** The values themselves, as safetensors files with an index. */
    record Store(List<Site> sites, Reading reading, Path folder) implements OfValues {}

    /** The next-token loss in nats over all tokens that have a next one, and by position. */
    record Loss() implements Collector {}

    /** A metric of every row. */
    record OfRows(Metric metric) implements Collector {}
}
