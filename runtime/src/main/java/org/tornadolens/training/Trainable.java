package org.tornadolens.training;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.function.DoubleSupplier;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.linalg.AdamWStep;
import org.tornadolens.linalg.Vectors;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/**
 * A model's parameters in memory that training changes, f32, each with its gradient and the two running averages of
 * AdamW. Each of the four lies in one stretch, parameter after parameter, the matrices first: those decay.
 */
final class Trainable {

    private static final long FLOAT = Float.BYTES;
    private static final int ALIGNMENT = 16;   // floats: a cache line

    private final List<Parameter> parameters;
    private final Map<Parameter, Long> offsets = new LinkedHashMap<>();   // floats
    private final long matrices, all;                                     // floats
    private final MemorySegment weights, gradients, means, squares;
    private MemorySegment more = MemorySegment.NULL;   // gradients of one of several batches

    Trainable(Configuration configuration) {
        parameters = new Parameters(configuration).all();
        long at = 0;
        for (Parameter p : parameters) if (p.rows() > 1) at = place(p, at);
        matrices = at;
        for (Parameter p : parameters) if (p.rows() == 1) at = place(p, at);
        all = at;
        Arena arena = Arena.ofAuto();
        weights = arena.allocate(all * FLOAT, 64);
        gradients = arena.allocate(all * FLOAT, 64);
        means = arena.allocate(all * FLOAT, 64);
        squares = arena.allocate(all * FLOAT, 64);
    }

    private long place(Parameter p, long at) {
        offsets.put(p, at);
        return at + ((long) p.rows() * p.columns() + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }

    List<Parameter> parameters() { return parameters; }

    /** The four stretches by name, as a stopped training keeps them. */
    Map<String, MemorySegment> state() {
        Map<String, MemorySegment> state = new LinkedHashMap<>();
        state.put("weights", weights);
        state.put("means", means);
        state.put("squares", squares);
        return state;
    }

    /** Floats in each stretch. */
    long size() { return all; }

    private MemorySegment part(MemorySegment stretch, Parameter p) {
        return stretch.asSlice(offsets.get(p) * FLOAT, (long) p.rows() * p.columns() * FLOAT);
    }

    /** The weights as they are now and will be after every step. */
    Weights live() { return weights(weights); }

    /** A copy of the weights as they are now. */
    Weights snapshot() {
        MemorySegment copy = Arena.ofAuto().allocate(all * FLOAT, 64);
        copy.copyFrom(weights);
        return weights(copy);
    }

    private Weights weights(MemorySegment stretch) {
        Map<String, Weight> byName = new LinkedHashMap<>();
        for (Parameter p : parameters)
            byName.put(p.name(), new Weight(p.name(), DType.F32, p.rows(), p.columns(), part(stretch, p)));
        return new Weights(byName);
    }

    /** Where a run leaves the gradient: in the sum's place, or, where several are added up, beside it. */
    Tensor gradient(Parameter p, Value value, boolean beside) {
        if (beside && more.byteSize() == 0) more = Arena.ofAuto().allocate(all * FLOAT, 64);
        return Tensor.over(value.shape(new Sizes(1, 1, 0)), part(beside ? more : gradients, p));
    }

    /** Random weights, of every matrix its own draws. */
    void initialise(Configuration c, RandomWeights init, long seed) {
        Parameters all = new Parameters(c);
        init.check(all);
        for (Parameters.Entry entry : all.entries()) {
            Parameter p = entry.parameter();
            DoubleSupplier numbers = init.numbers(entry.spec(), c,
                    new SplittableRandom(seed * 0x9E3779B97F4A7C15L + p.name().hashCode()));
            MemorySegment data = part(weights, p);
            for (long i = 0; i < (long) p.rows() * p.columns(); i++)
                data.setAtIndex(ValueLayout.JAVA_FLOAT, i, (float) numbers.getAsDouble());
        }
    }

    /** The weights of another model of this shape. */
    void copy(Weights other) {
        for (Parameter p : parameters) {
            float[] row = new float[p.columns()];
            for (int r = 0; r < p.rows(); r++) {
                other.get(p.name()).row(r, row);
                MemorySegment.copy(row, 0, part(weights, p), ValueLayout.JAVA_FLOAT, (long) r * p.columns() * FLOAT,
                        p.columns());
            }
        }
    }

    /** √Σ g² over all parameters. */
    double gradientNorm() { return Math.sqrt(sumOfSquares(gradients)); }

    private static double sumOfSquares(MemorySegment floats) {
        return Vectors.sumOfSquares(floats, floats.byteSize() / FLOAT);
    }

    /** The first parameter, in the order data flows, whose gradient is no number somewhere; absent where all are. */
    Optional<Parameter> diverged() {
        return parameters.stream().filter(p -> !Double.isFinite(sumOfSquares(part(gradients, p)))).findFirst();
    }

    /** Forgets the gradients collected so far. */
    void clear() { gradients.fill((byte) 0); }

    /** Adds the gradients that lie beside the sum to it. */
    void collect() {
        Vectors.add(gradients, more, all, gradients);
    }

    /** One step of AdamW, number {@code step} from 1 on. */
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
