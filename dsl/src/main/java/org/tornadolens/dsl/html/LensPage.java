package org.tornadolens.dsl.html;

import static org.tornadolens.dsl.html.PageData.counted;
import static org.tornadolens.dsl.html.PageData.strings;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import org.tornadolens.tensor.Tensor;

/** A logit lens: the most probable tokens at every layer and position. */
public final class LensPage {

    private LensPage() {}

    /**
     * @param pieces        [layer][pos][rank]
     * @param probabilities [layer, pos, rank]
     */
    public static Page of(String title, List<String> layers, List<String> positions, List<List<List<String>>> pieces,
            Tensor probabilities) {
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
        JsonObject data = new JsonObject();
        data.add("layers", strings(layers));
        data.add("positions", strings(positions));
        data.add("tops", rows);
        return PageData.page(View.LENS, title, data,
                "logit lens of " + counted(layers.size(), "row") + " over " + counted(positions.size(), "token"));
    }
}
