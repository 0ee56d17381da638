package org.tornadolens.bench;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.ParameterSpec;
import org.tornadolens.architecture.Parameters;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.model.Model;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Parameter;
import org.tornadolens.program.Program;
import org.tornadolens.program.Size;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.program.Value.Dimension;
import org.tornadolens.program.Work;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;

/**
 * How fast a backend works on the sizes of a model, measured in about half a second; it estimates how long {@link Work}
 * takes.
 *
 * @param product   seconds for a multiply-add of activations and weights
 * @param weight    seconds to read an element of the weights
 * @param attention seconds for a multiply-add between positions
 * @param element   seconds for an element of the other operations
 * @param operation seconds for an operation, besides what its size takes
 */
public record Speed(double product, double weight, double attention, double element, double operation) {

    private static final int POSITIONS = 64;
    private static final int COPIES = 32;   // of an operation too short to be measured alone
    private static final double SECONDS = 0.1;   // for each measurement
    private static final int LEAST_RUNS = 3;

    /** Measures a backend with the weights of a model; the model's own backend does not run. */
    public static Speed of(Model model, Backend backend) {
        Configuration c = model.configuration();
        Parameters parameters = new Parameters(c);
        Parameter gate = parameters.get(ParameterSpec.W_GATE, 0), unembedding = parameters.unembedding();
        Timer timer = new Timer(backend, model.weights());
        Value x = value("x", c.dModel()), up = value("up", c.dMlp()), small = value("small", c.dMlp());
        Value q = heads("q", Size.Symbol.POS, "head", c.nHeads(), c.dHead()),
                k = heads("k", Size.Symbol.KEY, "kvHead", c.nKvHeads(), c.dHead()),
                v = heads("v", Size.Symbol.KEY, "kvHead", c.nKvHeads(), c.dHead());
        Operation pointwise = new Operation.SwiGlu(small, up, value("post", c.dMlp()));

        double operation = timer.seconds(pointwise, COPIES, 1);
        double element = Math.max(0, timer.seconds(pointwise, COPIES, POSITIONS) - operation)
                / ((double) POSITIONS * c.dMlp());
        double weight = timer.seconds(new Operation.Linear(x, unembedding, value("logits", c.dVocab())), 1, 1)
                / size(unembedding);
        double product = timer.seconds(new Operation.Linear(x, gate, value("pre", c.dMlp())), 1, POSITIONS)
                / size(gate) / POSITIONS;
        Operation attend = new Operation.Attend(q, k, v, OptionalInt.empty(),
                heads("z", Size.Symbol.POS, "head", c.nHeads(), c.dHead()));
        double pairs = POSITIONS * (POSITIONS + 1) / 2.0;
        double attention = timer.seconds(attend, 1, POSITIONS) / (2 * pairs * c.nHeads() * c.dHead());
        return new Speed(product, Math.max(0, weight - product), attention, element, operation);
    }

    /** Returns the time that work takes, in seconds. */
    public double seconds(Work work) {
        return product * work.products() + weight * work.weights() + attention * work.attention()
                + element * work.elements() + operation * work.operations();
    }

    private static double size(Parameter weight) { return (double) weight.rows() * weight.columns(); }

    private static Value value(String name, int width) {
        return Value.of(name, new Dimension("batch", Size.Symbol.BATCH), new Dimension("pos", Size.Symbol.POS),
                new Dimension("width", new Size.Fixed(width)));
    }

    private static Value heads(String name, Size positions, String axis, int heads, int width) {
        return Value.of(name, new Dimension("batch", Size.Symbol.BATCH),
                new Dimension(positions == Size.Symbol.KEY ? "key" : "pos", positions),
                new Dimension(axis, new Size.Fixed(heads)), new Dimension("dHead", new Size.Fixed(width)));
    }

    private record Timer(Backend backend, Weights weights) {

        /** Returns the time of one of {@code copies} equal operations: that of the fastest run. */
        double seconds(Operation operation, int copies, int positions) {
            List<Operation> operations = new ArrayList<>();
            Map<Value, Tensor> given = new LinkedHashMap<>();
            Sizes sizes = new Sizes(1, positions, 0);
            for (Value input : operation.inputs()) {
                operations.add(new Operation.Given(input));
                Tensor tensor = Tensor.zeros(input.shape(sizes));
                tensor.fill(0.5f);
                given.put(input, tensor);
            }
            IntStream.range(0, copies).forEach(n -> operations.add(operation.with(value -> value,
                    new Value(operation.out().name() + n, 0, operation.out().dimensions()))));
            Executable executable = backend.compile(new Program(operations, Set.of()), weights);
            Inputs inputs = new Inputs(new int[positions], new int[1], Optional.empty(), given);
            double fastest = Double.MAX_VALUE, total = 0;
            for (int run = 0; run < LEAST_RUNS || total < SECONDS; run++) {
                long start = System.nanoTime();
                executable.run(inputs);
                double seconds = (System.nanoTime() - start) / 1e9;
                fastest = Math.min(fastest, seconds);
                total += seconds;
            }
            return fastest / copies;
        }
    }
}
