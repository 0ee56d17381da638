package org.tornadolens.dsl.html;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import com.google.gson.JsonPrimitive;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Base64;
import java.util.List;
import java.util.Locale;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Head;
import org.tornadolens.tensor.Tensor;

/** Makes the pages, each from the data that its view shows. */
public final class Pages {

    private static final long MOST_BYTES = 96L << 20;   // of patterns, which browsers still open

    private Pages() {}

    /** A head and its pattern [dest, src]. */
    public record Pattern(Head head, Tensor pattern) {}

    /** Numbers of every token under a name. */
    public record Series(String name, Tensor values) {}

    /** Refuses an attention page that would be too large to open, before the model is run. */
    public static void checkSize(int heads, int length) {
        long bytes = patternBytes(heads, length);
        if (bytes > MOST_BYTES) {
            throw new UsageException(String.format(Locale.ROOT,
                    "%d heads over %d tokens make a page of %,d MB, and browsers are slow above %d MB; "
                            + "choose fewer with layers or heads",
                    heads, length, bytes >> 20, MOST_BYTES >> 20));
        }
    }

    private static long patternBytes(int heads, int length) {
        return (long) heads * length * (length + 1) / 2 * Short.BYTES;
    }

    /** Returns a page of attention patterns over one text: causal triangles as 16-bit floats in base64. */
    public static Page attention(String title, List<String> pieces, List<Pattern> patterns) {
        int length = pieces.size();
        checkSize(patterns.size(), length);
        ByteBuffer halves = ByteBuffer.allocate(Math.toIntExact(patternBytes(patterns.size(), length)))
                .order(ByteOrder.LITTLE_ENDIAN);
        JsonArray heads = new JsonArray();
        for (Pattern one : patterns) {
            JsonObject head = new JsonObject();
            head.addProperty("layer", one.head.layer());
            head.addProperty("head", one.head.head());
            heads.add(head);
            for (int dest = 0; dest < length; dest++)
                for (int src = 0; src <= dest; src++) halves.putShort(Float.floatToFloat16(one.pattern.get(dest, src)));
        }
        JsonObject data = titled(title);
        data.add("pieces", strings(pieces));
        data.add("heads", heads);
        data.addProperty("patterns", Base64.getEncoder().encodeToString(halves.array()));
        return new Page("attention", data,
                "attention of " + counted(patterns.size(), "head") + " over " + counted(length, "token"));
    }

    /** Returns a text coloured by one or more series of numbers. */
    public static Page tokens(String title, List<String> pieces, List<Series> series) {
        JsonArray all = new JsonArray();
        for (Series one : series) {
            if (one.values.shape().rank() != 1 || one.values.elements() != pieces.size()) {
                throw new UsageException(
                        pieces.size() + " tokens take as many values, one axis of them, not " + one.values.shape());
            }
            JsonObject named = new JsonObject();
            named.addProperty("name", one.name);
            JsonArray values = new JsonArray();
            for (int i = 0; i < pieces.size(); i++)
                values.add(
                        Float.isFinite(one.values.get(i)) ? new JsonPrimitive(one.values.get(i)) : JsonNull.INSTANCE);
            named.add("values", values);
            all.add(named);
        }
        JsonObject data = titled(title);
        data.add("pieces", strings(pieces));
        data.add("series", all);
        return new Page("tokens", data, counted(pieces.size(), "token") + " in colours");
    }

    /**
     * Returns a text in which a source shares its colour with the tokens that attend strongly to it.
     *
     * @param weights   [dest, src]
     * @param threshold the smallest weight of a link
     * @param ignored   positions that are not sources, such as the first, to which idle heads attend
     */
    public static Page links(String title, List<String> pieces, Tensor weights, double threshold,
            List<Integer> ignored) {
        int length = pieces.size();
        if (weights.shape().rank() != 2 || weights.shape().size(0) != length || weights.shape().size(1) != length) {
            throw new UsageException(length + " tokens take weights of [dest " + length + ", src " + length + "], not "
                    + weights.shape());
        }
        JsonArray links = new JsonArray();
        for (int dest = 0; dest < length; dest++) {
            for (int src = 0; src < length; src++) {
                if (src == dest || ignored.contains(src) || !(weights.get(dest, src) >= threshold)) continue;
                JsonObject link = new JsonObject();
                link.addProperty("dest", dest);
                link.addProperty("src", src);
                link.addProperty("weight", weights.get(dest, src));
                links.add(link);
            }
        }
        JsonObject data = titled(title);
        data.add("pieces", strings(pieces));
        data.addProperty("threshold", threshold);
        data.add("links", links);
        return new Page("links", data, counted(length, "token") + " with " + counted(links.size(), "link"));
    }

