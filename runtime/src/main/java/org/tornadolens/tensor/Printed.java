package org.tornadolens.tensor;

import java.math.BigDecimal;
import java.math.MathContext;
import java.math.RoundingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.stream.IntStream;

/**
 * Formats a tensor in a few lines: shape, type, statistics of its finite elements without padding, and the elements at
 * its edges.
 * <pre>
 * Tensor [layer 6, head 8] f32  mean 0.1204, std 0.1933, min 0.0021, max 0.9871
 *   0.0312  0.1101  0.0714  …  0.2005
 *   …
 * </pre>
 */
final class Printed {

    private static final int EDGE = 3;
    private static final int MAX_SHOWN = 8;   // longer axes are abbreviated

    private Printed() {}

    static String text(Tensor tensor) {
        StringBuilder text = new StringBuilder("Tensor ").append(tensor.shape()).append(" f32");
        if (tensor.elements() == 0) return text.append("  no elements").toString();
        if (tensor.elements() > 1) text.append("  ").append(statistics(tensor));
        text.append('\n');
        return text.append(switch (tensor.shape().rank()) {
            case 0, 1 -> matrix(tensor.reshape(Shape.of("row", 1, "column", (int) tensor.elements())));
            case 2 -> matrix(tensor);
            default -> firstAndLast(tensor);
        }).toString();
    }

    private static String statistics(Tensor tensor) {
        Cursor in = new Cursor(tensor), real = new Cursor(Masks.whole(tensor));
        float[] x = new float[Cursor.BUFFER], counts = new float[Cursor.BUFFER];
        boolean padded = tensor.mask().isPresent();
        long padding = 0;
        double mean = 0, squares = 0, min = Double.POSITIVE_INFINITY, max = Double.NEGATIVE_INFINITY;
        long finite = 0, nan = 0, infinite = 0;
        for (int n; (n = in.read(x)) > 0;) {
            if (padded) real.read(counts, n);
            for (int i = 0; i < n; i++) {
                if (padded && counts[i] == 0) {
                    padding++;
                    continue;
                }
                if (Float.isNaN(x[i])) {
                    nan++;
                    continue;
                }
                if (Float.isInfinite(x[i])) {
                    infinite++;
                    continue;
                }
                finite++;
                double difference = x[i] - mean;
                mean += difference / finite;
                squares += difference * (x[i] - mean);
                min = Math.min(min, x[i]);
                max = Math.max(max, x[i]);
            }
        }
        List<String> parts = new ArrayList<>();
        if (finite > 0) {
            parts.add("mean " + number(mean));
            if (finite > 1) parts.add("std " + number(Math.sqrt(squares / (finite - 1))));
            parts.add("min " + number(min));
            parts.add("max " + number(max));
        }
        if (nan > 0) parts.add(nan + " NaN");
        if (infinite > 0) parts.add(infinite + " infinite");
        if (padding > 0) parts.add(padding + " padding");
        return String.join(", ", parts);
    }

    /** Formats the start of the first row and the end of the last. */
    private static String firstAndLast(Tensor tensor) {
        Tensor first = tensor, last = tensor;
        while (first.shape().rank() > 1) {
            String outer = first.shape().axes().getFirst().name();
            first = first.at(outer, 0);
            last = last.at(outer, -1);
        }
        int size = first.shape().size(0);
        List<String> shown = new ArrayList<>();
        for (int i = 0; i < Math.min(EDGE, size); i++) shown.add(number(first.get(i)));
        shown.add("…");
        for (int i = Math.max(0, size - EDGE); i < size; i++) shown.add(number(last.get(i)));
        return "  " + String.join("  ", shown);
    }

    private static String matrix(Tensor matrix) {
        int[] rows = edges(matrix.shape().size(0)), columns = edges(matrix.shape().size(1));
        String[][] cells = new String[rows.length][columns.length];
        for (int r = 0; r < rows.length; r++) {
            for (int c = 0; c < columns.length; c++) {
                cells[r][c] = rows[r] < 0 || columns[c] < 0 ? "…" : number(matrix.get(rows[r], columns[c]));
            }
        }
        StringBuilder text = new StringBuilder();
        for (int r = 0; r < rows.length; r++) {
            if (r > 0) text.append('\n');
            if (rows[r] < 0) {
                text.append("  …");
                continue;
            }
            for (int c = 0; c < columns.length; c++) {
                int column = c;
                int width = IntStream.range(0, rows.length).filter(i -> rows[i] >= 0)
                        .map(i -> cells[i][column].length()).max().orElse(1);
                text.append("  ").append(" ".repeat(width - cells[r][c].length())).append(cells[r][c]);
            }
        }
        return text.toString();
    }

    /** Returns the indices of an axis that are shown; -1 marks those omitted. */
    private static int[] edges(int size) {
        if (size <= MAX_SHOWN) return IntStream.range(0, size).toArray();
        return IntStream.concat(IntStream.concat(IntStream.range(0, EDGE), IntStream.of(-1)),
                IntStream.range(size - EDGE, size)).toArray();
    }

    /** Formats a number with four significant digits, without trailing zeros. */
    static String number(double value) {
        if (Double.isNaN(value)) return "NaN";
        if (Double.isInfinite(value)) return value > 0 ? "inf" : "-inf";
        if (value == 0) return "0";
        double size = Math.abs(value);
        if (size < 1e-4 || size >= 1e6) return String.format(Locale.ROOT, "%.3e", value);
        BigDecimal rounded = new BigDecimal(value).round(new MathContext(4, RoundingMode.HALF_EVEN));
        return (rounded.signum() == 0 ? BigDecimal.ZERO : rounded.stripTrailingZeros()).toPlainString();
    }
}
