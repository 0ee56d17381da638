package org.tornadolens.tornado;

import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalInt;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.backend.Profile;
import org.tornadolens.tornado.kernels.Block;
import org.tornadolens.tornado.kernels.Transfer;
import uk.ac.manchester.tornado.api.DataRange;
import uk.ac.manchester.tornado.api.GridScheduler;
import uk.ac.manchester.tornado.api.ImmutableTaskGraph;
import uk.ac.manchester.tornado.api.KernelContext;
import uk.ac.manchester.tornado.api.TaskGraph;
import uk.ac.manchester.tornado.api.TornadoExecutionPlan;
import uk.ac.manchester.tornado.api.TornadoExecutionResult;
import uk.ac.manchester.tornado.api.common.TornadoDevice;
import uk.ac.manchester.tornado.api.enums.DataTransferMode;
import uk.ac.manchester.tornado.api.enums.TornadoVMBackendType;
import uk.ac.manchester.tornado.api.types.arrays.ByteArray;
import uk.ac.manchester.tornado.api.types.arrays.FloatArray;
import uk.ac.manchester.tornado.api.types.arrays.IntArray;
import uk.ac.manchester.tornado.api.types.arrays.ShortArray;
import uk.ac.manchester.tornado.api.types.arrays.TornadoNativeArray;

/**
 * A device and what stays on it between launches: {@code control}, the integers that tell kernels what to do
 * ({@link Block}); {@code memory}, the floats of every run and past; and pools of weights. Compiled graphs refer only
 * to these arrays, so that they serve every run.
 *
 * <p>Each array is allocated by a small graph of its own, which also passes on the arrays before it. A plan begins with
 * all of these graphs, so that whatever is compiled later finds the arrays in place.
 *
 * <p>One thread uses a device at a time; callers hold its lock.
 */
final class Device {

    // graphs of one name share the compiled code of their tasks
    private static final String GRAPH = "lens";
    private static final int CONTROL = 1 << 22;
    private static final int WORTH_A_GRAPH = 100, MOST_WANTED = 1000;
    private static final int HEADER = 16, BEGIN = 256;           // bytes: TornadoVM's header, and where our data begins
    // the first element of an array of floats that holds data
    static final int FIRST = first(Float.BYTES);

    // floats at the end, since kernels may read beyond what they use
    private static final int SPARE = 64;

    private final TornadoDevice device;
    private final long limit;
    private final Tuning tuning;
    private final KernelContext context = new KernelContext();
    private final IntArray[] parity = {IntArray.fromElements(0), IntArray.fromElements(1)};
    private final IntArray unused = IntArray.fromElements(Transfer.UNUSED);
    private final IntArray control = new IntArray(CONTROL);
    private final FloatArray memory;
    private final Heap heap;
    private final List<Object> arrays = new ArrayList<>();      // on the device, in the order they came
    private final List<ImmutableTaskGraph> births = new ArrayList<>();
    private final Map<List<Step>, Graph> graphs = new HashMap<>();
    private final Map<List<Step>, Integer> wanted = new HashMap<>();   // launches of sequences without a graph
    private final Map<Float, Integer> numbers = new HashMap<>();
    private final List<Integer> retired = new ArrayList<>();
    private final Uploads uploads;
    private Singles singles;
    private Graph last;                                          // the graph whose queue may still be working
    private TornadoExecutionResult result;
    private Map<String, Profile.Step> profiled;                  // while a profile is taken, else null
    private long launches, kernels;                              // of runs, since the device was opened
    private long reserved;                                       // bytes of all arrays

    /**
     * A kernel and the arrays that it works on.
     *
     * @param weights what it reads besides {@code memory}, or null; never the same array, which TornadoVM cannot
     * schedule
     */
    record Step(Kernel kernel, FloatArray memory, TornadoNativeArray weights) {
        @Override public boolean equals(Object other) {
            return other instanceof Step(Kernel k, FloatArray m, TornadoNativeArray w) && k == kernel && m == memory
                    && w == weights;
        }

