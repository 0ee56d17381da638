package org.tornadolens.patching;
import java.util.List;
import org.tornadolens.UsageException;
import org.tornadolens.metric.Metric;
import org.tornadolens.tensor.Tensor;

/** Some of the prompts, of what was declared for all of them or the other way round. */
final class Rows {

    private Rows() {}

    /** A metric for some of the prompts that it was declared for. */
    static Metric of(Metric metric, List<Integer> rows, int all) {
        return switch (metric) {
            case Metric.LogitDifference m -> new Metric.LogitDifference(some(m.correct(), rows, all), some(m.wrong(), rows, all), m.pos());
            case Metric.LogProbability m -> new Metric.LogProbability(some(m.tokens(), rows, all), m.pos());
            case Metric.Probability m -> new Metric.Probability(some(m.tokens(), rows, all), m.pos());
            case Metric.Rank m -> new Metric.Rank(some(m.tokens(), rows, all), m.pos());
            case Metric.KlDivergence m -> new Metric.KlDivergence(some(m.reference(), rows, all), m.pos());
            case Metric.Loss m -> m;
        };
    }

    private static <T> List<T> some(List<T> of, List<Integer> rows, int all) {
        if (of.size() == 1) return of;
        fits(of.size(), all);
        return rows.stream().map(of::get).toList();
    }

    private static void fits(int given, int prompts) {
        if (given != prompts) throw new UsageException("the metric names " + given + " tokens or references for " + prompts + " prompts: give one for all, or one for each");
    }

    private static Tensor some(Tensor of, List<Integer> rows, int all) {
        int given = of.shape().size(0);
        if (given == 1) return of;
        fits(given, all);
        return of(of, rows);
    }

    /** Some rows of a tensor, its first axis, in this order. */
    static Tensor of(Tensor of, List<Integer> rows) {
        String batch = of.shape().names().getFirst();
        Tensor some = Tensor.zeros(of.shape().resized(batch, rows.size()));
        for (int i = 0; i < rows.size(); i++) some.slice(batch, i, i + 1).assign(of.slice(batch, rows.get(i), rows.get(i) + 1));
        return some;
    }

    /** The other way: rows of a tensor in their places among {@code all}, the others zero. */
    static Tensor among(Tensor of, List<Integer> rows, int all) {
        if (rows.size() == all) return of;
        String batch = of.shape().names().getFirst();
        Tensor placed = Tensor.zeros(of.shape().resized(batch, all));
        for (int i = 0; i < rows.size(); i++) placed.slice(batch, rows.get(i), rows.get(i) + 1).assign(of.slice(batch, i, i + 1));
        return placed;
    }
}
