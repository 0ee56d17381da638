package org.tornadolens.dsl.html;

import static org.tornadolens.dsl.html.PageData.counted;
import static org.tornadolens.dsl.html.PageData.strings;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.util.List;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Tensor;

/** A text in which a source shares its colour with the tokens that attend strongly to it. */
public final class LinksPage {

    private LinksPage() {}

    /**
     * @param weights   [dest, src]
     * @param threshold the smallest weight of a link
     * @param ignored   positions that are not sources, such as the first, to which idle heads attend
     */
    public static Page of(String title, List<String> pieces, Tensor weights, double threshold, List<Integer> ignored) {
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
        JsonObject data = new JsonObject();
        data.add("pieces", strings(pieces));
        data.addProperty("threshold", threshold);
        data.add("links", links);
        return PageData.page(View.LINKS, title, data,
                counted(length, "token") + " with " + counted(links.size(), "link"));
    }
}
