package org.tornadolens.dsl.html;

import static org.tornadolens.dsl.html.PageData.counted;
import static org.tornadolens.dsl.html.PageData.strings;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.util.List;
import org.tornadolens.UsageException;
import org.tornadolens.tensor.Tensor;

/** A text with one or several numbers for every token. */
public final class TokensPage {

    private TokensPage() {}

    /** Numbers of every token [pos] under a name; NaN where there is none. */
    public record Series(String name, Tensor values) {}

    public static Page of(String title, List<String> pieces, List<Series> series) {
        if (pieces.isEmpty()) throw new UsageException("html.tokens needs at least one token");
        if (series.isEmpty()) throw new UsageException("html.tokens needs at least one series of values");
        JsonArray all = new JsonArray();
        for (Series one : series) {
            if (one.values().shape().rank() != 1 || one.values().elements() != pieces.size()) {
                throw new UsageException(
                        pieces.size() + " tokens take as many values, one axis of them, not " + one.values().shape());
            }
            JsonObject named = new JsonObject();
            named.addProperty("name", one.name());
            JsonArray values = new JsonArray();
            for (int i = 0; i < pieces.size(); i++) {
                if (Float.isFinite(one.values().get(i))) values.add(one.values().get(i));
                else values.add(JsonNull.INSTANCE);
            }
            named.add("values", values);
            all.add(named);
        }
        JsonObject data = new JsonObject();
        data.add("pieces", strings(pieces));
        data.add("series", all);
        return PageData.page(View.TOKENS, title, data, counted(pieces.size(), "token") + " in colours");
    }
}
