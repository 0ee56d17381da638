package org.tornadolens.dsl;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.function.Supplier;
import org.tornadolens.backend.Backend;
import org.tornadolens.memory.MemoryException;
import org.tornadolens.backend.PlanningBackend;
import org.tornadolens.bench.Speed;
import org.tornadolens.model.Model;
import org.tornadolens.program.Sizes;
import org.tornadolens.program.Work;

/** Records what a script would run, how much memory that takes, and about how much time. */
public final class DryRun {

    private static final int LARGEST_SHOWN = 5;

    /** Identifies runs of the same batch and length. */
    private record Shape(int batch, int pos) {}

    private static final class Runs {
        private long count, bytes;
    }

    private final Map<String, Long> models = new LinkedHashMap<>();
    private final Map<Shape, Runs> runs = new LinkedHashMap<>();
    private final Map<String, Long> computations = new LinkedHashMap<>();
    private final Map<PlanningBackend, Planned> backends = new LinkedHashMap<>();
    private final long start = System.nanoTime();
    private double products, seconds;   // besides those of planned runs
    private long free, peak;
    private boolean refused;

    /** What the models on one planning backend would compute; the first of them stands for the speed of all. */
    private static final class Planned {
        private final Backend real;
        private Model model;
        private Work work = Work.NONE;

        Planned(Backend real) { this.real = real; }
    }

    /** Returns a backend that plans what {@code backend} would run. */
    public PlanningBackend planning(Backend real) {
        free = real.freeMemory();
        Planned planned = new Planned(real);
        PlanningBackend planning = new PlanningBackend(real, (sizes, bytes, held, work) -> {
            note(sizes, bytes, held);
            planned.work = planned.work.plus(work);
        });
        backends.put(planning, planned);
        return planning;
    }

    /** Lets a model stand for the speed of the runs that its backend plans. */
    public void measuredBy(Model model) {
        backends.get((PlanningBackend) model.backend()).model = model;
    }

    /** Does what a run of the script repeats: the runs that {@code once} plans count {@code times} times. */
    public <T> T repeated(long times, Supplier<T> once) {
        Map<PlanningBackend, Work> before = new LinkedHashMap<>();
        backends.forEach((backend, planned) -> before.put(backend, planned.work));
        T result = once.get();
        backends.forEach((backend, planned) -> {
            Work earlier = before.getOrDefault(backend, Work.NONE);
            planned.work = earlier.plus(planned.work.plus(earlier.times(-1)).times(times));
        });
        return result;
    }

    private void note(Sizes sizes, long bytes, long held) {
        peak = Math.max(peak, bytes + held);
        Runs same = runs.computeIfAbsent(new Shape(sizes.batch(), sizes.pos()), shape -> new Runs());
        same.count++;
        same.bytes = Math.max(same.bytes, bytes);
    }

    /**
     * Notes a large computation from the weights, not a run of the model.
     *
     * @param products its multiply-adds
     */
    public void computation(String what, long bytes, double products) {
        computations.merge(what, bytes, Math::max);
        this.products += products;
    }

    /** Notes that something was refused for want of memory. */
    public void refused() { refused = true; }

    /** Notes the time of what the dry run leaves out, besides runs and computations. */
    public void leavesOut(double seconds) {
        this.seconds += seconds;
    }

    /** @param weights bytes in the type in which they would be used */
    void model(Model model, long weights, boolean mapped) {
        measuredBy(model);
        models.put(model.checkpoint().source() + " (" + model.checkpoint().format() + ")"
                + (mapped ? ", mapped" : ", converted in memory"), weights);
    }

    /** Returns the time that the script would take: that of its own code, which has just run, and that of its runs. */
    private double estimate() {
        double total = (System.nanoTime() - start) / 1e9 + seconds;
        for (PlanningBackend backend : backends.keySet()) total -= backend.spent();
        double left = products;
        for (Planned planned : backends.values()) {
            if (planned.model == null) continue;
            Speed speed = Speed.of(planned.model, planned.real);
            total += speed.seconds(planned.work.plus(new Work(left, 0, 0, 0, 0)));
            left = 0;
        }
        return total;
    }

    /** Rounds a time to what an estimate can claim: {@code 7 s}, {@code 40 s}, {@code 3 min}, {@code 2.5 h}. */
    static String rounded(double seconds) {
        if (seconds < 9.5) return Math.max(1, Math.round(seconds)) + " s";
        if (seconds < 87.5) return 5 * Math.round(seconds / 5) + " s";
        if (seconds < 99.5 * 60) return Math.max(2, Math.round(seconds / 60)) + " min";
        return String.format(Locale.ROOT, "%.1f h", seconds / 3600);
    }

    private String device() {
        return backends.values().stream().findFirst()
                .map(planned -> " (" + planned.real.name() + ", " + planned.real.device().split(",")[0] + ")")
                .orElse("");
    }

    /** Returns a report of several lines. */
    public String report(Path script) {
        StringBuilder text = new StringBuilder("Dry run of " + script + ": planned, not computed; values were noise\n");
        models.forEach((model, bytes) -> text.append("  weights  ").append(MemoryException.text(bytes)).append("  ")
                .append(model).append('\n'));
        long count = runs.values().stream().mapToLong(r -> r.count).sum();
        text.append("  runs     ").append(count).append(count == 0 ? "" : "; the largest:").append('\n');
        runs.entrySet().stream().sorted((a, b) -> Long.compare(b.getValue().bytes, a.getValue().bytes))
                .limit(LARGEST_SHOWN)
                .forEach(entry -> text.append("           ").append(MemoryException.text(entry.getValue().bytes))
                        .append("  ").append(entry.getKey().batch()).append(" × ").append(entry.getKey().pos())
                        .append(" tokens")
                        .append(entry.getValue().count == 1 ? "" : ", " + entry.getValue().count + " times")
                        .append('\n'));
        computations.forEach((what, bytes) -> text.append("           ").append(MemoryException.text(bytes))
                .append("  ").append(what).append('\n'));
        long peak = Math.max(this.peak, computations.values().stream().mapToLong(Long::longValue).max().orElse(0)),
                weights = models.values().stream().mapToLong(Long::longValue).sum();
        text.append("  time     about ").append(rounded(estimate())).append(" on this machine").append(device())
                .append('\n');
        text.append("  peak     ").append(MemoryException.text(peak)).append(" besides the weights, ")
                .append(MemoryException.text(peak + weights)).append(" with them; ")
                .append(MemoryException.text(free)).append(" is free");
        if (refused) return text.append(": it does not fit, what was refused comes on top\n").toString();
        return text.append(peak + weights <= free ? ": it fits\n"
                : peak <= free ? ": it fits, weights are read from the file as they are needed\n"
                : ": it does not fit\n").toString();
    }
}
