package org.tornadolens.dsl.chart;

import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

import java.awt.Color;
import java.awt.geom.Rectangle2D;
import java.awt.image.BufferedImage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleBinaryOperator;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

/** Tensors to draw, and checks of pictures of them. */
final class Samples {

    private Samples() {}

    static Tensor tensor(String rows, int rowCount, String columns, int columnCount, DoubleBinaryOperator value) {
        Tensor tensor = Tensor.zeros(Shape.of(rows, rowCount, columns, columnCount));
        for (int i = 0; i < rowCount; i++)
            for (int j = 0; j < columnCount; j++) tensor.set((float) value.applyAsDouble(i, j), i, j);
        return tensor;
    }

    /** Returns layers by heads, with distinct values between -1 and 1. */
    static Tensor heads(int layers, int heads) {
        return tensor("layer", layers, "head", heads, (i, j) -> Math.sin(1 + i * heads + j));
    }

    static List<String> tokens(int count) {
        String[] some = {"▁The", "▁internationalisation", "\n", "▁Mary", ",", "<s>", " 's ", "▁when", "東", "\t"};
        List<String> tokens = new ArrayList<>();
        for (int i = 0; i < count; i++) tokens.add(some[i % some.length]);
        return tokens;
    }

    /** Returns the pixel in the middle of a cell. */
    static Color cell(Drawing drawing, BufferedImage image, int row, int rows, int column, int columns) {
        Rectangle2D plot = drawing.plot();
        return pixel(image, plot.getX() + (column + 0.5) * plot.getWidth() / columns,
                plot.getY() + (row + 0.5) * plot.getHeight() / rows);
    }

    static Color pixel(BufferedImage image, double x, double y) {
        return new Color(image.getRGB((int) (x * Png.SCALE), (int) (y * Png.SCALE)));
    }

    /** Asserts that every text is legible: inside the picture, outside the plot, and not over another text. */
    static void assertReadable(Drawing drawing, String what) {
        List<Label> labels = drawing.labels();
        Rectangle2D picture = new Rectangle2D.Double(0, 0, drawing.width(), drawing.height());
        for (int i = 0; i < labels.size(); i++) {
            Rectangle2D box = ink(labels.get(i));
            assertTrue(picture.contains(box), () -> what + ": outside the picture: " + box);
            for (int j = i + 1; j < labels.size(); j++) {
                Label one = labels.get(i), other = labels.get(j);
                assertFalse(box.intersects(ink(other)), () -> what + ": " + one + " and " + other + " overlap");
            }
        }
    }

    static List<String> texts(Drawing drawing) { return drawing.labels().stream().map(Label::text).toList(); }

    /** Returns a label's box without the rounding on each side. */
    private static Rectangle2D ink(Label label) {
        Rectangle2D box = label.box();
        return new Rectangle2D.Double(box.getX() + 0.01, box.getY() + 0.01, box.getWidth() - 0.02,
                box.getHeight() - 0.02);
    }
}