        @Override public int hashCode() { return 31 * kernel.ordinal() + System.identityHashCode(weights); }
    }

    /** @param limit the bytes of its memory that may be used */
    Device(TornadoDevice device, long limit) {
        this.device = device;
        this.limit = limit;
        tuning = Tuning.of(device);
        int floats = (int) Math.min(Integer.MAX_VALUE - 64,
                Math.min(device.getPhysicalDevice().getDeviceMaxAllocationSize() - 64, globalMemory() / 4)
                        / Float.BYTES);
        memory = SparseMemory.floats(floats);
        heap = new Heap(FIRST, floats - SPARE);
        reserved = memory.getNumBytesOfSegmentWithHeader() + control.getNumBytesOfSegmentWithHeader();
        TaskGraph first =
                new TaskGraph(GRAPH).transferToDevice(DataTransferMode.FIRST_EXECUTION, parity[0], parity[1], unused)
                        .task("touch0", Transfer::touchControl, context, unused, parity[0], parity[1], control)
                        .task("touch1", Transfer::touchFloats, context, unused, memory);
        arrays.addAll(List.of(parity[0], parity[1], unused, control, memory));
        births.add(first.persistOnDevice(arrays.toArray()).snapshot());
        uploads = new Uploads(this);
    }

    Tuning tuning() { return tuning; }

    KernelContext context() { return context; }

    FloatArray memory() { return memory; }

    long globalMemory() { return Math.min(limit, device.getPhysicalDevice().getDeviceGlobalMemorySize()); }

    // ---- memory

    /**
     * Returns the address of so many floats.
     *
     * @throws MemoryException if there is no room, with {@code what} needs it and the {@code remedy}
     */
    int take(long floats, String what, String remedy) {
        OptionalInt address = heap.take(floats);
        if (address.isEmpty())
            throw new MemoryException(what + " on " + name(), floats * Float.BYTES, heap.largest() * Float.BYTES,
                    remedy);
        return address.getAsInt();
    }

    void give(int address) { heap.give(address); }

    /** Frees an address when the next run begins, since kernels of this one may still read it. */
    void retire(int address) {
        retired.add(address);
    }

    void freeRetired() {
        retired.forEach(heap::give);
        retired.clear();
    }

    String name() { return device.getPhysicalDevice().getDeviceName().strip(); }

    /** Returns the address of a number for kernels, which take no floats as arguments. */
    int number(double value) {
        return numbers.computeIfAbsent((float) value, v -> {
            int address = take(1, "a number", "end other runs");
            write(address, MemorySegment.ofArray(new float[]{v}));
            return address;
        });
    }

    /**
     * Returns the first element of an array that holds data. Vectors of sixteen floats that begin there, or a multiple
     * of a cache line later, lie in one cache line each; loads across two lines take twice the time.
     */
    static int first(int elementBytes) { return (BEGIN - HEADER) / elementBytes; }

    /** Returns the most bytes that one array can have. */
    long largestArray() {
        return Math.min(device.getPhysicalDevice().getDeviceMaxAllocationSize() - 64, Integer.MAX_VALUE);
    }

    /** Allocates an array for weights on the device, and returns it. */
    <A extends TornadoNativeArray> A adopt(A array) {
        reserved += array.getNumBytesOfSegmentWithHeader();
        TaskGraph birth = new TaskGraph(GRAPH).consumeFromDevice(arrays.toArray());
        String id = "touch" + (arrays.size() - 1);
        switch (array) {
            case FloatArray a -> birth.task(id, Transfer::touchFloats, context, unused, a);
            case ShortArray a -> birth.task(id, Transfer::touchShorts, context, unused, a);
            case ByteArray a -> birth.task(id, Transfer::touchBytes, context, unused, a);
            default -> throw new IllegalArgumentException(array.getClass().getName());
        }
        arrays.add(array);
        births.add(birth.persistOnDevice(arrays.toArray()).snapshot());
        return array;
    }

