package org.tornadolens.training;

import java.util.Collections;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.function.DoubleSupplier;
import java.util.random.RandomGenerator;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;

/**
 * The initial weights of a new model: matrices are normally distributed with mean 0, all other parameters are set by
 * {@link ParameterSpec#start}.
 *
 * @param deviation standard deviation of matrices that are not in {@code named}; divided by √(2 · layers) for those
 *                  that write to the residual stream (Radford et al. 2019)
 * @param named     standard deviations of particular matrices, by their names in scripts: {@code W_Q}, {@code W_down}
 */
public record RandomWeights(double deviation, SortedMap<String, Double> named) {

    public RandomWeights {
        positive(deviation);
        named = Collections.unmodifiableSortedMap(new TreeMap<>(named));
        named.values().forEach(RandomWeights::positive);
    }

    /** Returns initial weights without particular deviations. */
    public static RandomWeights of(double deviation) {
        return new RandomWeights(deviation, new TreeMap<>());
    }

    private static void positive(double deviation) {
        if (!(deviation > 0))
            throw new UsageException("the deviation of random weights must be positive, not " + deviation);
    }

    /** Returns the standard deviation of a matrix. */
    private double of(ParameterSpec matrix, Configuration c) {
        boolean writes = matrix.start() == ParameterSpec.Start.OUTPUT;
        return named.getOrDefault(matrix.script(), writes ? deviation / Math.sqrt(2.0 * c.nLayers()) : deviation);
    }

    /** Returns a supplier of the initial elements of a parameter. */
    DoubleSupplier numbers(ParameterSpec spec, Configuration c, RandomGenerator random) {
        return switch (spec.start()) {
            case ONES -> () -> 1;
            case ZEROS -> () -> 0;
            case MATRIX, OUTPUT -> {
                double scale = of(spec, c);
                yield () -> random.nextGaussian() * scale;
            }
        };
    }

    /** @throws UsageException if a name in {@link #named} is not that of a matrix */
    void check(Parameters parameters) {
        List<String> kinds = parameters.entries().stream().map(Parameters.Entry::spec).filter(spec -> !spec.vector())
                .map(ParameterSpec::script).distinct().toList();
        for (String name : named.keySet()) {
            if (!kinds.contains(name)) throw new UsageException("init: " + Nearest.message("matrix", name, kinds));
        }
    }
}
