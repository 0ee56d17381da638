package org.tornadolens.model;

/** How rotary frequencies are stretched for contexts longer than the model was trained on. */
public sealed interface RopeScaling {

    RopeScaling NONE = new None();

    /** The frequency used in place of {@code frequency} (radians a position). */
    double scale(double frequency);

    record None() implements RopeScaling {
        @Override public double scale(double frequency) { return frequency; }
    }

    /** Positions divided by {@code factor} (Chen et al. 2023, position interpolation). */
    record Linear(double factor) implements RopeScaling {
        @Override public double scale(double frequency) { return frequency / factor; }
    }

    /** Llama 3.1: long wavelengths are divided by {@code factor}, short ones kept, those between interpolated. */
    record Llama3(double factor, double lowFrequencyFactor, double highFrequencyFactor, int originalContext) implements RopeScaling {
        @Override public double scale(double frequency) {
            double wavelength = 2 * Math.PI / frequency;
            if (wavelength < originalContext / highFrequencyFactor) return frequency;
            if (wavelength > originalContext / lowFrequencyFactor) return frequency / factor;
            double smooth = (originalContext / wavelength - lowFrequencyFactor) / (highFrequencyFactor - lowFrequencyFactor);
            return (1 - smooth) * frequency / factor + smooth * frequency;
        }
    }
}
