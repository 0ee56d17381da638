package org.tornadolens.training;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.model.Configuration;
import org.tornadolens.program.Parameter;

/**
 * What a new model starts from: matrices of normally distributed numbers around 0, norm gains of 1.
 *
 * @param deviation standard deviation of a matrix that is not named; of one that writes to the residual stream less by
 *                  √(2 · layers) (Radford et al. 2019)
 * @param named     standard deviations of the others, by what a matrix is called in every layer: {@code W_Q}, {@code W_down}
 */
public record RandomWeights(double deviation, SortedMap<String, Double> named) {

    public RandomWeights {
        positive(deviation);
        named = Collections.unmodifiableSortedMap(new TreeMap<>(named));
        named.values().forEach(RandomWeights::positive);
    }

    /** All of one deviation. */
    public static RandomWeights of(double deviation) { return new RandomWeights(deviation, new TreeMap<>()); }

    private static void positive(double deviation) {
        if (!(deviation > 0)) throw new UsageException("the deviation of random weights is a positive number, not " + deviation);
    }

    /** The standard deviation of a matrix. */
    double of(Parameter matrix, Configuration c) {
        String kind = kind(matrix);
        boolean writes = kind.equals("W_O") || kind.equals("W_down");
        return named.getOrDefault(kind, writes ? deviation / Math.sqrt(2.0 * c.nLayers()) : deviation);
    }

    /** Refuses names that none of these is called. */
    void check(List<Parameter> parameters) {
        List<String> kinds = parameters.stream().filter(p -> p.rows() > 1).map(RandomWeights::kind).distinct().toList();
        for (String name : named.keySet()) {
            if (!kinds.contains(name)) throw new UsageException("init: " + Nearest.message("matrix", name, kinds));
        }
    }

    private static String kind(Parameter p) { return p.name().substring(p.name().lastIndexOf('.') + 1); }
}
