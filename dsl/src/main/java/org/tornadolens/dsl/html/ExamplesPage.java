package org.tornadolens.dsl.html;

import static org.tornadolens.dsl.html.PageData.counted;
import static org.tornadolens.dsl.html.PageData.strings;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import org.tornadolens.UsageException;

/** What makes neurons, heads or directions fire: their distributions, the tokens they promote, and texts. */
public final class ExamplesPage {

    /** Shares of tokens at which the page tells what lies below. */
    private static final double[] QUANTILES = {0.01, 0.5, 0.9, 0.99, 0.999};

    private ExamplesPage() {}

    /** A token and what it gains or loses. */
    public record Effect(String piece, float logit) {}

    /**
     * A place where the column is large.
     *
     * @param peak index of the place among the pieces
     */
    public record Example(float value, long row, int position, int peak, List<String> pieces, float[] values) {}

    /**
     * A neuron, head or direction.
     *
     * @param from   the first edge of the histogram
     * @param width  of its bins
     * @param counts of tokens
     */
    public record Column(String name, double from, double width, long[] counts, List<Effect> promoted,
            List<Effect> suppressed, List<Example> examples) {

        /** Returns a number below which a share of the tokens lies, to within the width of a bin. */
        double quantile(double share) {
            long all = 0, below = 0;
            for (long count : counts) all += count;
            for (int i = 0; i < counts.length; i++) {
                if (counts[i] > 0 && below + counts[i] >= share * all)
                    return from + (i + (share * all - below) / counts[i]) * width;
                below += counts[i];
            }
            return from + counts.length * width;
        }
    }

    public static Page of(String title, List<Column> columns) {
        if (columns.isEmpty()) throw new UsageException("html.examples needs at least one neuron, head or direction");
        JsonArray all = new JsonArray();
        columns.forEach(column -> all.add(json(column)));
        JsonObject data = new JsonObject();
        data.add("columns", all);
        return PageData.page(View.EXAMPLES, title, data, "examples of " + counted(columns.size(), "column"));
    }

    private static JsonObject json(Column column) {
        JsonObject json = new JsonObject();
        json.addProperty("name", column.name());
        JsonObject histogram = new JsonObject();
        histogram.addProperty("from", column.from());
        histogram.addProperty("width", column.width());
        JsonArray counts = new JsonArray();
        for (long count : column.counts()) counts.add(count);
        histogram.add("counts", counts);
        json.add("histogram", histogram);
        JsonArray quantiles = new JsonArray();
        for (double share : QUANTILES) {
            JsonArray pair = new JsonArray();
            pair.add(share * 100 + " %");
            pair.add(column.quantile(share));
            quantiles.add(pair);
        }
        json.add("quantiles", quantiles);
        json.add("promoted", effects(column.promoted()));
        json.add("suppressed", effects(column.suppressed()));
        JsonArray examples = new JsonArray();
        StringBuilder words = new StringBuilder();
        for (Example one : column.examples()) {
            examples.add(json(one));
            words.append(one.pieces().get(one.peak())).append(' ');
        }
        json.addProperty("words", words.toString());
        json.add("examples", examples);
        return json;
    }

    private static JsonArray effects(List<Effect> effects) {
        JsonArray all = new JsonArray();
        for (Effect one : effects) {
            JsonArray pair = new JsonArray();
            pair.add(one.piece());
            pair.add(one.logit());
            all.add(pair);
        }
        return all;
    }

    private static JsonObject json(Example one) {
        JsonObject json = new JsonObject();
        json.addProperty("value", one.value());
        json.addProperty("row", one.row());
        json.addProperty("position", one.position());
        json.addProperty("peak", one.peak());
        json.add("pieces", strings(one.pieces()));
        JsonArray values = new JsonArray();
        for (float value : one.values()) values.add(value);
        json.add("values", values);
        return json;
    }
}
