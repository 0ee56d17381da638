package org.tornadolens.backend;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.ref.WeakReference;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.LongStream;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.program.Operation;
import org.tornadolens.program.Past;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.program.Work;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;

/**
 * Plans the runs of another backend without running them: each is planned, refused where it would not fit, and
 * reported. The values that it returns are noise between 0 and 1, so that their readers find numbers; the plan includes
 * those values that are still held when another run begins.
 */
public final class PlanningBackend implements Backend {

    private static final int NOISE_BLOCK = 4096;   // elements

    private final Backend real;
    private final Listener listener;
    private final Held held = new Held();
    private Noted last;
    private long spent;   // nanoseconds

    /** A run as it was reported to the listener. */
    private record Noted(Sizes sizes, long bytes, long held, Work work) {}

    /** Receives every run that would have taken place. */
    @FunctionalInterface public interface Listener {

        /**
         * @param bytes of the run's values, and of its past, without weights
         * @param held  bytes of earlier runs' values that are still reachable, and of other data given to the run
         * @param work  what the run would compute
         */
        void run(Sizes sizes, long bytes, long held, Work work);
    }

    public PlanningBackend(Backend real, Listener listener) {
        this.real = real;
        this.listener = listener;
    }

    @Override public String name() { return real.name(); }

    @Override public String device() { return real.device(); }

    @Override public long freeMemory() { return real.freeMemory(); }

    /** Reports more runs like the last one. */
    public void again(int times) {
        for (int i = 0; i < times; i++) planned(last);
    }

    /** Returns the seconds spent on planning and on noise, which runs themselves do not take. */
    public double spent() {
        return spent / 1e9;
    }

    private void planned(Noted run) {
        last = run;
        listener.run(run.sizes(), run.bytes(), run.held(), run.work());
    }

    @Override public Executable compile(Program program, Weights weights) {
        return new Planned(real.compile(program, weights));
    }

    private final class Planned implements Executable {
        private final Executable executable;

        Planned(Executable executable) { this.executable = executable; }

        @Override public Program program() { return executable.program(); }

        @Override public Plan plan(Sizes sizes) { return executable.plan(sizes); }

        @Override public long pastBytes(int batch, int capacity) { return executable.pastBytes(batch, capacity); }

        @Override public Past past(int batch, int capacity) { return new Lengths(batch, capacity); }

        @Override public Map<Value, Tensor> run(Inputs inputs) {
            long start = System.nanoTime();
            plan(inputs, 0);
            Map<Value, Tensor> kept = new LinkedHashMap<>();
            for (Value value : program().kept()) kept.put(value, held.note(noise(value, inputs)));
            spent += System.nanoTime() - start;
            return kept;
        }

        @Override public void run(Inputs inputs, Map<Value, Tensor> into) {
            long start = System.nanoTime();
            plan(inputs, into.values().stream().filter(held::made).mapToLong(tensor -> tensor.data().byteSize()).sum());
            into.forEach((value, tensor) -> {
                tensor.assign(noise(value, inputs));
                if (!held.made(tensor)) held.note(tensor);
            });
            spent += System.nanoTime() - start;
        }

        /** @param again bytes of those kept values that an earlier run has left in the same tensors */
        private void plan(Inputs inputs, long again) {
            Sizes sizes = inputs.sizes();
            long past = inputs.past().map(p -> pastBytes(p.batch(), p.capacity())).orElse(0L),
                    bytes = plan(sizes).bytes() + past;
            if (bytes > freeMemory())
                throw new MemoryException("a run of " + sizes.batch() + " × " + sizes.pos() + " tokens", bytes,
                        freeMemory(), "keep fewer values, or run fewer rows or tokens at once");
            planned(new Noted(sizes, bytes, held.bytes(bytes - again) - again + others(inputs),
                    Work.of(program(), sizes)));
            inputs.past().ifPresent(p -> ((Lengths) p).length += sizes.pos());
        }

        /** Bytes of given values that no run has made: copies, and data of interventions. */
        private long others(Inputs inputs) {
            Map<MemorySegment.Scope, Long> others = new HashMap<>();
            inputs.given().values().forEach(tensor -> {
                if (!held.made(tensor)) others.merge(tensor.data().scope(), tensor.data().byteSize(), Math::max);
            });
            return others.values().stream().mapToLong(Long::longValue).sum();
        }
    }

    /** The values that planned runs have returned, as long as they are reachable. */
    private static final class Held {
        // a collection runs only where unreachable values might raise the peak by more
        private static final double SLACK = 1.02;

        private record Kept(WeakReference<MemorySegment.Scope> memory, long address, long bytes) {
            boolean holds(MemorySegment data) {
                return memory.refersTo(data.scope()) && data.address() >= address && data.address() < address + bytes;
            }
        }

        private final List<Kept> kept = new ArrayList<>();
        private long peak;

        synchronized Tensor note(Tensor tensor) {
            kept.add(new Kept(new WeakReference<>(tensor.data().scope()), tensor.data().address(),
                    tensor.data().byteSize()));
            return tensor;
        }

        synchronized boolean made(Tensor tensor) { return kept.stream().anyMatch(one -> one.holds(tensor.data())); }

        /** @param more bytes that are about to be added */
        synchronized long bytes(long more) {
            long bytes = reachable();
            if (bytes + more > SLACK * peak) {
                System.gc();
                bytes = reachable();
                peak = Math.max(peak, bytes + more);
            }
            return bytes;
        }

        private long reachable() {
            kept.removeIf(one -> one.memory().get() instanceof MemorySegment.Scope scope ? !scope.isAlive() : true);
            return kept.stream().mapToLong(Kept::bytes).sum();
        }
    }

    /** Returns noise that depends on the tokens, so that a script that compares runs finds a difference. */
    private static Tensor noise(Value value, Inputs inputs) {
        long start = 31L * value.hashCode() + 961L * Arrays.hashCode(inputs.tokens());
        Tensor tensor = Tensor.zeros(value.shape(inputs.sizes()));
        MemorySegment data = tensor.data();
        long elements = tensor.elements();
        LongStream.range(0, (elements + NOISE_BLOCK - 1) / NOISE_BLOCK).parallel().forEach(block -> {
            long from = block * NOISE_BLOCK;
            float[] noise = new float[(int) Math.min(NOISE_BLOCK, elements - from)];
            for (int i = 0; i < noise.length; i++)
                noise[i] = ((start + from + i) * 0x9E3779B97F4A7C15L >>> 40) / (float) (1 << 24);
            MemorySegment.copy(noise, 0, data, ValueLayout.JAVA_FLOAT, from * Float.BYTES, noise.length);
        });
        return tensor;
    }

    /** A past that has lengths but no memory. */
    private static final class Lengths implements Past {
        private final int batch, capacity;
        private int length;

        Lengths(int batch, int capacity) {
            this.batch = batch;
            this.capacity = capacity;
        }

        @Override public int batch() { return batch; }

        @Override public int capacity() { return capacity; }

        @Override public int length() { return length; }

        @Override public void restore(Map<Operation.Extend.Slot, Tensor> rows) {
            length = rows.isEmpty() ? 0 : rows.values().iterator().next().shape().size(1);
        }

        @Override public void truncate(int to) { length = to; }
    }
}
