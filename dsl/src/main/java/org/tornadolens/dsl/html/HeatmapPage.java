package org.tornadolens.dsl.html;

import static org.tornadolens.dsl.html.PageData.MOST_BYTES;
import static org.tornadolens.dsl.html.PageData.base64;
import static org.tornadolens.dsl.html.PageData.strings;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Pattern;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Tensor;

/** A table in colours that can be zoomed, whose cells lead to examples. */
public final class HeatmapPage {

    /** Addresses that begin with a scheme or with the root of a site or a file system. */
    private static final Pattern ABSOLUTE = Pattern.compile("[A-Za-z][A-Za-z0-9+.-]*:.*|[/\\\\].*", Pattern.DOTALL);

    private HeatmapPage() {}

    /**
     * What is told of the cells beside their values, each by row × columns + column.
     *
     * @param examples texts
     * @param links    addresses relative to the page, such as {@code attention.html#head=1.2}
     */
    public record Cells(Map<Integer, String> examples, Map<Integer, String> links) {

        public static final Cells NONE = new Cells(Map.of(), Map.of());

        public Cells {
            for (String link : links.values()) {
                if (link.isBlank() || ABSOLUTE.matcher(link).matches())
                    throw new UsageException("html.heatmap's link gives addresses relative to the page, as in "
                            + "\"attention.html#head=1.2\", not \"" + link + "\"");
            }
            long length = examples.values().stream().mapToLong(String::length).sum();
            if (length > MOST_BYTES / 4)
                throw new UsageException(String.format(Locale.ROOT,
                        "the examples of html.heatmap have %,d characters, more than browsers open with ease (%,d); "
                                + "return undefined for the cells of less interest",
                        length, MOST_BYTES / 4));
        }
    }

    /**
     * Returns a page with the f32 values in base64, NaN for missing ones.
     *
     * @param values [row, column]
     * @param lines  number of rows and columns between two lines; 0 for no lines
     */
    public static Page of(String title, Tensor values, List<String> rows, List<String> columns, int lines,
            Cells cells) {
        if (values.shape().rank() != 2 || values.elements() == 0)
            throw new UsageException("html.heatmap takes a tensor of two axes, not " + values.shape()
                    + ": reshape it, or take at() first");
        PageData.checkElements(values.shape().toString(), values.elements());
        List<String> axes = values.shape().names();
        if (rows.size() != values.shape().size(0))
            throw new UsageException(rows.size() + " labels for axis " + axes.get(0) + ", which has "
                    + values.shape().size(0) + " entries: give one for each");
        if (columns.size() != values.shape().size(1))
            throw new UsageException(columns.size() + " labels for axis " + axes.get(1) + ", which has "
                    + values.shape().size(1) + " entries: give one for each");
        ByteBuffer floats =
                ByteBuffer.allocate(Math.toIntExact(values.elements() * Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : (float[][]) values.toArray())
            for (float value : row) floats.putFloat(Float.isFinite(value) ? value : Float.NaN);
        JsonObject data = new JsonObject();
        data.add("rows", strings(rows));
        data.add("columns", strings(columns));
        data.addProperty("rowTitle", axes.get(0));
        data.addProperty("columnTitle", axes.get(1));
        data.addProperty("lines", lines);
        data.addProperty("values", base64(floats));
        data.add("examples", pairs(cells.examples()));
        data.add("links", pairs(cells.links()));
        return PageData.page(View.HEATMAP, title, data, "heat map of " + values.shape());
    }

    private static JsonArray pairs(Map<Integer, String> texts) {
        JsonArray pairs = new JsonArray();
        texts.forEach((cell, text) -> {
            JsonArray pair = new JsonArray();
            pair.add(cell);
            pair.add(text);
            pairs.add(pair);
        });
        return pairs;
    }
}
