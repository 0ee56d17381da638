package org.tornadolens.analysis;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.Function;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.intervention.Data;
import org.tornadolens.intervention.Site;
import org.tornadolens.model.Cache;
import org.tornadolens.model.Model;
import org.tornadolens.model.RunOptions;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Selection;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Reference values for ablations: the means and samples of a model's values over reference inputs. Each kind of value,
 * e.g. {@code attn.hook_z} of every layer, is collected when it is first requested, in one pass over the inputs, so
 * that a sweep over heads and layers runs the inputs only once.
 */
public final class References {

    /** Most bytes of one run over a part of the inputs. */
    private static final long BUDGET = 1L << 29;

    private final Model model;
    private final Tokens tokens;
    private final Map<String, Map<String, Mean>> means = new HashMap<>();
    private final Map<String, Cache> samples = new HashMap<>();

    /** @param model its interventions are not applied to the reference runs */
    public References(Model model, Tokens tokens) {
        this.model = model.original();
        this.tokens = tokens;
    }

    /**
     * Returns means over rows and positions; with {@code byPosition} over rows only, by position from the first token.
     */
    public Data mean(boolean byPosition) {
        return mean(site -> means(site.value(), byPosition, fromEnd(site, byPosition)).get(site.value()), byPosition);
    }

    /**
     * Returns the means of the values that a run kept, or of the heads and positions that a site names where it kept
     * only some.
     */
    public static Data mean(Cache cache, int[] padding, boolean byPosition) {
        Map<Site, Mean> made = new HashMap<>(), backwards = new HashMap<>();
        Data kept = cache.data();
        return mean(site -> {
            boolean heads = cache.partial(site.value(), true), positions = cache.partial(site.value(), false);
            boolean fromEnd = !positions && fromEnd(site, byPosition);
            Site part = new Site(site.value(),
                    Selection.ALL.heads(heads || positions ? site.heads() : Optional.empty())
                            .at(positions ? site.positions() : Optional.empty()));
            return (fromEnd ? backwards : made).computeIfAbsent(part, _ -> {
                Mean mean = new Mean(site.value(), byPosition, fromEnd);
                mean.add(kept.values().apply(part), positions ? new int[padding.length] : padding);
                return mean;
            });
        }, byPosition);
    }

    private static Data mean(Function<Site, Mean> of, boolean byPosition) {
        return new Data(site -> of.apply(site).tensor(), byPosition ? Optional.of(new int[1]) : Optional.empty(),
                OptionalLong.empty());
    }

    /** Returns whether positions of a mean by position are counted from the end, as those of the site are. */
    private static boolean fromEnd(Site site, boolean byPosition) {
        if (!byPosition || site.positions().isEmpty()) return false;
        long negative = site.positions().get().stream().filter(position -> position < 0).count();
        if (negative != 0 && negative != site.positions().get().size())
            throw new UsageException(
                    "a mean by position of " + site + " counts positions either from the start or from "
                            + "the end: use one intervention for each kind");
        return negative > 0;
    }

    /** Returns data where each row of a run takes the values of a randomly drawn input, position by position. */
    public Data samples(long seed) {
        return new Data(site -> sampled(site.value()).get(site.value()), Optional.of(tokens.padding()),
                OptionalLong.of(seed));
    }

    private synchronized Cache sampled(String name) {
        return samples.computeIfAbsent(kind(name),
                kind -> model.run(tokens, RunOptions.DEFAULT.withoutLogits().keep(kind)).cache());
    }

    private synchronized Map<String, Mean> means(String name, boolean byPosition, boolean fromEnd) {
        return means.computeIfAbsent(kind(name) + byPosition + fromEnd,
                key -> collect(kind(name), byPosition, fromEnd));
    }

    private Map<String, Mean> collect(String kind, boolean byPosition, boolean fromEnd) {
        RunOptions options = RunOptions.DEFAULT.withoutLogits().keep(kind);
        int rows = tokens.batch();
        while (rows > 1 && model.memory(options, rows, tokens.length()).bytes() > BUDGET) rows = (rows + 1) / 2;
        Map<String, Mean> collected = new HashMap<>();
        for (int from = 0; from < tokens.batch(); from += rows) {
            Tokens some = tokens.rows(from, Math.min(tokens.batch(), from + rows));
            Cache cache = model.run(some, options).cache();
            for (String name : cache.names())
                collected.computeIfAbsent(name, n -> new Mean(n, byPosition, fromEnd)).add(cache.get(name),
                        some.padding());
        }
        return collected;
    }

