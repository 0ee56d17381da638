package org.tornadolens.patching;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.foreign.MemorySegment;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.SplittableRandom;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.tornadolens.analysis.HeadScores;
import org.tornadolens.model.RandomTokens;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.Backends;
import org.tornadolens.backend.Executable;
import org.tornadolens.backend.Inputs;
import org.tornadolens.backend.PlanningBackend;
import org.tornadolens.bench.RandomModel;
import org.tornadolens.checkpoint.Checkpoint;
import org.tornadolens.intervention.Head;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.model.Tokens;
import org.tornadolens.program.Past;
import org.tornadolens.program.Plan;
import org.tornadolens.program.Program;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.DType;
import org.tornadolens.tensor.Tensor;
import org.tornadolens.tensor.Weights;

/** Compares the memory that a dry run plans for sweeps and patching with the memory that they use. */
class MemoryTest {

    private static final Configuration SHAPE =
            Configuration.llama(new Configuration.Blocks(4, 256, 768, 1e-5), new Configuration.Heads(8, 4, 32),
                    Configuration.Context.of(256, 10000), Configuration.Vocabulary.of(600, true));
    private static final Checkpoint CHECKPOINT = RandomModel.of(SHAPE, DType.F32, 1);
    private static final Measure MEASURE = new Measure.Declared(new Metric.LogitDifference(List.of(7), List.of(9), -1));
    private static final long BUDGET = 24L << 20;

    private static Pair pair() {
        SplittableRandom random = new SplittableRandom(1);
        List<int[]> clean = IntStream.range(0, 2).mapToObj(_ -> random.ints(64, 3, SHAPE.dVocab()).toArray()).toList();
        return new Pair(Tokens.of(clean), Small.corrupted(Tokens.of(clean), 10));
    }

    private static Sweep.Settings settings() {
        return new Sweep.Settings(OptionalLong.of(BUDGET), Journal.NONE, Progress.NONE);
    }

    private static List<Sender> heads(int layers) {
        List<Sender> heads = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++)
            for (int head = 0; head < SHAPE.nHeads(); head++) heads.add(new Sender.Head(new Head(layer, head)));
        return heads;
    }

    private static void patching(Model model, String site, String... by) {
        ActivationPatching.of(model, new ActivationPatching.Request(pair(), MEASURE, site, by), settings());
    }

    private static void path(Model model, Receiver receiver) {
        PathPatching.of(model, new PathPatching.Request(pair(), MEASURE, heads(3), List.of(receiver), false),
                settings());
    }

    private record Work(String name, Consumer<Model> done) {}

    private static final List<Work> WORK = List.of(
            new Work("resid_pre by layer and position", model -> patching(model, "resid_pre", "layer", "pos")),
            new Work("z by layer and head", model -> patching(model, "z", "layer", "head")),
            new Work("head scores", model -> HeadScores.of(model, RandomTokens.of(model, 4, 60, 2, 0, false), _ -> {})),
            new Work("pattern by layer and head", model -> patching(model, "pattern", "layer", "head")),
            new Work("paths to the logits", model -> path(model, new Receiver.Logits(SHAPE.nLayers()))),
            new Work("paths to a head's queries",
                    model -> path(model, new Receiver.Input(new Head(3, 1), Receiver.Kind.Q))));

    @Test void aDryRunPlansEveryRunAndWhatIsHeld() {
        for (Work work : WORK) {
            long[] planned = {0}, runs = {0};
            work.done().accept(Model.of(CHECKPOINT, new PlanningBackend(Backends.cpu(), (_, bytes, held, _) -> {
                planned[0] = Math.max(planned[0], bytes + held);
                runs[0]++;
            })));
            Watched watched = new Watched();
            work.done().accept(Model.of(CHECKPOINT, watched));
            assertTrue(watched.most > 2 << 20, work.name() + " is large enough to be measured: " + watched.most);
            assertEquals(watched.most, planned[0], 0.1 * watched.most, work.name());
            assertEquals(watched.runs, runs[0], work.name());
        }
    }

    /**
     * The CPU backend, which before each run measures the reachable off-heap memory of the process and that of the run.
     */
    private static final class Watched implements Backend {
        private final Backend cpu = Backends.cpu();
        private final long before = reachable();
        private final List<MemorySegment> scoped = new ArrayList<>();   // freed explicitly by a sweep
        private long most;
        private int runs;

        @Override public String name() { return cpu.name(); }

        @Override public String device() { return cpu.device(); }

        @Override public long freeMemory() { return cpu.freeMemory(); }

        @Override public Executable compile(Program program, Weights weights) {
            Executable executable = cpu.compile(program, weights);
            return new Executable() {
                @Override public Program program() { return executable.program(); }

                @Override public Plan plan(Sizes sizes) { return executable.plan(sizes); }

                @Override public Past past(int batch, int capacity) { return executable.past(batch, capacity); }

                @Override public long pastBytes(int batch, int capacity) {
                    return executable.pastBytes(batch, capacity);
                }

                @Override public Map<Value, Tensor> run(Inputs inputs) {
                    watch(inputs);
                    return executable.run(inputs);
                }

                @Override public void run(Inputs inputs, Map<Value, Tensor> into) {
                    watch(inputs);
                    into.values().forEach(tensor -> scoped.add(tensor.data()));
                    executable.run(inputs, into);
                }

                private void watch(Inputs inputs) {
                    runs++;
                    long own = inputs.past().map(p -> pastBytes(p.batch(), p.capacity())).orElse(0L)
                            + plan(inputs.sizes()).bytes();
                    scoped.removeIf(segment -> !segment.scope().isAlive());
                    long held = scoped.stream().mapToLong(MemorySegment::byteSize).sum();
                    // a garbage collection is slow, so it is made only where the peak may be near
                    if (own + held > most / 2) most = Math.max(most, reachable() - before + held + own);
                }
            };
        }

        /** Memory is freed some time after a garbage collection. */
        private static long reachable() {
            BufferPoolMXBean direct = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                    .filter(pool -> pool.getName().equals("direct")).findFirst().orElseThrow();
            System.gc();
            long used = direct.getMemoryUsed();
            for (int same = 0; same < 3; same++) {
                try {
                    Thread.sleep(5);
                } catch (InterruptedException e) {
                    throw new AssertionError(e);
                }
                if (direct.getMemoryUsed() == used) continue;
                used = direct.getMemoryUsed();
                same = 0;
            }
            return used;
        }
    }
}
