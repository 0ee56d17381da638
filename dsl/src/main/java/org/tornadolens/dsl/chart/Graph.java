package org.tornadolens.dsl.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.geom.RoundRectangle2D;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/**
 * A circuit: nodes in rows by layer, the earliest below, and edges as wide as their effect, blue where patching lowers
 * the metric and red where it raises it.
 */
public record Graph(Options options, List<Node> nodes, List<Edge> edges) implements Chart {

    /**
     * @param lines text under its name, such as its heads
     * @param rank  its place in the model; greater is later
     */
    public record Node(String name, List<String> lines, int rank) {
        public Node {
            lines = List.copyOf(lines);
        }
    }

    /**
     * @param from, to places in {@code nodes}
     * @param label    text at its end: q, k, v, or nothing
     * @param effect   NaN if it is not known
     */
    public record Edge(int from, int to, String label, double effect) {}

    private static final double ROW = 34, PAD = 6, MARGIN = 8, ARROW = 5, THINNEST = 0.6, WIDEST = 4.5;
    private static final Color BOX = new Color(0xF3F4F6), UNKNOWN = new Color(0x777777), LOWERS = new Color(0x2166AC),
            RAISES = new Color(0xB2182B);

    public Graph {
        options.only("a graph", "title", "width");
        nodes = List.copyOf(nodes);
        edges = List.copyOf(edges);
        if (nodes.isEmpty()) throw new UsageException("a graph without nodes cannot be drawn");
        for (Edge edge : edges) {
            if (nodes.get(edge.from()).rank() >= nodes.get(edge.to()).rank()) {
                throw new UsageException("the edge from " + nodes.get(edge.from()).name() + " to "
                        + nodes.get(edge.to()).name() + " leads to no later layer");
            }
        }
    }

    @Override public String description() {
        return options.named("graph") + " of " + nodes.size() + " nodes and " + edges.size() + " edges";
    }

    @Override public Drawing draw(Sheet sheet) { return new Painting(sheet).drawing(); }

    /** Makes a graph that is wider than the column smaller, its text as well. */
    @Override public Drawing fitted(double width) {
        Drawing drawing = draw(Sheet.paper(width));
        return drawing.width() > width ? drawing.scaled(width / drawing.width()) : drawing.widened(width);
    }

    private final class Painting {
        private final String title = options.title();
        private final Font bold, plain;
        private final double line, head;
        private final GraphLayout layout;
        private final double[] bottoms;   // of each row, from the top of the drawing
        private final double top, height;

        Painting(Sheet sheet) {
            bold = Fonts.size(sheet.axisTitle() - (sheet.print() ? 0 : 1)).deriveFont(Font.BOLD);
            plain = Fonts.size(sheet.print() ? sheet.tick() : sheet.tick() - 2);
            line = Label.LINE * plain.getSize2D();
            head = Label.LINE * bold.getSize2D();
            layout = new GraphLayout(nodes.stream().mapToInt(Node::rank).toArray(),
                    nodes.stream().mapToDouble(this::width).toArray(),
                    edges.stream().map(edge -> new int[]{edge.from(), edge.to()}).toList());
            top = MARGIN + (title.isEmpty() ? 0 : 2 * head);
            bottoms = new double[layout.rows()];
            double at = top;
            for (int row = layout.rows() - 1; row >= 0; row--) {
                int one = row;
                double tallest = IntStream.range(0, nodes.size()).filter(i -> layout.row(i) == one)
                        .mapToDouble(i -> height(nodes.get(i))).max().orElse(0);
                bottoms[row] = at + tallest;
                at += tallest + ROW;
            }
            height = at - ROW + MARGIN;
        }

        private double width(Node node) {
            double widest = Fonts.width(node.name(), bold);
            for (String text : node.lines()) widest = Math.max(widest, Fonts.width(text, plain));
            long entering = edges.stream().filter(edge -> nodes.get(edge.to()) == node).count();
            return Math.max(widest + 2 * PAD, 9 * entering);
        }

        /** Returns the width of an edge's line, in points. */
        private double width(Edge edge) {
            double largest =
                    edges.stream().mapToDouble(one -> Math.abs(one.effect())).filter(Double::isFinite).max().orElse(0);
            return Double.isNaN(edge.effect()) || largest == 0 ? THINNEST
                    : THINNEST + (WIDEST - THINNEST) * Math.abs(edge.effect()) / largest;
        }

        private double height(Node node) { return head + node.lines().size() * line + PAD; }

        private Rectangle2D box(int node) {
            double width = width(nodes.get(node)), height = height(nodes.get(node));
            return new Rectangle2D.Double(MARGIN + layout.x(node) - width / 2, bottoms[layout.row(node)] - height,
                    width, height);
        }

