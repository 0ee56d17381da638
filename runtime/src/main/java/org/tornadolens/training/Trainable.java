package org.tornadolens.training;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.tornadolens.Interruption;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.linalg.AdamWStep;
import org.tornadolens.linalg.Vectors;
import org.tornadolens.memory.OffHeap;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/**
 * The parameters of a model under training, f32, with their gradients and the two running averages of AdamW. Each of
 * the four is one contiguous array, parameter after parameter; the matrices, which have weight decay, come first.
 */
final class Trainable {

    private static final long FLOAT = Float.BYTES;
    private static final int MOST_UNCHECKED = 1 << 20;    // random numbers drawn between two checks for an interrupt
    private static final int ALIGNMENT = 16;   // in floats: a cache line

    private final List<Parameter> parameters;
    private final Map<Parameter, Long> offsets = new LinkedHashMap<>();   // in floats
    private final long matrices, all;                                     // in floats
    private final MemorySegment weights, gradients, means, squares;
    private MemorySegment batchGradients = MemorySegment.NULL;   // of one of several batches that are accumulated

    Trainable(Configuration configuration) {
        parameters = new Parameters(configuration).all();
        long at = 0;
        for (Parameter p : parameters) if (p.rows() > 1) at = place(p, at);
        matrices = at;
        for (Parameter p : parameters) if (p.rows() == 1) at = place(p, at);
        all = at;
        weights = allocated();
        gradients = allocated();
        means = allocated();
        squares = allocated();
    }

    private MemorySegment allocated() {
        Interruption.check();
        return OffHeap.allocate(all * FLOAT, "training of " + all + " parameters", "train a smaller model");
    }

    private long place(Parameter p, long at) {
        offsets.put(p, at);
        return at + ((long) p.rows() * p.columns() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    List<Parameter> parameters() { return parameters; }

    /** Returns the arrays that a stopped training needs to resume, by name. */
    Map<String, MemorySegment> state() {
        Map<String, MemorySegment> state = new LinkedHashMap<>();
        state.put("weights", weights);
        state.put("means", means);
        state.put("squares", squares);
        return state;
    }

    /** Returns the length of each array, in floats. */
    long size() { return all; }

    private MemorySegment part(MemorySegment array, Parameter p) {
        return array.asSlice(offsets.get(p) * FLOAT, (long) p.rows() * p.columns() * FLOAT);
    }

    /** Returns the weights themselves, which change with every step. */
    Weights live() { return weights(weights); }

    /** Returns a copy of the current weights. */
    Weights snapshot() {
        MemorySegment copy = allocated();
        copy.copyFrom(weights);
        return weights(copy);
    }

    private Weights weights(MemorySegment array) {
        Map<String, Weight> byName = new LinkedHashMap<>();
        for (Parameter p : parameters)
            byName.put(p.name(), new Weight(p.name(), DType.F32, p.rows(), p.columns(), part(array, p)));
        return new Weights(byName);
    }

    /**
     * Returns the tensor for a run's gradient: a part of the sum, or of a separate array if batches are accumulated.
     */
    Tensor gradient(Parameter p, Value value, boolean separate) {
        if (separate && batchGradients.byteSize() == 0) batchGradients = allocated();
        return Tensor.over(value.shape(new Sizes(1, 1, 0)), part(separate ? batchGradients : gradients, p));
    }

    /** Sets random weights; each parameter has a random generator of its own. */
    void initialise(Configuration c, RandomWeights init, long seed) {
        Parameters all = new Parameters(c);
        init.check(all);
        for (Parameters.Entry entry : all.entries()) {
            Parameter p = entry.parameter();
            DoubleSupplier numbers = init.numbers(entry.spec(), c,
                    new SplittableRandom(seed * 0x9E3779B97F4A7C15L + p.name().hashCode()));
            MemorySegment data = part(weights, p);
            for (long i = 0; i < (long) p.rows() * p.columns(); i++) {
                if (i % MOST_UNCHECKED == 0) Interruption.check();
                data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) numbers.getAsDouble());
            }
        }
    }

    /** Copies the weights of another model of this shape. */
    void copy(Weights other) {
        for (Parameter p : parameters) {
            float[] row = new float[p.columns()];
            for (int r = 0; r < p.rows(); r++) {
                Interruption.check();
                other.get(p.name()).row(r, row);
                MemorySegment.copy(row, 0, part(weights, p), ValueLayout.JAVA_FLOAT, (long) r * p.columns() * FLOAT,
                        p.columns());
            }
        }
    }

    /** Returns √Σ g² over all parameters. */
    double gradientNorm() { return Math.sqrt(sumOfSquares(gradients)); }

    private static double sumOfSquares(MemorySegment floats) {
        return Vectors.sumOfSquares(floats, floats.byteSize() / FLOAT);
    }

    /**
     * Returns the first parameter, in the order of data flow, with a gradient that is not finite; absent if none has.
     */
    Optional<Parameter> diverged() {
        return parameters.stream().filter(p -> !Double.isFinite(sumOfSquares(part(gradients, p)))).findFirst();
    }

    /** Sets the sum of gradients to zero. */
    void clear() { gradients.fill((byte) 0); }

    /** Adds the separate gradients of a batch to the sum. */
    void collect() {
        Vectors.add(gradients, batchGradients, all, gradients);
    }

    /** Makes one step of AdamW; {@code step} counts from 1. */
    void step(AdamW settings, int step, double rate, double gradientScale) {
        double meanShare = 1 - Math.pow(settings.beta1(), step), squareShare = 1 - Math.pow(settings.beta2(), step);
        update(0, matrices, settings, rate, 1 - rate * settings.decay(), meanShare, squareShare, gradientScale);
        update(matrices, all, settings, rate, 1, meanShare, squareShare, gradientScale);
    }

    private void update(long from, long to, AdamW s, double rate, double keep, double meanShare, double squareShare,
            double gradientScale) {
        long at = from * FLOAT, bytes = (to - from) * FLOAT;
        new AdamWStep((float) gradientScale, (float) s.beta1(), (float) s.beta2(), (float) keep,
                (float) (rate / meanShare), (float) (1 / Math.sqrt(squareShare)), (float) s.eps())
                .apply(weights.asSlice(at, bytes), gradients.asSlice(at, bytes), means.asSlice(at, bytes),
                        squares.asSlice(at, bytes), to - from);
    }
}
