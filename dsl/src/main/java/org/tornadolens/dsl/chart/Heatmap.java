package org.tornadolens.dsl.chart;

import java.awt.BasicStroke;
import java.awt.Color;
import java.awt.Graphics2D;
import java.awt.RenderingHints;
import java.awt.Shape;
import java.awt.geom.AffineTransform;
import java.awt.geom.Line2D;
import java.awt.geom.Path2D;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.List;
import java.util.Optional;
import java.util.stream.Collectors;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Axis;
import org.tornadolens.tensor.Tensor;

/**
 * A matrix in colours, row 0 at the top: layers by heads, or an attention pattern with {@code dest} downwards and
 * {@code src} to the right. A cell without a value (NaN) is hatched grey.
 *
 * <p>XChart's heat map puts row 0 at the bottom, draws NaN black, and has no round numbers on its colour bar.
 */
public record Heatmap(Values values, Options options) implements Chart {

    private static final double LARGEST_CELL = 40, LARGEST_PRINTED = 60, SMALLEST_WITH_WORD = 8;
    private static final double TALL = 1.25, WIDE = 3;   // on paper: height of a plot, width of a cell, relatively
    private static final double TALLEST = 380;            // height of a plot on paper, in points
    private static final double SEAM = 0.25;           // by which a cell reaches under the next, in points
    private static final double SEPARATED = 12;        // smallest cell, in points, with visible edges
    private static final int FINE = 64;                // cells per side beyond which they are pixels of an image
    private static final int MOST = 2 * PLOT * Png.SCALE;   // most cells per side that are distinguishable
    private static final double SQUARE = 3;            // largest aspect ratio of a grid of square cells
    private static final double LONG_CELL = 16;        // the longer side of cells of other grids, in points
    private static final Color BLANK = new Color(0xEEEEEE), HATCH = new Color(0xB8B8B8);

    public Heatmap {
        options.only("a heat map", "title", "x", "y", "labels", "diverging", "range", "robust", "label",
                "annotate", "mark", "width").labelling(values.shape());
        values = twoAxes(values);
        for (int axis = 0; axis < 2; axis++) words(values, options, axis);
        CellMarks.marked(values, options);
    }

    /** Returns the heat map of the only set of numbers. */
    public static Heatmap of(ChartData data, Options options) {
        Values values = data.single().orElseThrow(() -> new UsageException(
                "a heat map takes one tensor, not several by name " + data.named().keySet()
                        + "; draw one heat map each, and put them side by side with chart.grid"));
        return new Heatmap(values, options);
    }

    public static Heatmap of(Tensor tensor, Options options) { return new Heatmap(Values.of(tensor), options); }

    private static Values twoAxes(Values values) {
        Values squeezed = values.squeezed(2);
        if (squeezed.rank() == 2) return squeezed;
        if (squeezed.rank() < 2)
            throw new UsageException(
                    "a heat map needs 2 axes, this tensor has " + values.shape() + ": draw a bar or a line chart");
        List<Axis> others = values.shape().axes().subList(0, values.rank() - 2);
        throw new UsageException("a heat map needs 2 axes, this tensor has " + values.shape()
                + others.stream().map(axis -> axis.name() + ": 0")
                        .collect(Collectors.joining(", ", ": take .at({ ", " })")));
    }

    @Override public String description() { return options.named("heat map") + " of " + values.shape(); }

    @Override public Drawing draw(Sheet sheet) {
        int rows = values.size(0), columns = values.size(1);
        Optional<List<String>> rowWords = words(values, options, 0), columnWords = words(values, options, 1);
        double[] cell = cell(rows, columns, rowWords.isPresent(), columnWords.isPresent(), sheet);
        double cellWidth = cell[0], cellHeight = cell[1];

        int below = Ticks.everyBelow(columns, cellWidth, sheet), beside = Ticks.everyBeside(rows, cellHeight, sheet);
        if (rows == columns) below = beside = Math.max(below, beside);   // so that a square's axes read alike
        Ticks x = columnWords.isPresent() ? Ticks.wordsBelow(columnWords.get(), cellWidth, sheet)
                : Ticks.indices(columns, cellWidth, below, sheet);
        Ticks y = rowWords.isPresent() ? Ticks.wordsBeside(rowWords.get(), cellHeight, sheet)
                : Ticks.indices(rows, cellHeight, beside, sheet);
        Colors colors = sheet.panel().colors().orElseGet(() -> Colors.of(values, options));
        double plotWidth = columns * cellWidth, plotHeight = rows * cellHeight;
        Side bar = sheet.panel().colors().isPresent() ? Side.NONE
                : colors.bar(plotHeight, List.of(values), options.label(), sheet);
        Frame frame = new Frame(sheet, options.title(), new Frame.Line(options.xTitle(values.title(1)), x),
                new Frame.Line(options.yTitle(values.title(0)), y), plotWidth, plotHeight, bar);
        Drawing bare = frame.around(g -> {
            if (Math.max(rows, columns) <= FINE) cells(g, colors, cellWidth, cellHeight);
            else image(g, colors, plotWidth, plotHeight);
        });
        return new CellMarks(values, options, colors, cellWidth, cellHeight, sheet).over(bare);
    }

