package org.tornadolens.tornado;

import java.util.BitSet;
import java.util.stream.Collectors;
import org.tornadolens.program.Operation;
import org.tornadolens.tornado.kernels.Block;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * A kernel that is being written on a tape: its arguments are set by their names, each once, and then it is added.
 *
 * <pre>
 *   tape.launch(operation, Kernel.ADD).set(Add.A, a).set(Add.B, b).set(Add.ELEMENTS, n).set(Add.OUT, out).add();
 * </pre>
 */
final class Launch {

    private final Tape tape;
    private final Operation origin;
    private final Kernel kernel;
    private final int[] block = new int[Block.SIZE];
    private final BitSet given = new BitSet();
    private FloatArray memory;
    private TornadoNativeArray weights;

    Launch(Tape tape, Operation origin, Kernel kernel, FloatArray memory) {
        this.tape = tape;
        this.origin = origin;
        this.kernel = kernel;
        this.memory = memory;
        block[0] = kernel.number();
    }

    /** @param argument a constant of the kernel's interface of arguments */
    Launch set(int argument, int value) {
        if (argument < 1 || argument > kernel.arguments().count())
            throw new IllegalArgumentException(kernel + " has no argument " + argument);
        if (given.get(argument))
            throw new IllegalArgumentException(kernel + ": " + kernel.arguments().name(argument) + " is set twice");
        given.set(argument);
        block[argument] = value;
        return this;
    }

    /** Names the array that the kernel reads weights from. */
    Launch weights(TornadoNativeArray array) {
        weights = array;
        return this;
    }

    /** Names an array that the kernel works on instead of the device's memory. */
    Launch memory(FloatArray array) {
        memory = array;
        return this;
    }

    /** @throws IllegalArgumentException if an argument, or the array of weights, is missing */
    void add() {
        if (given.cardinality() < kernel.arguments().count()) {
            String missing = kernel.arguments().names().stream()
                    .filter(name -> !given.get(kernel.arguments().names().indexOf(name) + 1))
                    .collect(Collectors.joining(", "));
            throw new IllegalArgumentException(kernel + ": not set: " + missing);
        }
        if (kernel.readsWeights() != (weights != null))
            throw new IllegalArgumentException(
                    kernel + (weights == null ? " reads weights, but none are named" : " reads no weights"));
        tape.add(origin, new Device.Step(kernel, memory, weights), block);
    }
}
