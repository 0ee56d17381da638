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
 * How fast a backend works on the sizes of a model, measured in about two seconds; it estimates how long {@link Work}
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
    private static final int ROUNDS = 4;   // of all measurements: the first ones give the compiler time
    private static final double SECONDS = 0.1;   // for each measurement of a round

    /** Measures a backend with the weights of a model; the model's own backend does not run. */
    public static Speed of(Model model, Backend backend) {
        Configuration c = model.configuration();
        Parameters parameters = new Parameters(c);
        Parameter gate = parameters.get(ParameterSpec.W_GATE, 0), unembedding = parameters.unembedding();
        Value x = value("x", c.dModel()), up = value("up", c.dMlp()), small = value("small", c.dMlp());
        Value q = heads("q", Size.Symbol.POS, "head", c.nHeads(), c.dHead()),
                k = heads("k", Size.Symbol.KEY, "kvHead", c.nKvHeads(), c.dHead()),
                v = heads("v", Size.Symbol.KEY, "kvHead", c.nKvHeads(), c.dHead());
        Operation pointwise = new Operation.SwiGlu(small, up, value("post", c.dMlp()));

        Operation attend = new Operation.Attend(q, k, v, OptionalInt.empty(),
                heads("z", Size.Symbol.POS, "head", c.nHeads(), c.dHead()));
        Timer timer = new Timer(backend, model.weights());
        Timed short1 = timer.of(pointwise, COPIES, 1), shortN = timer.of(pointwise, COPIES, POSITIONS),
                row = timer.of(new Operation.Linear(x, unembedding, value("logits", c.dVocab())), 1, 1),
                rows = timer.of(new Operation.Linear(x, gate, value("pre", c.dMlp())), 1, POSITIONS),
                attention = timer.of(attend, 1, POSITIONS);
        for (int round = 0; round < ROUNDS; round++)
            for (Timed one : List.of(short1, shortN, row, rows, attention)) one.run();
        double product = rows.fastest / size(gate) / POSITIONS, pairs = POSITIONS * (POSITIONS + 1) / 2.0;
        return new Speed(product, Math.max(0, row.fastest / size(unembedding) - product),
                attention.fastest / (2 * pairs * c.nHeads() * c.dHead()),
                Math.max(0, shortN.fastest - short1.fastest) / ((double) POSITIONS * c.dMlp()), short1.fastest);
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

        Timed of(Operation operation, int copies, int positions) {
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
            Inputs inputs = new Inputs(new int[positions], new int[1], Optional.empty(), given);
            return new Timed(backend.compile(new Program(operations, Set.of()), weights), inputs, copies);
        }
    }

    /** A program of equal operations, and the time of one of them in the fastest run. */
    private static final class Timed {
        private final Executable executable;
        private final Inputs inputs;
        private final int copies;
        private double fastest = Double.MAX_VALUE;

        Timed(Executable executable, Inputs inputs, int copies) {
            this.executable = executable;
            this.inputs = inputs;
            this.copies = copies;
        }

        void run() {
            double total = 0;
            while (total < SECONDS) {
                long start = System.nanoTime();
                executable.run(inputs);
                double seconds = (System.nanoTime() - start) / 1e9;
                fastest = Math.min(fastest, seconds / copies);
                total += seconds;
            }
        }
    }
}
