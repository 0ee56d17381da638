package org.tornadolens.architecture;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.tornadolens.program.Rotary;

/** How rotary frequencies are changed for contexts longer than the model was trained on. */
public sealed interface RopeScaling {

    RopeScaling NONE = new None();

    /**
     * The rotation of queries and keys.
     *
     * @param theta     the base of the plain frequencies theta^(-2i/dHead), radians a position
     * @param positions the longest sequence
     */
    Rotary rotary(double theta, int dHead, int positions);

    /** The frequency of a rotary pair in place of the plain one. */
    @FunctionalInterface interface Pairwise {
        double frequency(int pair, double plain);
    }

    private static Rotary each(double theta, int dHead, int positions, Pairwise change) {
        return Rotary.plain(IntStream.range(0, dHead / 2)
                .mapToObj(pair -> change.frequency(pair, Math.pow(theta, -2.0 * pair / dHead))).toList(), positions);
    }

    record None() implements RopeScaling {
        @Override public Rotary rotary(double theta, int dHead, int positions) {
            return each(theta, dHead, positions, (_, plain) -> plain);
        }
    }

    /** Positions divided by {@code factor} (Chen et al. 2023, position interpolation). */
    record Linear(double factor) implements RopeScaling {
        public Linear {
            requirePositive("factor", factor);
        }

        @Override public Rotary rotary(double theta, int dHead, int positions) {
            return each(theta, dHead, positions, (_, plain) -> plain / factor);
        }
    }

    /** Llama 3.1: long wavelengths are divided by {@code factor}, short ones kept, those between interpolated. */
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor,
            int originalContext) implements RopeScaling {
        public Llama3 {
            requirePositive("factor", factor);
            requirePositive("low frequency factor", lowFrequencyFactor);
            requirePositive("high frequency factor", highFrequencyFactor);
            if (highFrequencyFactor <= lowFrequencyFactor) {
                throw new IllegalArgumentException("rope scaling: high frequency factor " + highFrequencyFactor
                        + " is not above the low one " + lowFrequencyFactor);
            }
            requirePositive("original context", originalContext);
        }

        @Override public Rotary rotary(double theta, int dHead, int positions) {
            return each(theta, dHead, positions, (_, plain) -> scaled(plain));
        }

        private double scaled(double frequency) {
            double wavelength = 2 * Math.PI / frequency;
            if (wavelength < originalContext / highFrequencyFactor) return frequency;
            if (wavelength > originalContext / lowFrequencyFactor) return frequency / factor;
            double smooth =
                    (originalContext / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
            return (1 - smooth) * frequency / factor + smooth * frequency;
        }
    }

    /** Each rotary pair's frequency divided by its own factor, as GGUF files spell Llama 3's scaling out. */
    record EachPair(List<Double> factors) implements RopeScaling {
        public EachPair {
            factors = List.copyOf(factors);
            for (double factor : factors) requirePositive("factor", factor);
        }

        @Override public Rotary rotary(double theta, int dHead, int positions) {
            return each(theta, dHead, positions, (pair, plain) -> plain / factors.get(pair));
        }
    }

    /**
     * YaRN (Peng et al. 2023): pairs that turn often within the original context are kept, those that turn seldom are
     * divided by {@code factor}, those between interpolated; cosines and sines are multiplied by the attention factor.
     *
     * @param originalContext positions that the model was trained on
     * @param betaFast        turns within the original context from which on a pair is kept
     * @param betaSlow        turns up to which a pair is divided
     * @param truncate        true where the ends of the interpolation are whole pairs
     * @param attentionFactor absent: 0.1 · ln(factor) + 1
     */
    record Yarn(double factor, int originalContext, double betaFast, double betaSlow, boolean truncate,
            OptionalDouble attentionFactor) implements RopeScaling {

        public static final double BETA_FAST = 32, BETA_SLOW = 1;

        public Yarn {
            requirePositive("factor", factor);
            requirePositive("original context", originalContext);
            requirePositive("beta_fast", betaFast);
            requirePositive("beta_slow", betaSlow);
            attentionFactor.ifPresent(magnitude -> requirePositive("attention factor", magnitude));
        }

        /** With the constants of the paper. */
        public static Yarn of(double factor, int originalContext) {
            return new Yarn(factor, originalContext, BETA_FAST, BETA_SLOW, true, OptionalDouble.empty());
        }

        /** What cosines and sines are multiplied by where a model does not say it, for a weight of the logarithm. */
        public static double magnitude(double factor, double weight) {
            return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
        }

        @Override public Rotary rotary(double theta, int dHead, int positions) {
            double first = pair(betaFast, theta, dHead), last = pair(betaSlow, theta, dHead);
            double low = Math.max(truncate ? Math.floor(first) : first, 0),
                    high = Math.min(truncate ? Math.ceil(last) : last, dHead - 1);
            double width = high == low ? 0.001 : high - low;
            Rotary rotary = each(theta, dHead, positions, (pair, plain) -> {
                double divided = Math.clamp((pair - low) / width, 0, 1);   // its share
                return plain / factor * divided + plain * (1 - divided);
            });
            return rotary.magnified(attentionFactor.orElseGet(() -> magnitude(factor, 1)));
        }

        /** The pair, perhaps between two, that turns so often within the original context. */
        private double pair(double turns, double theta, int dHead) {
            return dHead * Math.log(originalContext / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
        }
    }

    /**
     * Dynamic NTK scaling: in a run longer than {@code context}, the base of the frequencies grows with the run's length.
     *
     * @param context positions up to which the plain frequencies hold
     */
    record Dynamic(double factor, int context) implements RopeScaling {
        public Dynamic {
            requirePositive("factor", factor);
            requirePositive("context", context);
        }

        @Override public Rotary rotary(double theta, int dHead, int positions) {
            return NONE.rotary(theta, dHead, positions).following(new Rotary.Dynamic(theta, factor, context));
        }
    }

    private static void requirePositive(String name, double value) {
        if (!(value > 0 && Double.isFinite(value)))
            throw new IllegalArgumentException("rope scaling: " + name + " " + value + " is not a positive number");
    }
}
