package org.tornadolens.dsl;

import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.tornadolens.backend.Backend;
import org.tornadolens.backend.MemoryException;
import org.tornadolens.backend.PlanningBackend;
import org.tornadolens.model.Model;
import org.tornadolens.program.Sizes;

/** Records what a script would run, and how much memory that takes. */
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
    private long free, peak;

    /** Returns a backend that plans what {@code backend} would run. */
    public Backend planning(Backend real) {
        free = real.freeMemory();
        return new PlanningBackend(real, this::planned);
    }

    private void planned(Sizes sizes, long bytes, long held) {
        peak = Math.max(peak, bytes + held);
        Runs same = runs.computeIfAbsent(new Shape(sizes.batch(), sizes.pos()), shape -> new Runs());
        same.count++;
        same.bytes = Math.max(same.bytes, bytes);
    }

    /** Notes a large computation from the weights, not a run of the model. */
    public void computation(String what, long bytes) {
        computations.merge(what, bytes, Math::max);
    }

    /** @param weights bytes in the type in which they would be used */
    void model(Model model, long weights, boolean mapped) {
        models.put(model.checkpoint().source() + " (" + model.checkpoint().format() + ")"
                + (mapped ? ", mapped" : ", converted in memory"), weights);
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
        text.append("  peak     ").append(MemoryException.text(peak)).append(" besides the weights, ")
                .append(MemoryException.text(peak + weights)).append(" with them; ")
                .append(MemoryException.text(free)).append(" is free");
        return text.append(peak + weights <= free ? ": it fits\n"
                : peak <= free ? ": it fits, weights are read from the file as they are needed\n"
                : ": it does not fit\n").toString();
    }
}