    /**
     * Returns a page of a logit lens.
     *
     * @param pieces        [layer][pos][rank]
     * @param probabilities [layer, pos, rank]
     */
    public static Page logitLens(String title, List<String> layers, List<String> positions,
            List<List<List<String>>> pieces, Tensor probabilities) {
        JsonArray rows = new JsonArray();
        for (int layer = 0; layer < layers.size(); layer++) {
            JsonArray row = new JsonArray();
            for (int position = 0; position < positions.size(); position++) {
                JsonArray top = new JsonArray();
                List<String> ranked = pieces.get(layer).get(position);
                for (int rank = 0; rank < ranked.size(); rank++) {
                    JsonArray one = new JsonArray();
                    one.add(ranked.get(rank));
                    one.add(probabilities.get(layer, position, rank));
                    top.add(one);
                }
                row.add(top);
            }
            rows.add(row);
        }
        JsonObject data = titled(title);
        data.add("layers", strings(layers));
        data.add("positions", strings(positions));
        data.add("tops", rows);
        return new Page("lens", data,
                "logit lens of " + counted(layers.size(), "row") + " over " + counted(positions.size(), "token"));
    }

    /**
     * Returns a zoomable heat map: f32 values in base64, NaN for missing ones.
     *
     * @param values [row, column]
     * @param lines  number of rows and columns between two lines; 0 for no lines
     */
    public static Page heatmap(String title, Tensor values, List<String> rows, List<String> columns, int lines) {
        if (values.shape().rank() != 2)
            throw new UsageException("html.heatmap takes a tensor of two axes, not " + values.shape()
                    + ": reshape it, or take at() first");
        if (values.elements() * Float.BYTES > MOST_BYTES) {
            throw new UsageException(String.format(Locale.ROOT,
                    "%s has %,d elements, more than browsers open with ease (%,d); slice it first", values.shape(),
                    values.elements(), MOST_BYTES / Float.BYTES));
        }
        List<String> axes = values.shape().names();
        if (rows.size() != values.shape().size(0))
            throw new UsageException(rows.size() + " labels for axis " + axes.get(0) + ", which has "
                    + values.shape().size(0) + " entries: give one for each");
        if (columns.size() != values.shape().size(1))
            throw new UsageException(columns.size() + " labels for axis " + axes.get(1) + ", which has "
                    + values.shape().size(1) + " entries: give one for each");
        ByteBuffer floats =
                ByteBuffer.allocate(Math.toIntExact(values.elements() * Float.BYTES)).order(ByteOrder.LITTLE_ENDIAN);
        for (float[] row : (float[][]) values.toArray()) for (float value : row) floats.putFloat(value);
        JsonObject data = titled(title);
        data.add("rows", strings(rows));
        data.add("columns", strings(columns));
        data.addProperty("rowTitle", axes.get(0));
        data.addProperty("columnTitle", axes.get(1));
        data.addProperty("lines", lines);
        data.addProperty("values", Base64.getEncoder().encodeToString(floats.array()));
        return new Page("heatmap", data, "heat map of " + values.shape());
    }

    private static String counted(int count, String what) { return count + " " + what + (count == 1 ? "" : "s"); }

    private static JsonObject titled(String title) {
        JsonObject data = new JsonObject();
        data.addProperty("title", title);
        return data;
    }

    private static JsonArray strings(List<String> strings) {
        JsonArray array = new JsonArray();
        strings.forEach(array::add);
        return array;
    }
}
