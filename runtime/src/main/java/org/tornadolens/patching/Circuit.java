package org.tornadolens.patching;

import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.architecture.Configuration;

/**
 * A circuit: named nodes, each of one or several heads or MLPs, and edges between them. The embedding and the logits
 * are nodes of every circuit.
 */
public record Circuit(String name, Map<String, List<Sender>> nodes, List<Edge> edges) {

    public static final String EMBEDDING = Sender.EMBEDDING, LOGITS = Receiver.LOGITS;

    /**
     * An edge between two nodes.
     *
     * @param kind   the input of the heads of {@code to} that the edge enters; absent: any
     * @param effect the change of a metric when the edge is patched, if measured
     */
    public record Edge(String from, String to, Optional<Receiver.Kind> kind, Optional<Double> effect) {

        /** Returns whether the edge enters this kind of input. */
        boolean reads(Receiver receiver) {
            return kind.isEmpty() || receiver instanceof Receiver.Input(var _, var as) && as == kind.get();
        }

        @Override public String toString() { return from + " → " + to + kind.map(k -> "." + k.text()).orElse(""); }
    }

    /** @throws UsageException if an edge names an unknown node, or none of its senders precedes one of its receivers */
    public Circuit {
        nodes = Collections.unmodifiableMap(new LinkedHashMap<>(nodes));
        edges = List.copyOf(edges);
        nodes.forEach((node, members) -> {
            if (node.equals(EMBEDDING) || node.equals(LOGITS))
                throw new UsageException("\"" + node + "\" is a node of every circuit; name yours differently");
            if (members.isEmpty()) throw new UsageException("the node \"" + node + "\" has no heads and no MLPs");
        });
        for (Edge edge : edges) check(edge, nodes);
    }

    private static void check(Edge edge, Map<String, List<Sender>> nodes) {
        Set<String> known = new LinkedHashSet<>(nodes.keySet());
        known.addAll(List.of(EMBEDDING, LOGITS));
        for (String end : List.of(edge.from(), edge.to()))
            if (!known.contains(end))
                throw new UsageException("the edge " + edge + ": " + Nearest.message("node", end, List.copyOf(known)));
        if (edge.from().equals(LOGITS) || edge.to().equals(EMBEDDING))
            throw new UsageException(
                    "the edge " + edge + " runs backwards: nothing writes to the embedding or reads the logits");
        if (edge.kind().isPresent() && (edge.to().equals(LOGITS)
                || nodes.get(edge.to()).stream().noneMatch(Sender.Head.class::isInstance))) {
            throw new UsageException("the edge " + edge + ": only heads have inputs q, k and v");
        }
        if (edge.from().equals(EMBEDDING) || edge.to().equals(LOGITS)) return;
        if (nodes.get(edge.from()).stream()
                .anyMatch(from -> nodes.get(edge.to()).stream().anyMatch(to -> from.order() < to.order())))
            return;
        throw new UsageException("the edge " + edge + ": no part of " + edge.from() + " " + nodes.get(edge.from())
                + " comes before one of " + edge.to() + " " + nodes.get(edge.to()));
    }

    /** Returns the heads and MLPs of all nodes, each once, in the order of their computation. */
    public List<Sender> members() {
        return nodes.values().stream().flatMap(Collection::stream).distinct()
                .sorted(Comparator.comparingInt(Sender::order).thenComparing(Sender::toString)).toList();
    }

    /**
     * Returns everything in a model that could belong to the circuit: all heads, and all MLPs if the circuit contains
     * any; otherwise MLPs are not ablated, as in Wang et al. (2022).
     */
    public List<Sender> universe(Configuration c) {
        boolean mlps = members().stream().anyMatch(Sender.Mlp.class::isInstance);
        List<Sender> all = new ArrayList<>();
        for (int layer = 0; layer < c.nLayers(); layer++) {
            for (int head = 0; head < c.nHeads(); head++)
                all.add(new Sender.Head(new org.tornadolens.intervention.Head(layer, head)));
            if (mlps) all.add(new Sender.Mlp(layer));
        }
        return all;
    }

    @Override public String toString() {
        return name + ": "
                + nodes.entrySet().stream().map(e -> e.getKey() + " " + e.getValue()).collect(Collectors.joining(", "))
                + (edges.isEmpty() ? "" : "; " + edges.stream().map(Edge::toString).collect(Collectors.joining(", ")));
    }
}
