package org.tornadolens.backend.reference;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import org.tornadolens.backend.BackendPast;
import org.tornadolens.backend.Inputs;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Past;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weight;
import org.tornadolens.tensor.Weights;

/** A program that runs in double precision. */
final class ReferenceExecutable implements ExactExecutable {

    private final Program program;
    private final Weights weights;
    private final Set<Value> extended;
    private final Map<Parameter, double[]> decoded = new HashMap<>();

    ReferenceExecutable(Program program, Weights weights) {
        this.program = program;
        this.weights = weights;
        this.extended = program.extended();
    }

    @Override public Program program() { return program; }

    Weights weights() { return weights; }

    Set<Value> extended() { return extended; }

    @Override public Plan plan(Sizes sizes) { return Plan.of(program, sizes); }

    @Override public Past past(int batch, int capacity) {
        return new BackendPast(program, batch, capacity, new ReferencePast(batch, capacity, program.pastSlots()));
    }

    @Override public long pastBytes(int batch, int capacity) {
        return BackendPast.elements(program, batch, capacity) * Double.BYTES;
    }

    @Override public Map<Value, Tensor> run(Inputs inputs) {
        Map<Value, Tensor> kept = new LinkedHashMap<>();
        Sizes sizes = inputs.sizes();   // the run lengthens the past
        new ReferenceRun(this, inputs).run()
                .forEach((value, numbers) -> kept.put(value, tensor(value.shape(sizes), numbers)));
        return kept;
    }

    @Override public Map<Value, double[]> exactly(Inputs inputs) { return new ReferenceRun(this, inputs).run(); }

    /** Returns the numbers of a parameter, decoded once: [rows, columns]. */
    double[] decoded(Parameter parameter) {
        return decoded.computeIfAbsent(parameter, p -> {
            Weight w = weights.get(p.name());
            double[] all = new double[w.rows() * w.columns()];
            for (int r = 0; r < w.rows(); r++)
                for (int c = 0; c < w.columns(); c++) all[r * w.columns() + c] = w.get(r, c);
            return all;
        });
    }

    private static Tensor tensor(Shape shape, double[] values) {
        float[] floats = new float[values.length];
        for (int i = 0; i < floats.length; i++) floats[i] = (float) values[i];
        return Tensor.of(shape, floats);
    }
}
