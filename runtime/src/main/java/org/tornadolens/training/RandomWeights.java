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
 * What a new model starts from: matrices of normally distributed numbers around 0, and what {@link ParameterSpec#start}
 * says of the rest.
 *
 * @param deviation standard deviation of a matrix that is not named; of one that writes to the residual stream smaller by
 *                  √(2 · layers) (Radford et al. 2019)
 * @param named     standard deviations of the others, by their names in scripts: {@code W_Q}, {@code W_down}
 */
public record RandomWeights(double deviation, SortedMap<String, Double> named) {

    public RandomWeights {
        positive(deviation);
        named = Collections.unmodifiableSortedMap(new TreeMap<>(named));
        named.values().forEach(RandomWeights::positive);
    }

    /** All of one deviation. */
    public static RandomWeights of(double deviation) {
        return new RandomWeights(deviation, new TreeMap<>());
    }

    private static void positive(double deviation) {
        if (!(deviation > 0))
            throw new UsageException("the deviation of random weights is a positive number, not " + deviation);
    }

    /** The standard deviation of a matrix. */
    private double of(ParameterSpec matrix, Configuration c) {
        boolean writes = matrix.start() == ParameterSpec.Start.OUTPUT;
        return named.getOrDefault(matrix.script(), writes ? deviation / Math.sqrt(2.0 * c.nLayers()) : deviation);
    }

    /** Draws the numbers that a parameter starts with, one after the other. */
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

    /** Refuses names that none of these is called. */
    void check(Parameters parameters) {
        List<String> kinds = parameters.entries().stream().map(Parameters.Entry::spec).filter(spec -> !spec.vector())
                .map(ParameterSpec::script).distinct().toList();
        for (String name : named.keySet()) {
            if (!kinds.contains(name)) throw new UsageException("init: " + Nearest.message("matrix", name, kinds));
        }
    }
}