    /** Returns the pattern that matches a value in all layers. */
    private static String kind(String name) {
        return HookPoint.of(name).orElseThrow().everywhere();
    }

    /** Accumulates a mean in double precision, without padding. */
    private static final class Mean {
        private final String name;
        private final boolean byPosition, fromEnd;
        private final List<Axis> rest = new ArrayList<>();   // the axes other than batch and positions
        private double[][] sums = new double[0][];           // one per position, or a single one for all
        private long[] counts = new long[0];
        private Tensor tensor;

        Mean(String name, boolean byPosition, boolean fromEnd) {
            this.name = name;
            this.byPosition = byPosition;
            this.fromEnd = fromEnd;
            boolean sources = HookPoint.of(name).orElseThrow().hasSources();
            if (sources && fromEnd) {
                throw new UsageException("the mean of " + name + " by position counts positions from the first token: "
                        + "name those of .at(…) from the start");
            }
            if (!byPosition && sources) {
                throw new UsageException("the mean of " + name + " over all positions is not meaningful, since every "
                        + "destination has different sources; take it by position: { by: \"position\" }");
            }
        }

        void add(Tensor given, int[] padding) {
            Tensor values = given.unmasked();
            String axis = values.shape().indexOf("dest") >= 0 ? "dest" : "pos";
            boolean sources = values.shape().indexOf("src") >= 0;
            for (int row = 0; row < padding.length; row++) {
                Tensor own = values.at("batch", row);
                int length = own.shape().size(own.shape().indexOf(axis));
                own = own.slice(axis, padding[row], length);
                if (sources) own = own.slice("src", padding[row], length);
                if (rest.isEmpty()) own.shape().axes().stream().filter(a -> !a.name().equals(axis)).forEach(rest::add);
                int real = length - padding[row];
                for (int position = 0; position < real; position++)
                    add(!byPosition ? 0 : fromEnd ? real - 1 - position : position, own.at(axis, position).copy(),
                            sources);
            }
        }

        /** Adds a row's values at a position; for scores and pattern, sums are as wide as the longest row. */
        private void add(int at, Tensor values, boolean sources) {
            MemorySegment data = values.data();
            int n = (int) values.elements(), heads = sources ? values.shape().size(0) : 1, width = n / heads;
            if (at >= sums.length) {
                sums = Arrays.copyOf(sums, at + 1);
                counts = Arrays.copyOf(counts, at + 1);
            }
            if (sums[at] == null || sums[at].length < n) sums[at] = widened(sums[at], heads, width);
            int stride = sums[at].length / heads;
            for (int i = 0; i < n; i++)
                sums[at][i / width * stride + i % width] += data.getAtIndex(ValueLayout.JAVA_FLOAT, i);
            counts[at]++;
        }

        private static double[] widened(double[] narrow, int heads, int width) {
            double[] wide = new double[heads * width];
            if (narrow == null) return wide;
            int before = narrow.length / heads;
            for (int i = 0; i < narrow.length; i++) wide[i / before * width + i % before] = narrow[i];
            return wide;
        }

        /**
         * Returns the mean: [rest], or [batch 1, positions, rest]; for scores and pattern [batch 1, head, dest, src].
         */
        Tensor tensor() {
            if (tensor != null) return tensor;
            boolean sources = HookPoint.of(name).orElseThrow().hasSources();
            if (!byPosition) return tensor = filled(rest, sums[0], counts[0]);
            int heads = sources ? rest.getFirst().size() : 1,
                    width = Arrays.stream(sums).mapToInt(s -> s.length).max().orElseThrow() / heads;
            List<Tensor> each = new ArrayList<>();
            List<Axis> axes = sources ? List.of(rest.getFirst(), new Axis("src", width)) : rest;
            for (int position = 0; position < sums.length; position++) {
                double[] own = sums[position];
                each.add(filled(axes, own.length == heads * width ? own : widened(own, heads, width),
                        counts[position]));
            }
            if (fromEnd) Collections.reverse(each);
            Tensor stacked = Tensor.stack(sources ? "dest" : "pos", each);
            if (sources) stacked = stacked.transpose("head", "dest", "src").copy();
            return tensor = stacked.reshape(stacked.shape().with("batch", 1));
        }

        private static Tensor filled(List<Axis> axes, double[] sums, long count) {
            Tensor filled = Tensor.zeros(new Shape(axes));
            for (int i = 0; i < sums.length; i++)
                filled.data().setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) (sums[i] / count));
            return filled;
        }
    }
}
