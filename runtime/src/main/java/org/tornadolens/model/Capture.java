package org.tornadolens.model;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.tornadolens.architecture.HookPoint;
import org.tornadolens.program.Value;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/**
 * Collects the values of the runs of a generation. The first run has the positions of the prompt, each later one the
 * position of one new token; together they are the values of a run of the whole rows.
 */
final class Capture {

    private final Map<String, RunPlan.Entry> entries = new LinkedHashMap<>();
    private final Map<String, List<Tensor>> pieces = new LinkedHashMap<>();

    /** Adds what one run kept. */
    void add(RunPlan plan, Map<Value, Tensor> kept) {
        plan.entries().forEach((name, entry) -> {
            entries.putIfAbsent(name, entry);
            pieces.computeIfAbsent(name, _ -> new ArrayList<>()).add(kept.get(entry.value()));
        });
    }

    /**
     * Returns the values at the positions of the rows.
     *
     * @param prompt the padding of the prompts
     */
    Cache cache(Model model, int[] prompt, Tokens rows) {
        Map<String, Tensor> tensors = new LinkedHashMap<>();
        for (String name : model.hookNames().all())
            if (pieces.containsKey(name)) tensors.put(name, joined(name, pieces.get(name), prompt, rows));
        return new Cache(model.hookNames(), entries, tensors, rows);
    }

    /** Joins the pieces along the position, and moves each row to its padding in the result. */
    private static Tensor joined(String name, List<Tensor> pieces, int[] prompt, Tokens rows) {
        Shape first = pieces.getFirst().shape();
        String position = first.indexOf("dest") >= 0 ? "dest" : "pos";
        boolean sources = first.indexOf("src") >= 0;
        Tensor joined = Tensor.zeros(new Shape(first.axes().stream()
                .map(a -> a.name().equals(position) || a.name().equals("src") ? new Axis(a.name(), rows.length()) : a)
                .toList()));
        if (HookPoint.of(name).filter(point -> point == HookPoint.SCORES).isPresent())
            joined.fill(Float.NEGATIVE_INFINITY);   // as later positions are masked
        for (int row = 0; row < rows.batch(); row++) {
            Tensor to = joined.at("batch", row);
            int shift = rows.padding()[row] - prompt[row], at = 0;   // from a position of the runs to one of the result
            for (Tensor piece : pieces) {
                Tensor from = piece.at("batch", row);
                int length = piece.shape().size(piece.shape().indexOf(position));
                int begin = Math.max(at, prompt[row]), end = Math.min(at + length, rows.length() - shift);
                if (begin < end) {
                    Tensor target = to.slice(position, begin + shift, end + shift);
                    Tensor source = from.slice(position, begin - at, end - at);
                    if (sources) {
                        int seen = Math.min(from.shape().size(from.shape().indexOf("src")), rows.length() - shift);
                        target = target.slice("src", prompt[row] + shift, seen + shift);
                        source = source.slice("src", prompt[row], seen);
                    }
                    target.assign(source);
                }
                at += length;
            }
        }
        return joined;
    }
}
