package org.tornadolens.dsl.html;

import static org.tornadolens.dsl.html.PageData.counted;
import static org.tornadolens.dsl.html.PageData.strings;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.List;
import java.util.OptionalDouble;
import org.tornadolens.UsageException;

/** A circuit as a graph that can be dragged, filtered by effect and traced. */
public final class CircuitPage {

    private CircuitPage() {}

    /**
     * @param members its heads and MLPs; none if the only one is the node's name
     * @param rank    its row, counted from the bottom; every edge leads to a higher one
     */
    public record Node(String name, List<String> members, int rank) {}

    /**
     * An edge between nodes, which are given by their places in the list.
     *
     * @param kind   q, k or v, the input that it enters; empty if not known
     * @param effect the change of a metric when the edge is patched
     */
    public record Edge(int from, int to, String kind, OptionalDouble effect) {}

    public static Page of(String title, List<Node> nodes, List<Edge> edges) {
        if (nodes.isEmpty()) throw new UsageException("html.circuit: the circuit has no nodes");
        JsonArray points = new JsonArray(), lines = new JsonArray();
        for (Node node : nodes) {
            JsonObject one = new JsonObject();
            one.addProperty("name", node.name());
            one.add("members", strings(node.members()));
            one.addProperty("rank", node.rank());
            points.add(one);
        }
        for (Edge edge : edges) {
            JsonObject one = new JsonObject();
            one.addProperty("from", edge.from());
            one.addProperty("to", edge.to());
            one.addProperty("kind", edge.kind());
            if (edge.effect().isPresent() && Double.isFinite(edge.effect().getAsDouble()))
                one.addProperty("effect", edge.effect().getAsDouble());
            else
                one.add("effect", JsonNull.INSTANCE);
            lines.add(one);
        }
        JsonObject data = new JsonObject();
        data.add("nodes", points);
        data.add("edges", lines);
        return PageData.page(View.CIRCUIT, title, data,
                "graph of " + counted(nodes.size(), "node") + " and " + counted(edges.size(), "edge"));
    }
}