        Drawing drawing() {
            List<Label> labels = new ArrayList<>();
            double width = Math.max(layout.width(), Fonts.width(title, bold)) + 2 * MARGIN;
            if (!title.isEmpty()) labels.add(Label.centred(title, bold, width / 2, MARGIN + head / 2));
            for (int i = 0; i < nodes.size(); i++) {
                Rectangle2D box = box(i);
                double y = box.getY() + PAD / 2 + head / 2;
                labels.add(Label.centred(nodes.get(i).name(), bold, box.getCenterX(), y));
                y += head / 2 + line / 2;
                for (String text : nodes.get(i).lines()) {
                    labels.add(Label.centred(text, plain, box.getCenterX(), y));
                    y += line;
                }
            }
            List<double[]> ends = ends();
            for (int i = 0; i < edges.size(); i++) {
                if (!edges.get(i).label().isEmpty())
                    labels.add(Label.leftAligned(edges.get(i).label(), plain,
                            ends.get(i)[0] + 3 + width(edges.get(i)) / 2, ends.get(i)[1] + ARROW + 3));
            }
            return new Drawing(width, height,
                    new Rectangle2D.Double(MARGIN, top, width - 2 * MARGIN, height - top - MARGIN), labels,
                    g -> paint(g, ends), Optional.empty());
        }

        /** Returns the end of each edge: along the lower side of its node, in the order of the edges' sources. */
        private List<double[]> ends() {
            double[][] ends = new double[edges.size()][];
            for (int node = 0; node < nodes.size(); node++) {
                int to = node;
                Rectangle2D box = box(node);
                List<Integer> entering = IntStream.range(0, edges.size()).filter(i -> edges.get(i).to() == to).boxed()
                        .sorted(Comparator.comparingDouble(this::comesFrom)).toList();
                for (int i = 0; i < entering.size(); i++)
                    ends[entering.get(i)] =
                            new double[]{box.getX() + box.getWidth() * (i + 1) / (entering.size() + 1), box.getMaxY()};
            }
            return List.of(ends);
        }

        private double comesFrom(int edge) {
            double[] lanes = layout.lanes(edge);
            return lanes.length > 0 ? lanes[lanes.length - 1] : layout.x(edges.get(edge).from());
        }

        private void paint(Graphics2D g, List<double[]> ends) {
            List<Integer> thinFirst = IntStream.range(0, edges.size()).boxed()
                    .sorted(Comparator.comparingDouble(i -> Math.abs(edges.get(i).effect()))).toList();
            for (int i : thinFirst) {
                Edge edge = edges.get(i);
                g.setColor(Double.isNaN(edge.effect()) ? UNKNOWN : edge.effect() < 0 ? LOWERS : RAISES);
                g.setStroke(new BasicStroke((float) width(edge), BasicStroke.CAP_BUTT, BasicStroke.JOIN_ROUND));
                g.draw(way(i, ends.get(i)));
                g.fill(arrow(ends.get(i), ARROW + width(edge) / 2));
            }
            for (int i = 0; i < nodes.size(); i++) {
                Rectangle2D box = box(i);
                RoundRectangle2D shape =
                        new RoundRectangle2D.Double(box.getX(), box.getY(), box.getWidth(), box.getHeight(), 6, 6);
                g.setColor(BOX);
                g.fill(shape);
                g.setColor(Drawing.INK);
                g.setStroke(new BasicStroke(0.75f));
                g.draw(shape);
            }
        }

        /** Draws an edge from the upper side of a node, straight through the rows between, to the other node. */
        private Path2D way(int number, double[] end) {
            Edge edge = edges.get(number);
            Rectangle2D from = box(edge.from());
            Path2D way = new Path2D.Double();
            double x = from.getCenterX(), y = from.getY();
            way.moveTo(x, y);
            double[] lanes = layout.lanes(number);
            for (int i = 0; i < lanes.length; i++) {
                int row = layout.row(edge.from()) + 1 + i;
                double next = bottoms[row], upper = row + 1 < bottoms.length ? bottoms[row + 1] + ROW : top;
                curve(way, x, y, MARGIN + lanes[i], next);
                way.lineTo(MARGIN + lanes[i], upper);
                x = MARGIN + lanes[i];
                y = upper;
            }
            curve(way, x, y, end[0], end[1] + ARROW);
            return way;
        }

        private static void curve(Path2D way, double x, double y, double toX, double toY) {
            double bend = (y - toY) / 2;
            way.curveTo(x, y - bend, toX, toY + bend, toX, toY);
        }

        private static Path2D arrow(double[] end, double size) {
            Path2D arrow = new Path2D.Double();
            arrow.moveTo(end[0], end[1]);
            arrow.lineTo(end[0] - size / 2, end[1] + size);
            arrow.lineTo(end[0] + size / 2, end[1] + size);
            arrow.closePath();
            return arrow;
        }
    }
}
