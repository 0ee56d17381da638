package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.stream.IntStream;
import org.tornadolens.architecture.Configuration;
import org.tornadolens.architecture.Hook;
import org.tornadolens.architecture.HookPoint;

/**
 * Decides which cells run together. A group runs from the earliest layer and the earliest position that one of its
 * cells changes: with few groups, work is wasted on values that some of their cells do not change; with many groups,
 * the weights are read too often. Cells are ordered by layer and split where that is cheapest, and every part again by
 * position.
 */
final class Grouping {

    /** The cost of reading the weights of a layer, in positions of work. */
    private static final int READING = 24;

    /** Most distinct depths or positions considered as split points. */
    private static final int DISTINCT = 96;

    /**
     * Where the work of a cell begins.
     *
     * @param depth    number of layers that remain to be run, possibly fractional
     * @param position the first position changed
     */
    record Start(double depth, int position) {}

    private final List<Start> starts;
    private final int rows, positions;

    private Grouping(List<Start> starts, int rows, int positions) {
        this.starts = starts;
        this.rows = rows;
        this.positions = positions;
    }

    /**
     * Groups cells.
     *
     * @param rows      number of prompts
     * @param positions number of positions of each prompt
     * @return the cells of each group, by their index in {@code starts}
     */
    static List<List<Integer>> of(List<Start> starts, int rows, int positions) {
        if (starts.isEmpty()) return List.of();
        return new Grouping(starts, rows, positions).byDepth();
    }

    private record Split(double cost, List<List<Integer>> parts) {}

    private List<List<Integer>> byDepth() {
        List<Integer> cells = IntStream.range(0, starts.size()).boxed()
                .sorted(Comparator.<Integer>comparingDouble(i -> -starts.get(i).depth())
                        .thenComparingInt(i -> starts.get(i).position()).thenComparingInt(i -> i))
                .toList();
        List<List<Integer>> runs = runs(cells, Comparator.comparingDouble(i -> starts.get(i).depth()));
        int n = runs.size();
        Split[] best = new Split[n + 1];
        best[n] = new Split(0, List.of());
        for (int from = n - 1; from >= 0; from--) {
            double depth = Math.max(0.05, starts.get(runs.get(from).getFirst()).depth());
            List<Integer> together = new ArrayList<>();
            for (int to = from + 1; to <= n; to++) {
                together.addAll(runs.get(to - 1));
                Split parts = byPosition(together);
                double cost = depth * parts.cost() + best[to].cost();
                if (best[from] == null || cost < best[from].cost()) {
                    List<List<Integer>> all = new ArrayList<>(parts.parts());
                    all.addAll(best[to].parts());
                    best[from] = new Split(cost, all);
                }
                if (n > DISTINCT / 2 && to - from > 8) break;   // groups over many layers waste too much work
            }
        }
        return best[0].parts();
    }

    /** Splits cells of similar depth by position; the cost is in positions of work. */
    private Split byPosition(List<Integer> cells) {
        List<Integer> ordered = cells.stream()
                .sorted(Comparator.<Integer>comparingInt(i -> starts.get(i).position()).thenComparingInt(i -> i))
                .toList();
        List<List<Integer>> runs = runs(ordered, Comparator.comparingInt(i -> starts.get(i).position()));
        int n = runs.size();
        double[] cost = new double[n + 1];
        int[] next = new int[n];
        Arrays.fill(cost, 0, n, Double.POSITIVE_INFINITY);
        for (int from = n - 1; from >= 0; from--) {
            int length = positions - starts.get(runs.get(from).getFirst()).position(), count = 0;
            for (int to = from + 1; to <= n; to++) {
                count += runs.get(to - 1).size();
                double total = (double) count * rows * length + READING + cost[to];
                if (total < cost[from]) {
                    cost[from] = total;
                    next[from] = to;
                }
            }
        }
        List<List<Integer>> parts = new ArrayList<>();
        for (int from = 0; from < n; from = next[from]) {
            List<Integer> part = new ArrayList<>();
            for (int i = from; i < next[from]; i++) part.addAll(runs.get(i));
            part.sort(null);
            parts.add(List.copyOf(part));
        }
        return new Split(cost[0], parts);
    }

    /** Returns runs of cells that are equal by {@code by}, merging neighbours while there are too many runs. */
    private static List<List<Integer>> runs(List<Integer> ordered, Comparator<Integer> by) {
        List<List<Integer>> runs = new ArrayList<>();
        for (int cell : ordered) {
            if (runs.isEmpty() || by.compare(runs.getLast().getFirst(), cell) != 0) runs.add(new ArrayList<>());
            runs.getLast().add(cell);
        }
        while (runs.size() > DISTINCT) {
            List<List<Integer>> merged = new ArrayList<>();
            for (int i = 0; i < runs.size(); i += 2) {
                List<Integer> both = new ArrayList<>(runs.get(i));
                if (i + 1 < runs.size()) both.addAll(runs.get(i + 1));
                merged.add(both);
            }
            runs = merged;
        }
        return runs;
    }

    /** Returns the number of layers that remain to be run after a value, with the fraction of the value's own layer. */
    static double depth(Hook at, Configuration c) {
        HookPoint point = at.point();
        if (point.place() != HookPoint.Place.BLOCK) return point.place() == HookPoint.Place.START ? c.nLayers() : 0;
        double read = (double) c.dModel() * (c.nHeads() + 2.0 * c.nKvHeads()) * c.dHead(),
                write = (double) c.nHeads() * c.dHead() * c.dModel(), hidden = (double) c.dModel() * c.dMlp();
        double remaining = switch (point.stage()) {
            case READ -> read + write + 3 * hidden;
            case ATTEND -> write + 3 * hidden;
            case MLP -> 3 * hidden;
            case NEURONS -> hidden;
            case DONE -> 0;
        };
        return c.nLayers() - 1 - at.layer() + remaining / (read + write + 3 * hidden);
    }
}
