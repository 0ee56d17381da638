package org.tornadolens.dsl.chart;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.TreeMap;

/**
 * Places the nodes of a layered graph: one row per rank, the lowest rank at the bottom. An edge that crosses rows gets
 * a narrow place in each (Sugiyama et al. 1981), so that it passes between the nodes there. Rows are ordered by the
 * mean of their neighbours' places, which keeps crossings few.
 */
final class GraphLayout {

    private static final double GAP = 14, LANE = 7;   // between nodes; width of a passing edge
    private static final int ROUNDS = 24;

    /** A node, or an edge's place in a row that it passes. */
    private static final class Place {
        private final double width;
        private final List<Place> below = new ArrayList<>(), above = new ArrayList<>();
        private double x;

        Place(double width) { this.width = width; }
    }

    private final List<List<Place>> rows = new ArrayList<>();
    private final List<Place> nodes = new ArrayList<>();
    private final List<List<Place>> ways = new ArrayList<>();
    private final int[] row;

    /**
     * @param ranks  of each node
     * @param widths of each node
     * @param edges  pairs of nodes, each from a lower rank to a higher one
     */
    GraphLayout(int[] ranks, double[] widths, List<int[]> edges) {
        TreeMap<Integer, Integer> rowOf = new TreeMap<>();
        for (int rank : ranks) rowOf.put(rank, 0);
        int number = 0;
        for (int rank : rowOf.keySet()) rowOf.put(rank, number++);
        for (int i = 0; i < number; i++) rows.add(new ArrayList<>());
        row = Arrays.stream(ranks).map(rowOf::get).toArray();
        for (int i = 0; i < ranks.length; i++) {
            nodes.add(new Place(widths[i]));
            rows.get(row[i]).add(nodes.get(i));
        }
        for (int[] edge : edges) ways.add(way(edge[0], edge[1]));
        order();
        spread();
    }

    private List<Place> way(int from, int to) {
        List<Place> way = new ArrayList<>(List.of(nodes.get(from)));
        for (int between = row[from] + 1; between < row[to]; between++) {
            way.add(new Place(LANE));
            rows.get(between).add(way.getLast());
        }
        way.add(nodes.get(to));
        for (int i = 1; i < way.size(); i++) {
            way.get(i - 1).above.add(way.get(i));
            way.get(i).below.add(way.get(i - 1));
        }
        return way;
    }

    /** Orders each row by the mean place of the neighbours, upwards and downwards alternately. */
    private void order() {
        rows.forEach(GraphLayout::pack);
        for (int round = 0; round < ROUNDS; round++) {
            boolean up = round % 2 == 0;
            for (int i = 0; i < rows.size(); i++) {
                List<Place> one = rows.get(up ? i : rows.size() - 1 - i);
                one.sort(Comparator.comparingDouble(place -> wanted(place, up ? place.below : place.above)));
                pack(one);
            }
        }
    }

    private static double wanted(Place place, List<Place> neighbours) {
        return neighbours.stream().mapToDouble(p -> p.x).average().orElse(place.x);
    }

    /** Places a row side by side, centred at 0. */
    private static void pack(List<Place> row) {
        double at = 0;
        for (Place place : row) {
            place.x = at + place.width / 2;
            at += place.width + GAP;
        }
        double middle = (at - GAP) / 2;
        row.forEach(place -> place.x -= middle);
    }

    /** Moves every place towards its neighbours, as far as its row allows. */
    private void spread() {
        for (int round = 0; round < ROUNDS; round++) {
            for (List<Place> one : rows) {
                double[] wanted = one.stream().mapToDouble(place -> {
                    List<Place> all = new ArrayList<>(place.below);
                    all.addAll(place.above);
                    return (wanted(place, all) + place.x) / 2;
                }).toArray();
                double[] left = wanted.clone(), right = wanted.clone();
                for (int i = 1; i < left.length; i++) left[i] = Math.max(left[i], left[i - 1] + distance(one, i));
                for (int i = right.length - 2; i >= 0; i--)
                    right[i] = Math.min(right[i], right[i + 1] - distance(one, i + 1));
                for (int i = 0; i < left.length; i++) one.get(i).x = (left[i] + right[i]) / 2;
            }
        }
    }

    private static double distance(List<Place> row, int i) {
        return (row.get(i - 1).width + row.get(i).width) / 2 + GAP;
    }

    // ---- results; x counts from the leftmost edge

    int rows() { return rows.size(); }

    int row(int node) { return row[node]; }

    double x(int node) { return nodes.get(node).x - left(); }

    /** Returns the places of an edge in the rows between its ends, from the lower to the higher. */
    double[] lanes(int edge) {
        List<Place> way = ways.get(edge);
        return way.subList(1, way.size() - 1).stream().mapToDouble(place -> place.x - left()).toArray();
    }

    double width() {
        return rows.stream().flatMap(List::stream).mapToDouble(p -> p.x + p.width / 2).max().orElse(0) - left();
    }

    private double left() {
        return rows.stream().flatMap(List::stream).mapToDouble(p -> p.x - p.width / 2).min().orElse(0);
    }
}
