package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;
import org.tornadolens.backend.PlanningBackend;
import org.tornadolens.intervention.Intervention;
import org.tornadolens.metric.Metric;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Tensor;

/**
 * The metric of circuits of growing size (Mueller et al. 2025): for each size, a circuit that consists of this share of
 * all parts, those with the largest absolute scores. Every other part is ablated.
 *
 * @param sizes  shares of all parts, increasing
 * @param counts number of parts in each circuit
 * @param metric F(C) of each circuit
 * @param model  F(N), with all parts
 * @param none   F(∅), with none
 */
public record CircuitCurve(double[] sizes, int[] counts, double[] metric, double model, double none) {

    /**
     * The scores of nodes or edges.
     *
     * @param senders   their names
     * @param receivers their names; empty for scores of nodes
     * @param scores    [node], or [sender, receiver] with NaN where there is no edge
     */
    public record Scores(List<String> senders, List<String> receivers, Tensor scores) {}

    /**
     * What to measure.
     *
     * @param ablate the replacement of the outputs of parts outside the circuit
     */
    public record Request(Pair pair, Scores scores, double[] sizes, Ablation.Kind ablate) {
        public Request {
            if (!pair.differs())
                throw new UsageException("clean and corrupted prompts are the same: there is nothing to explain");
        }
    }

    /** Measures circuits of heads and MLPs. The embedding is never ablated. */
    public static CircuitCurve ofNodes(Model model, Request request, Measure measure, Sweep.Settings settings) {
        List<String> names = request.scores.senders;
        List<Integer> order = ranked(names.size(), i -> request.scores.scores.get(i));
        List<Sender> ranked =
                order.stream().map(i -> Sender.parse(names.get(i))).filter(node -> node.order() >= 0).toList();
        Ablation ablation = new Ablation(model, request.pair, request.ablate);
        int[] counts = counts(request.sizes, ranked.size());
        List<List<Intervention>> cells = new ArrayList<>();
        for (int count : counts) cells.add(ablation.of(ranked.subList(count, ranked.size())));
        cells.add(ablation.of(ranked));
        Measure.Numbers numbers = measure.sweep(model, request.pair.clean(), cells, settings);
        return of(model, request, counts, numbers.cells(), numbers.baseline());
    }

    private record Edge(Sender from, Receiver to) {}

    /** Measures circuits of edges. */
    public static CircuitCurve ofEdges(Model model, Request request, Metric metric, Sweep.Settings settings) {
        Scores scores = request.scores;
        EdgePatching patching = new EdgePatching(model, request.pair, metric, request.ablate);
        List<Sender> senders = scores.senders.stream().map(Sender::parse).toList();
        List<Receiver> receivers =
                scores.receivers.stream().map(name -> Receiver.parse(name, model.configuration())).toList();
        int columns = receivers.size();
        List<Edge> ranked =
                ranked(senders.size() * columns, i -> scores.scores.get(i / columns, i % columns)).stream()
                        .map(i -> new Edge(senders.get(i / columns), receivers.get(i % columns))).toList();
        int[] counts = counts(request.sizes, ranked.size());
        int runs = counts.length + 2;
        double[] values = new double[runs];   // of each circuit, of none, of the model
        for (int i = 0; i < runs; i++) {
            int count = i < counts.length ? counts[i] : i == counts.length ? 0 : ranked.size();
            String unit = count + " edges";
            double[] known = settings.journal().recall(unit).orElse(null);
            values[i] = known != null ? known[0] : patching.metric(cut(ranked.subList(count, ranked.size())));
            settings.journal().remember(unit, new double[]{values[i]});
            settings.progress().done(i + 1, runs);
        }
        return of(model, request, counts, values, values[runs - 1]);
    }

    private static Map<Receiver, Set<Sender>> cut(List<Edge> edges) {
        Map<Receiver, Set<Sender>> cut = new HashMap<>();
        for (Edge edge : edges) cut.computeIfAbsent(edge.to, _ -> new HashSet<>()).add(edge.from);
        return cut;
    }

    private interface Score { float of(int index); }

    /** Returns the indices of scores that are numbers, the largest absolute score first. */
    private static List<Integer> ranked(int count, Score score) {
        return IntStream.range(0, count).filter(i -> !Float.isNaN(score.of(i))).boxed()
                .sorted(Comparator.comparingDouble(i -> -Math.abs(score.of(i)))).toList();
    }

    private static int[] counts(double[] sizes, int all) {
        return Arrays.stream(sizes).mapToInt(size -> (int) Math.round(size * all)).toArray();
    }

    private static CircuitCurve of(Model model, Request request, int[] counts, double[] values, double whole) {
        double none = values[counts.length];
        if (Math.abs(whole - none) <= 1e-6 * Math.abs(whole) && !(model.backend() instanceof PlanningBackend))
            throw new UsageException("the metric is " + whole + " with all parts ablated and with none: there is "
                    + "nothing to explain");
        return new CircuitCurve(request.sizes, counts, Arrays.copyOf(values, counts.length), whole, none);
    }

    /** Returns (F(C) - F(∅)) / (F(N) - F(∅)) of each circuit. */
    public double[] faithfulness() {
        return Arrays.stream(metric).map(value -> (value - none) / (model - none)).toArray();
    }

    /** Returns the area under the faithfulness over the sizes, by trapezoids. */
    public double performanceRatio() {
        return area(faithfulness());
    }

    /** Returns the area between the faithfulness and 1 over the sizes, by trapezoids. */
    public double modelDistance() {
        return area(Arrays.stream(faithfulness()).map(f -> Math.abs(1 - f)).toArray());
    }

    private double area(double[] heights) {
        double area = 0;
        for (int i = 1; i < sizes.length; i++)
            area += (sizes[i] - sizes[i - 1]) * (heights[i] + heights[i - 1]) / 2;
        return area;
    }
}