    /** Returns the bytes that are left for further arrays. */
    long available() { return globalMemory() - reserved; }

    // ---- host and device

    void write(int address, MemorySegment floats) { uploads.floats(memory, address, floats); }

    void write(FloatArray target, int at, MemorySegment values) { uploads.floats(target, at, values); }

    void write(ShortArray target, int at, MemorySegment values) { uploads.shorts(target, at, values); }

    void write(ByteArray target, int at, MemorySegment values) { uploads.bytes(target, at, values); }

    void writeControl(int[] values, int n) { uploads.ints(control, 0, values, n); }

    /** Returns floats of {@code memory}, valid until the next read. */
    MemorySegment read(int address, long floats) {
        result.transferToHost(new DataRange(memory).withOffset(address).withSize(floats));
        return memory.getSegment().asSlice((long) address * Float.BYTES, floats * Float.BYTES);
    }

    /** Waits until all launches have ended, and returns the program counter of a parity. */
    int counter(int mine) {
        result.transferToHost(new DataRange(control).withSize(2));
        return control.get(mine);
    }

    int controlCapacity() { return CONTROL; }

    // ---- graphs

    /**
     * Launches kernels one after another as one graph, which is compiled when first launched.
     *
     * @param firstParity the program counter that the first of them reads
     */
    void launch(List<Step> steps, int firstParity) {
        if (profiled == null) {
            launchTogether(steps, firstParity);
        } else {
            for (int i = 0; i < steps.size(); i++) profile(steps.get(i), (firstParity + i) % 2);
        }
        launches++;
        kernels += steps.size();
    }

    private void launchTogether(List<Step> steps, int firstParity) {
        Integer alone = steps.size() == 1 ? singles().at().get(steps.getFirst()) : null;
        if (alone != null) execute(singles().graph(), alone + firstParity);
        else execute(graphs.computeIfAbsent(List.copyOf(steps), this::graph), firstParity);
    }

    private void profile(Step step, int parity) {
        settle();
        long start = System.nanoTime();
        launchTogether(List.of(step), parity);
        settle();
        double seconds = (System.nanoTime() - start) / 1e9;
        String name = step.kernel().name().toLowerCase(Locale.ROOT).replace('_', ' ');
        profiled.merge(name, new Profile.Step(name, 1, seconds),
                (a, b) -> new Profile.Step(name, a.times() + b.times(), a.seconds() + b.seconds()));
    }

    /**
     * Runs work three times: once as it is, to count launches, then twice with every kernel launched by itself, since
     * the first time may include compiling. Returns the times of the last.
     */
    Profile profile(Runnable work) {
        long launchesBefore = launches, kernelsBefore = kernels;
        work.run();
        long launchesOfIt = launches - launchesBefore, kernelsOfIt = kernels - kernelsBefore;
        try {
            for (int i = 0; i < 2; i++) {
                profiled = new HashMap<>();
                work.run();
            }
            return new Profile(launchesOfIt, kernelsOfIt,
                    profiled.values().stream().sorted(Comparator.comparing(Profile.Step::seconds).reversed()).toList());
        } finally {
            profiled = null;
        }
    }

    long launches() { return launches; }

    long kernels() { return kernels; }

    /**
     * Returns whether these steps have a graph of their own, or are worth one if they are launched so many more times.
     * Compiling one takes as long as launching its kernels one by one many times, which every plan can, since each
     * kernel alone is a graph too.
     */
    boolean compiled(List<Step> steps, int times) {
        if (graphs.containsKey(steps)) return true;
        if (wanted.size() > MOST_WANTED) wanted.clear();
        return wanted.merge(List.copyOf(steps), times, Integer::sum) >= WORTH_A_GRAPH;
    }

    /**
     * A graph for every kernel, all in one plan, which needs no wait between them; each is compiled when first
     * launched.
     */
    private record Singles(int arrays, Graph graph, Map<Step, Integer> at) {}

