package org.tornadolens.tornado;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.Interruption;
import org.tornadolens.program.Operation;
import org.tornadolens.tornado.Device.Step;
import org.tornadolens.tornado.kernels.Block;

/**
 * The kernels of a run, written down and then launched. Their arguments go to the device in one piece, and steps that
 * repeat, as a model's layers do, are launched as one compiled graph as often as they occur. Afterwards the device's
 * program counter shows whether every kernel ran.
 */
final class Tape {

    private static final int LONGEST_GRAPH = 48;                                 // steps
    private static final int MANY_BLOCKS = 1 << 15, MANY_LISTED = 1 << 21;       // of the 2^22 integers of a device

    private final Device device;
    private final List<Step> steps = new ArrayList<>();
    private final List<Operation> origins = new ArrayList<>();
    private final Map<int[], Integer> known = new IdentityHashMap<>();
    private int[] blocks = new int[64 * Block.SIZE], lists = new int[256];
    private int listed;

    Tape(Device device) { this.device = device; }

    /**
     * Returns a list of integers for kernels to read, as an argument of blocks added before the next launch. The same
     * array is sent once.
     */
    int list(int[] values) {
        Integer at = known.get(values);
        if (at == null) {
            if (listed + values.length > lists.length)
                lists = Arrays.copyOf(lists, Math.max(2 * lists.length, listed + values.length));
            System.arraycopy(values, 0, lists, listed, values.length);
            at = listed;
            known.put(values, at);
            listed += values.length;
        }
        return -2 - at;   // replaced by an address when the number of blocks is known
    }

    /** Begins a kernel, which is on the tape once all its arguments are set and it is added. */
    Launch launch(Operation origin, Kernel kernel) {
        return new Launch(this, origin, kernel, device.memory());
    }

    /** @param block the kernel's number and arguments, {@link Block#SIZE} integers */
    void add(Operation origin, Step step, int[] block) {
        int at = steps.size() * Block.SIZE;
        if (at + Block.SIZE > blocks.length) blocks = Arrays.copyOf(blocks, 2 * blocks.length);
        System.arraycopy(block, 0, blocks, at, Block.SIZE);
        steps.add(step);
        origins.add(origin);
    }

    /** Launches what has been written if it is long; the lists of one more operation may be as long again. */
    void flushIfLong() {
        if (steps.size() >= MANY_BLOCKS || listed >= MANY_LISTED) flush();
    }

    /** Launches what has been written and waits for it. */
    void flush() {
        if (!steps.isEmpty()) {
            int n = steps.size(), listsAt = Block.START + n * Block.SIZE;
            int[] control = new int[listsAt + listed];
            control[0] = Block.START;
            for (int i = 0; i < n * Block.SIZE; i++)
                control[Block.START + i] = blocks[i] <= -2 ? listsAt - 2 - blocks[i] : blocks[i];
            System.arraycopy(lists, 0, control, listsAt, listed);
            device.writeControl(control, control.length);
            launch();
            int reached = device.counter(n % 2);
            if (reached != listsAt)
                throw stopped(Math.max(0, (Math.max(reached, device.counter(1 - n % 2)) - Block.START) / Block.SIZE));
        }
        steps.clear();
        origins.clear();
        known.clear();
        listed = 0;
    }

    private IllegalStateException stopped(int block) {
        Operation origin = origins.get(Math.min(block, origins.size() - 1));
        return new IllegalStateException("the device " + device.name() + " dropped a kernel of " + describe(origin)
                + "; nothing after it was computed");
    }

    private void launch() {
        for (int i = 0; i < steps.size();) {
            int period = period(i), times = period == 1 ? 1 : repeats(i, period);
            if (period == 1 || device.compiled(steps.subList(i, i + period), times)) {
                for (int end = i + times * period; i < end; i += period) launch(i, period);
            } else {
                for (int end = i + times * period; i < end; i++) launch(i, 1);
            }
        }
    }

    /** Launches steps as one graph, unless the run is interrupted: launches are short, and many of them one run. */
    private void launch(int from, int count) {
        Interruption.check();
        try {
            device.launch(steps.subList(from, from + count), from % 2);
        } catch (RuntimeException e) {
            throw new IllegalStateException("the kernels of " + describe(origins.get(from))
                    + (count > 1 ? " and what follows it" : "") + " failed on " + device.name() + ": " + e.getMessage(),
                    e);
        }
    }

    private static String describe(Operation operation) {
        return operation.getClass().getSimpleName() + " " + operation.out();
    }

    /**
     * Returns how many steps from here on are worth a graph of their own: of the sequences that occur at least twice
     * in a row, the one whose repetitions cover most steps; else one.
     */
    private int period(int from) {
        int best = 1, covered = 1;
        for (int period = 2; period <= LONGEST_GRAPH && from + 2 * period <= steps.size(); period++) {
            int all = repeats(from, period) * period;
            if (all > period && all > covered) {
                best = period;
                covered = all;
            }
        }
        return best;
    }

    private int repeats(int from, int period) {
        int times = 1;
        while (from + (times + 1) * period <= steps.size()
                && steps.subList(from, from + period)
                        .equals(steps.subList(from + times * period, from + (times + 1) * period)))
            times++;
        return times;
    }
}
