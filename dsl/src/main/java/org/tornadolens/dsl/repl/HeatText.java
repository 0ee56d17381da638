package org.tornadolens.dsl.repl;

import java.util.Locale;
import java.util.Optional;
import org.tornadolens.dsl.TerminalStream;
import org.tornadolens.dsl.chart.ColorMap;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** A tensor of one or two axes as a small heat map in the colours of a terminal, which are those of charts. */
final class HeatText {

    private static final int MOST_ROWS = 40, LEFT = 5;
    private static final String ROW = "row";      // the axis that a single one is given
    private static final String RESET = "\u001b[0m";

    private final Tensor values;
    private final int rows, columns;
    private final Look look;
    private final double low, high;
    private final ColorMap colours;

    private HeatText(Tensor values, Look look, double low, double high) {
        this.values = values;
        this.rows = values.shape().size(0);
        this.columns = values.shape().size(1);
        this.look = look;
        boolean signed = low < 0 && high > 0;
        double most = Math.max(-low, high);
        this.low = signed ? -most : low;
        this.high = signed ? most : high;
        this.colours = signed ? ColorMap.DIVERGING : high <= 0 ? ColorMap.SEQUENTIAL_NEGATIVE : ColorMap.SEQUENTIAL;
    }

    /**
     * Returns the lines of the map, if the tensor has colours to show: one or two axes that are longer than one and fit
     * the terminal, and different values. A single axis runs from left to right.
     */
    static Optional<String> of(Tensor tensor, Look look) {
        if (!look.colours()) return Optional.empty();
        Tensor two = matrix(tensor);
        Shape shape = two.shape();
        if (shape.rank() != 2 || shape.size(0) > 2 * MOST_ROWS || shape.size(1) > look.width() - LEFT - 1)
            return Optional.empty();
        double low = Double.POSITIVE_INFINITY, high = Double.NEGATIVE_INFINITY;
        for (int i = 0; i < shape.size(0); i++) {
            for (int j = 0; j < shape.size(1); j++) {
                float value = two.get(i, j);
                if (!Float.isFinite(value)) continue;
                low = Math.min(low, value);
                high = Math.max(high, value);
            }
        }
        return low < high ? Optional.of(new HeatText(two, look, low, high).text()) : Optional.empty();
    }

    /** Returns the tensor without its axes of one element; where a single axis is left, as the only row. */
    private static Tensor matrix(Tensor tensor) {
        Tensor view = tensor;
        for (String axis : tensor.shape().names())
            if (view.shape().size(view.shape().require(axis)) == 1) view = view.at(axis, 0);
        if (view.shape().rank() != 1) return view;
        String axis = view.shape().names().getFirst();
        return view.copy().reshape(Shape.of(axis.equals(ROW) ? ROW + "s" : ROW, 1, axis, view.shape().size(0)));
    }

    private String text() {
        boolean wide = 2 * columns <= look.width() - LEFT - 1 && rows <= MOST_ROWS;
        StringBuilder text = new StringBuilder();
        if (rows > 1) text.append(name(0)).append(" ↓  ");
        text.append(String.format(Locale.ROOT, "%s →  %.3g ", name(1), low));
        for (int i = 0; i <= 16; i++) text.append(background(colours.rgb(i / 16.0))).append(' ');
        text.append(RESET).append(String.format(Locale.ROOT, " %.3g", high)).append('\n');
        header(wide ? 2 : 1, text);
        for (int row = 0; row < rows; row += wide ? 1 : 2) {
            text.append(rows > 1 ? String.format("%" + (LEFT - 1) + "d ", row) : " ".repeat(LEFT));
            for (int column = 0; column < columns; column++) {
                if (wide) text.append(cell(row, column, 2));
                else if (rows == 1) text.append(cell(row, column, 1));
                else text.append(halfCells(row, column));
            }
            text.append(RESET).append('\n');
        }
        return text.toString().stripTrailing();
    }

    private String name(int axis) { return TerminalStream.escaped(values.shape().names().get(axis)); }

    /** The number of every fifth or tenth column, so that they lie ten characters apart. */
    private void header(int width, StringBuilder text) {
        text.append(" ".repeat(LEFT));
        int every = 10 / width;
        StringBuilder numbers = new StringBuilder();
        for (int column = 0; column < columns; column += every)
            numbers.append(String.format("%-10d", column));
        text.append(numbers.toString().stripTrailing()).append('\n');
    }

    private String cell(int row, int column, int width) {
        float value = values.get(row, column);
        return Float.isFinite(value) ? background(rgb(value)) + " ".repeat(width) : RESET + "·".repeat(width);
    }

    /** Two rows in one line: the upper half of a character in one colour, the lower in the other. */
    private String halfCells(int row, int column) {
        float upper = values.get(row, column), lower = row + 1 < rows ? values.get(row + 1, column) : Float.NaN;
        if (!Float.isFinite(upper)) return RESET + "·";
        String below = Float.isFinite(lower) ? background(rgb(lower)) : RESET;
        return below + foreground(rgb(upper)) + "▀";
    }

    private int rgb(float value) { return colours.rgb((value - low) / (high - low)); }

    private String background(int rgb) { return "\u001b[48;" + colour(rgb) + "m"; }

    private String foreground(int rgb) { return "\u001b[38;" + colour(rgb) + "m"; }

    private String colour(int rgb) {
        int red = rgb >> 16 & 255, green = rgb >> 8 & 255, blue = rgb & 255;
        if (look.trueColour()) return "2;" + red + ";" + green + ";" + blue;
        return "5;" + (16 + 36 * sixth(red) + 6 * sixth(green) + sixth(blue));
    }

    /** The nearest of the six steps 0, 95, 135, 175, 215, 255 that terminals of 256 colours have. */
    private static int sixth(int channel) {
        return channel < 48 ? 0 : channel < 115 ? 1 : (channel - 35) / 40;
    }
}
