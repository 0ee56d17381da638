package org.tornadolens.dsl.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Font;
import java.awt.Graphics2D;
import java.awt.geom.Rectangle2D;
import java.math.BigDecimal;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.IntStream;
import org.tornadolens.UsageException;

/** What stands over the cells of a heat map: numbers, and outlines of the strongest and of chosen cells. */
record CellMarks(Values values, Options options, Colors colors, double width, double height, Sheet sheet) {

    private static final double PAD = 1, DARK = 55, LINE = 1.1;   // CIE lightness below which text is white
    private static final int DIGITS = 2;
    private static final double FAINT = 0.05;   // of the scale's end: cells below look like zero

    private record Cell(int row, int column) {}

    Drawing over(Drawing bare) {
        if (options.annotate().isEmpty() && options.mark().isEmpty()) return bare;
        Set<Cell> outlined = new LinkedHashSet<>(marked(values, options));
        List<Label> inside = new ArrayList<>(), beside = new ArrayList<>();
        options.annotate().ifPresent(count -> {
            boolean all = count == Integer.MAX_VALUE;
            List<Cell> cells = all ? strongest(count) : strongest(count).stream().filter(this::isVisible).toList();
            if (!all) outlined.addAll(cells);
            Font font = Fonts.size(sheet.tick());
            Function<Cell, String> text = text(cells, font, all);
            List<Rectangle2D> taken = new ArrayList<>(outlined.stream().map(this::box).toList());
            for (Cell cell : cells) {
                if (fits(text.apply(cell), font)) inside.add(inside(cell, text.apply(cell), font));
                else if (!all) beside(cell, text.apply(cell), font, taken, beside);
            }
        });
        return bare.over(g -> outlined.forEach(cell -> outline(g, cell))).with(inside).withGrounded(beside);
    }

    /** Returns the cells of the option {@code mark}; refuses those that there are not. */
    static List<Cell> marked(Values values, Options options) {
        List<Cell> cells = new ArrayList<>();
        for (Map<String, Integer> given : options.mark())
            cells.add(new Cell(index(values, given, 0, "y"), index(values, given, 1, "x")));
        return cells;
    }

    private static int index(Values values, Map<String, Integer> cell, int axis, String place) {
        String name = values.axis(axis);
        Integer index = cell.getOrDefault(name, cell.get(place));
        if (index == null || cell.size() != 2)
            throw new UsageException("mark: a cell is { " + values.axis(0) + ": 0, " + values.axis(1)
                    + ": 0 } here, by the axes of " + values.shape() + ", not " + cell);
        if (index < 0 || index >= values.size(axis))
            throw new UsageException("mark: " + name + " " + index + " is not in " + values.shape());
        return index;
    }

    /** Returns the cells of the numbers furthest from zero, the furthest first. */
    private List<Cell> strongest(int count) {
        int columns = values.size(1);
        return IntStream.range(0, values.data().length).filter(i -> !Double.isNaN(values.data()[i])).boxed()
                .sorted(Comparator.comparingDouble(i -> -Math.abs(values.data()[i]))).limit(count)
                .map(i -> new Cell(i / columns, i % columns)).toList();
    }

    private boolean isVisible(Cell cell) {
        double end = Math.max(Math.abs(colors.scale().lo()), Math.abs(colors.scale().hi()));
        return Math.abs(values.at(cell.row, cell.column)) >= FAINT * end;
    }

    private boolean fits(String text, Font font) {
        return Fonts.width(text, font) + 2 * PAD <= width && font.getSize2D() <= height;
    }

    /**
     * Returns how to write the numbers of cells: with as many decimals as their size asks for or, if only then all fit
     * into their cells, with fewer, or without the zero before the point.
     */
    private Function<Cell, String> text(List<Cell> cells, Font font, boolean all) {
        double largest = cells.stream().mapToDouble(cell -> Math.abs(shifted(cell))).max().orElse(0);
        int most = largest >= 100 ? 0 : largest >= 10 ? 1 : DIGITS;
        for (int fewer = 0; all && most - fewer >= Math.min(1, most); fewer++) {
            for (boolean zero : new boolean[]{true, false}) {
                int decimals = most - fewer;
                Function<Cell, String> text = cell -> text(cell, decimals, zero);
                if (cells.stream().allMatch(cell -> fits(text.apply(cell), font))) return text;
            }
        }
        return cell -> text(cell, most, true);
    }

    private double shifted(Cell cell) {
        return values.at(cell.row, cell.column) / Math.pow(10, colors.scale().exponent());
    }

    /** Returns a number in the unit of the colour bar, whose power of ten stands over the bar. */
    private String text(Cell cell, int decimals, boolean zero) {
        String text = new BigDecimal(values.at(cell.row, cell.column)).movePointLeft(colors.scale().exponent())
                .setScale(decimals, RoundingMode.HALF_UP).toPlainString().replaceFirst("^-(0(\\.0*)?)$", "$1");
        return (zero ? text : text.replaceFirst("^(-?)0\\.", "$1.")).replace('-', '−');
    }

    private Label inside(Cell cell, String text, Font font) {
        int rgb = colors.rgb(values.at(cell.row, cell.column));
        return Label.centred(text, font, (cell.column + 0.5) * width, (cell.row + 0.5) * height)
                .in(ColorMap.lightness(rgb) < DARK ? Color.WHITE : Drawing.INK);
    }

    /** Adds a label next to a cell where it hides no other and no outlined cell; none if there is no such place. */
    private void beside(Cell cell, String text, Font font, List<Rectangle2D> taken, List<Label> labels) {
        double wide = Fonts.width(text, font) / 2 + PAD + LINE, tall = Label.LINE * font.getSize2D() / 2 + LINE;
        double x = (cell.column + 0.5) * width, y = (cell.row + 0.5) * height, dx = width / 2 + wide,
                dy = height / 2 + tall;
        Rectangle2D plot = new Rectangle2D.Double(0, 0, values.size(1) * width, values.size(0) * height);
        double[][] places = {{dx, 0}, {-dx, 0}, {0, -dy}, {0, dy}, {dx, -dy}, {dx, dy}, {-dx, -dy}, {-dx, dy}};
        for (double[] place : places) {
            Label label = Label.centred(text, font, x + place[0], y + place[1]);
            if (!plot.contains(label.box()) || taken.stream().anyMatch(label.box()::intersects)) continue;
            labels.add(label);
            taken.add(label.box());
            return;
        }
    }

    private Rectangle2D box(Cell cell) {
        return new Rectangle2D.Double(cell.column * width, cell.row * height, width, height);
    }

    /** Draws an outline that is visible on light and on dark cells. */
    private void outline(Graphics2D g, Cell cell) {
        Rectangle2D box = box(cell);
        g.setColor(Color.WHITE);
        g.setStroke(new BasicStroke((float) (2 * LINE)));
        g.draw(box);
        g.setColor(Drawing.INK);
        g.setStroke(new BasicStroke((float) LINE));
        g.draw(box);
    }
}