    /** Returns the width and the height of a cell. */
    private static double[] cell(int rows, int columns, boolean rowWords, boolean columnWords, Sheet sheet) {
        double width = cell(columns, sheet.plot(), columnWords, sheet);
        double height =
                cell(rows, sheet.print() ? Math.min(TALL * sheet.plot(), TALLEST) : sheet.plot(), rowWords, sheet);
        double smaller = Math.min(width, height);
        boolean square = Math.max(rows, columns) <= SQUARE * Math.min(rows, columns);
        double longest = square ? smaller : Math.max(LONG_CELL, SQUARE * smaller);
        // on paper, many rows share the height of the figure, which its width does not bound
        double widest = sheet.print() ? Math.max(longest, WIDE * height) : longest;
        return new double[]{Math.min(width, widest), Math.min(height, longest)};
    }

    private static Optional<List<String>> words(Values values, Options options, int axis) {
        return options.labelsOf(values.axis(axis), axis == 0 ? "y" : "x", values.size(axis))
                .map(labels -> labels.stream().map(Glyphs::token).toList());
    }

    /** Returns the side of a cell in points, on a screen a whole number of pixels if it has more than one. */
    private static double cell(int count, double plot, boolean words, Sheet sheet) {
        double cell = Math.min(sheet.print() ? LARGEST_PRINTED : LARGEST_CELL, plot / count);
        if (sheet.print()) return cell;
        if (words && count <= FINE) cell = Math.max(cell, SMALLEST_WITH_WORD);
        double pixels = Math.floor(cell * Png.SCALE);
        return pixels >= 1 ? pixels / Png.SCALE : Math.max(cell, (double) Math.min(count, MOST) / count / Png.SCALE);
    }

    private void cells(Graphics2D g, Colors colors, double width, double height) {
        // no seams between cells, also where a reader of SVG or PDF smooths edges: the next cell covers the overlap
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_OFF);
        Path2D blank = new Path2D.Double();
        for (int row = 0; row < values.size(0); row++) {
            for (int column = 0; column < values.size(1); column++) {
                double right = column + 1 < values.size(1) ? SEAM : 0, below = row + 1 < values.size(0) ? SEAM : 0;
                Rectangle2D cell = new Rectangle2D.Double(column * width, row * height, width, height);
                double value = values.at(row, column);
                if (Double.isNaN(value)) {
                    blank.append(cell, false);
                    continue;
                }
                g.setColor(new Color(colors.rgb(value)));
                g.fill(new Rectangle2D.Double(cell.getX(), cell.getY(), width + right, height + below));
            }
        }
        g.setRenderingHint(RenderingHints.KEY_ANTIALIASING, RenderingHints.VALUE_ANTIALIAS_ON);
        if (Math.min(width, height) >= SEPARATED) separate(g, width, height);
        if (blank.getCurrentPoint() != null) hatch(g, blank);
    }

    /** Draws hairlines that separate neighbours of the same colour. */
    private void separate(Graphics2D g, double width, double height) {
        g.setColor(Color.WHITE);
        g.setStroke(new BasicStroke(0.5f));
        double right = values.size(1) * width, bottom = values.size(0) * height;
        for (int row = 1; row < values.size(0); row++) g.draw(new Line2D.Double(0, row * height, right, row * height));
        for (int column = 1; column < values.size(1); column++)
            g.draw(new Line2D.Double(column * width, 0, column * width, bottom));
    }

    private static void hatch(Graphics2D g, Shape blank) {
        g.setColor(BLANK);
        g.fill(blank);
        Shape before = g.getClip();
        g.clip(blank);
        g.setColor(HATCH);
        g.setStroke(new BasicStroke(0.6f));
        Rectangle2D bounds = blank.getBounds2D();
        for (double at = bounds.getMinX() - bounds.getHeight(); at < bounds.getMaxX(); at += 4) {
            g.draw(new Line2D.Double(at, bounds.getMaxY(), at + bounds.getHeight(), bounds.getMinY()));
        }
        g.setClip(before);
    }

    /** Returns a pixel per cell. A pixel of several cells has the value furthest from zero, to keep thin stripes. */
    private void image(Graphics2D g, Colors colors, double width, double height) {
        int rows = Math.min(values.size(0), MOST), columns = Math.min(values.size(1), MOST);
        BufferedImage image = new BufferedImage(columns, rows, BufferedImage.TYPE_INT_RGB);
        for (int y = 0; y < rows; y++) {
            for (int x = 0; x < columns; x++) {
                double value = furthest(part(y, rows, values.size(0)), part(y + 1, rows, values.size(0)),
                        part(x, columns, values.size(1)), part(x + 1, columns, values.size(1)));
                image.setRGB(x, y, Double.isNaN(value) ? HATCH.getRGB() : colors.rgb(value));
            }
        }
        g.setRenderingHint(RenderingHints.KEY_INTERPOLATION, RenderingHints.VALUE_INTERPOLATION_NEAREST_NEIGHBOR);
        g.drawImage(image, new AffineTransform(width / columns, 0, 0, height / rows, 0, 0), null);
    }

    private static int part(int pixel, int pixels, int cells) { return (int) ((long) pixel * cells / pixels); }

    private double furthest(int top, int bottom, int left, int right) {
        double furthest = Double.NaN;
        for (int row = top; row < bottom; row++) {
            for (int column = left; column < right; column++) {
                double value = values.at(row, column);
                if (!(Math.abs(value) <= Math.abs(furthest)) && !Double.isNaN(value)) furthest = value;
            }
        }
        return furthest;
    }
}