    private Singles singles() {
        if (singles != null && singles.arrays() == arrays.size()) return singles;
        List<ImmutableTaskGraph> all = new ArrayList<>();
        Map<Step, Integer> at = new HashMap<>();
        GridScheduler grids = new GridScheduler();
        for (Kernel kernel : Kernel.values()) {
            for (TornadoNativeArray weights : kernel.readable(tuning, arrays, memory)) {
                Step step = new Step(kernel, memory, weights);
                at.put(step, all.size());
                String id = kernel.name().toLowerCase(Locale.ROOT) + "_" + number(weights);
                grids.addWorkerGrid(GRAPH + "." + id, tuning.grid(kernel));
                for (IntArray mine : parity) {
                    TaskGraph graph = new TaskGraph(GRAPH).consumeFromDevice(arrays.toArray());
                    kernel.addTo(graph, id, tuning, context, mine, control, memory, weights);
                    all.add(graph.persistOnDevice(arrays.toArray()).snapshot());
                }
            }
        }
        singles = new Singles(arrays.size(), plan(grids, all.toArray(ImmutableTaskGraph[]::new)), at);
        return singles;
    }

    private Graph graph(List<Step> steps) {
        ImmutableTaskGraph[] both = new ImmutableTaskGraph[2];
        GridScheduler grids = new GridScheduler();
        for (int first = 0; first < 2; first++) {
            TaskGraph graph = new TaskGraph(GRAPH).consumeFromDevice(arrays.toArray());
            Map<Step, Integer> seen = new HashMap<>();
            for (int i = 0; i < steps.size(); i++) {
                Step step = steps.get(i);
                String id = step.kernel().name().toLowerCase(Locale.ROOT) + "_" + seen.merge(step, 1, Integer::sum)
                        + "_" + number(step.memory()) + "_" + number(step.weights());
                step.kernel().addTo(graph, id, tuning, context, parity[(first + i) % 2], control, step.memory(),
                        step.weights());
                if (first == 0) grids.addWorkerGrid(GRAPH + "." + id, tuning.grid(step.kernel()));
            }
            both[first] = graph.persistOnDevice(arrays.toArray()).snapshot();
        }
        return plan(grids, both);
    }

    private int number(TornadoNativeArray array) {
        for (int i = 0; i < arrays.size(); i++) if (arrays.get(i) == array) return i;
        return 0;
    }

    /** Returns a plan of graphs, with the arrays on the device passed on to them. */
    Graph plan(GridScheduler grids, ImmutableTaskGraph... own) {
        List<ImmutableTaskGraph> all = new ArrayList<>(births);
        all.addAll(List.of(own));
        for (int i = 0; i < arrays.size(); i++) grids.addWorkerGrid(GRAPH + ".touch" + i, tuning.grid());
        TornadoExecutionPlan plan = new TornadoExecutionPlan(all.toArray(ImmutableTaskGraph[]::new));
        plan.withDevice(device);
        plan.withGridScheduler(grids);
        plan.withCompilerFlags(TornadoVMBackendType.OPENCL, tuning.flags());
        settle();
        for (int i = 0; i < births.size(); i++) plan.withGraph(i).execute();
        Graph graph = new Graph(plan, births.size());
        device.sync(plan.getId());
        return graph;
    }

    /** A plan, and the index of its first graph after those that pass on the arrays. */
    record Graph(TornadoExecutionPlan plan, int first) {}

    TaskGraph newGraph() { return new TaskGraph(GRAPH).consumeFromDevice(arrays.toArray()); }

    ImmutableTaskGraph finished(TaskGraph graph) { return graph.persistOnDevice(arrays.toArray()).snapshot(); }

    static String task(String id) { return GRAPH + "." + id; }

    /** Executes one of a plan's graphs. Each plan has its own queue, so that another plan's has to be empty first. */
    void execute(Graph graph, int index) {
        if (last != graph) settle();
        result = graph.plan().withGraph(graph.first() + index).execute();
        last = graph;
    }

    /** Waits until the last plan's queue is empty. */
    void settle() {
        if (last != null) device.sync(last.plan().getId());
        last = null;
    }
}
