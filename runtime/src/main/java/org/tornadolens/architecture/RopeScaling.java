package org.tornadolens.architecture;
import java.util.List;

/** How rotary frequencies are stretched for contexts longer than the model was trained on. */
public sealed interface RopeScaling {

    RopeScaling NONE = new None();

    /** The frequency (radians a position) that rotary pair {@code pair} uses in place of {@code frequency}. */
    double scale(int pair, double frequency);

    record None() implements RopeScaling {
        @Override public double scale(int pair, double frequency) { return frequency; }
    }

    /** Positions divided by {@code factor} (Chen et al. 2023, position interpolation). */
    record Linear(double factor) implements RopeScaling {
        public Linear {
            requirePositive("factor", factor);
        }

        @Override public double scale(int pair, double frequency) { return frequency / factor; }
    }

    /** Llama 3.1: long wavelengths are divided by {@code factor}, short ones kept, those between interpolated. */
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext) implements RopeScaling {
        public Llama3 {
            requirePositive("factor", factor);
            requirePositive("low frequency factor", lowFrequencyFactor);
            requirePositive("high frequency factor", highFrequencyFactor);
            if (highFrequencyFactor <= lowFrequencyFactor) {
                throw new IllegalArgumentException("rope scaling: high frequency factor " + highFrequencyFactor + " is not above the low one " + lowFrequencyFactor);
            }
            requirePositive("original context", originalContext);
        }

        @Override public double scale(int pair, double frequency) {
            double wavelength = 2 * Math.PI / frequency;
            if (wavelength < originalContext / highFrequencyFactor) return frequency;
            if (wavelength > originalContext / lowFrequencyFactor) return frequency / factor;
            double smooth = (originalContext / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
            return (1 - smooth) * frequency / factor + smooth * frequency;
        }
    }

    /** Each rotary pair's frequency divided by its own factor, as GGUF files spell Llama 3's scaling out. */
    record EachPair(List<Double> factors) implements RopeScaling {
        public EachPair {
            factors = List.copyOf(factors);
            for (double factor : factors) requirePositive("factor", factor);
        }

        @Override public double scale(int pair, double frequency) { return frequency / factors.get(pair); }
    }

    private static void requirePositive(String name, double value) {
        if (!(value > 0 && Double.isFinite(value))) throw new IllegalArgumentException("rope scaling: " + name + " " + value + " is not a positive number");
    }
}
