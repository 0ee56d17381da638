package org.tornadolens.architecture;

import java.util.List;
import java.util.OptionalDouble;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.program.Rotary;

/** The scaling of rotary frequencies for contexts longer than those that the model was trained on. */
public sealed interface RopeScaling {

    RopeScaling NONE = new None();

    /**
     * Returns the rotation of queries and keys.
     *
     * @param theta     base of the unscaled frequencies theta^(-2i/dHead), in radians per position
     * @param positions the longest sequence, in tokens
     */
    Rotary rotary(double theta, int dHead, int positions);

    /** Maps the unscaled frequency of a rotary pair to the scaled one. */
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

    /** Divides positions by {@code factor} (position interpolation, Chen et al. 2023). */
    record Linear(double factor) implements RopeScaling {
        public Linear {
            requirePositive("factor", factor);
        }

        @Override public Rotary rotary(double theta, int dHead, int positions) {
            return each(theta, dHead, positions, (_, plain) -> plain / factor);
        }
    }

    /** Llama 3.1: divides low frequencies by {@code factor}, keeps high ones and interpolates between them. */
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor,
            int originalContext) implements RopeScaling {
        public Llama3 {
            requirePositive("factor", factor);
            requirePositive("low frequency factor", lowFrequencyFactor);
            requirePositive("high frequency factor", highFrequencyFactor);
            if (highFrequencyFactor <= lowFrequencyFactor) {
                throw new UsageException("rope scaling: high frequency factor " + highFrequencyFactor
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

    /** Divides the frequency of each rotary pair by its own factor, the form of Llama 3's scaling in GGUF files. */
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
     * YaRN (Peng et al. 2023): keeps the frequencies of pairs with many turns within the original context, divides
     * those of pairs with few turns by {@code factor}, and interpolates between them; cosines and sines are multiplied
     * by the attention factor.
     *
     * @param originalContext context length of the training, in tokens
     * @param betaFast        number of turns within the original context above which a frequency is kept
     * @param betaSlow        number of turns below which a frequency is divided
     * @param truncate        whether the ends of the interpolation are rounded to whole pairs
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

        /** Returns YaRN with the constants of the paper. */
        public static Yarn of(double factor, int originalContext) {
            return new Yarn(factor, originalContext, BETA_FAST, BETA_SLOW, true, OptionalDouble.empty());
        }

        /** Returns the default multiplier of cosines and sines: 0.1 · weight · ln(factor) + 1. */
        public static double magnitude(double factor, double weight) {
            return factor <= 1 ? 1 : 0.1 * weight * Math.log(factor) + 1;
        }

        @Override public Rotary rotary(double theta, int dHead, int positions) {
            double first = pair(betaFast, theta, dHead), last = pair(betaSlow, theta, dHead);
            double low = Math.max(truncate ? Math.floor(first) : first, 0),
                    high = Math.min(truncate ? Math.ceil(last) : last, dHead - 1);
            double width = high == low ? 0.001 : high - low;
            Rotary rotary = each(theta, dHead, positions, (pair, plain) -> {
                double share = Math.clamp((pair - low) / width, 0, 1);   // of the divided frequency
                return plain / factor * share + plain * (1 - share);
            });
            return rotary.magnified(attentionFactor.orElseGet(() -> magnitude(factor, 1)));
        }

        /** Returns the (fractional) index of the pair with this number of turns within the original context. */
        private double pair(double turns, double theta, int dHead) {
            return dHead * Math.log(originalContext / (turns * 2 * Math.PI)) / (2 * Math.log(theta));
        }
    }

    /**
     * Dynamic NTK scaling: in a run longer than {@code context}, the base of the frequencies grows with the length of
     * the run.
     *
     * @param context length up to which the frequencies are not scaled, in tokens
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
            throw new UsageException("rope scaling: " + name + " " + value + " is not a positive number");
    }
}
