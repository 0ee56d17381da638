package org.tornadolens.dsl.html;

import static org.tornadolens.dsl.html.PageData.MOST_BYTES;
import static org.tornadolens.dsl.html.PageData.base64;
import static org.tornadolens.dsl.html.PageData.counted;
import static org.tornadolens.dsl.html.PageData.strings;

import com.google.gson.JsonArray;
import com.google.gson.JsonNull;
import com.google.gson.JsonObject;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Head;
import org.tornadolens.tensor.Tensor;

/** The attention patterns of heads over one or several prompts. */
public final class AttentionPage {

    private AttentionPage() {}

    /**
     * A text and what every head attends to in it.
     *
     * @param patterns a pattern [dest, src] for each head; what is above the diagonal is not shown
     */
    public record Prompt(String name, List<String> pieces, List<Tensor> patterns) {}

    /** Returns how many bytes the patterns of one prompt take: a causal triangle of 16-bit floats for each head. */
    public static long bytes(int heads, int length) {
        return (long) heads * length * (length + 1) / 2 * Short.BYTES;
    }

    /** Refuses a page that would be too large to open, before a model is run. */
    public static void checkSize(int heads, List<Integer> lengths) {
        long bytes = lengths.stream().mapToLong(length -> bytes(heads, length)).sum();
        if (bytes <= MOST_BYTES) return;
        throw new UsageException(String.format(Locale.ROOT,
                "%s over %,d tokens make a page of %,d MB, and browsers are slow above %d MB; choose fewer with "
                        + "layers, heads or row",
                counted(heads, "head"), lengths.stream().mapToInt(Integer::intValue).sum(), bytes >> 20,
                MOST_BYTES >> 20));
    }

    /** @param scores numbers of the heads by name, in the order of {@code heads}, by which they can be ranked */
    public static Page of(String title, List<Head> heads, List<Prompt> prompts, Map<String, List<Float>> scores) {
        List<Integer> lengths = prompts.stream().map(prompt -> prompt.pieces().size()).toList();
        checkSize(heads.size(), lengths);
        JsonObject data = new JsonObject();
        JsonArray all = new JsonArray(), texts = new JsonArray(), ranked = new JsonArray();
        for (Head head : heads) {
            JsonObject one = new JsonObject();
            one.addProperty("layer", head.layer());
            one.addProperty("head", head.head());
            all.add(one);
        }
        for (Prompt prompt : prompts) {
            JsonObject one = new JsonObject();
            one.addProperty("name", prompt.name());
            one.add("pieces", strings(prompt.pieces()));
            one.addProperty("patterns", triangles(prompt));
            texts.add(one);
        }
        scores.forEach((name, values) -> {
            JsonObject one = new JsonObject();
            JsonArray numbers = new JsonArray();
            for (float value : values) {
                if (Float.isFinite(value)) numbers.add(value);
                else numbers.add(JsonNull.INSTANCE);
            }
            one.addProperty("name", name);
            one.add("values", numbers);
            ranked.add(one);
        });
        data.add("heads", all);
        data.add("prompts", texts);
        data.add("scores", ranked);
        int longest = lengths.stream().max(Integer::compare).orElse(0);
        return PageData.page(View.ATTENTION, title, data, "attention of " + counted(heads.size(), "head") + " over "
                + (prompts.size() == 1 ? counted(longest, "token")
                        : prompts.size() + " prompts of up to " + counted(longest, "token")));
    }

    private static String triangles(Prompt prompt) {
        int length = prompt.pieces().size();
        ByteBuffer halves = ByteBuffer.allocate(Math.toIntExact(bytes(prompt.patterns().size(), length)))
                .order(ByteOrder.LITTLE_ENDIAN);
        for (Tensor pattern : prompt.patterns())
            for (int dest = 0; dest < length; dest++)
                for (int src = 0; src <= dest; src++)
                    halves.putShort(Float.floatToFloat16(Math.max(0, pattern.get(dest, src))));
        return base64(halves);
    }
}
