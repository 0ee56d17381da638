package org.tornadolens.dsl.html;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Random;
import java.util.stream.IntStream;
import org.tornadolens.intervention.Head;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

/** Pages of made-up numbers for tests, small ones and ones of the size of real models. */
final class SamplePages {

    private static final String STORY = "When Mary and John went to the store , John gave a drink to Mary . Then she "
            + "thanked him and they both walked home together in the rain , because the bus had already left . Later "
            + "that evening Mary cooked dinner while John read the newspaper aloud to her , and they laughed about "
            + "the bus . Nobody saw it .";

    /** Tokens that a page must not take for more than text, and characters that show as nothing or turn the text. */
    static final List<String> HOSTILE = List.of("▁</script><img src=x onerror=alert(1)>", "<b>bold</b>", "\u202eturned",
            "zero\u200bwidth", "\u2066isolated", "\u0000null", "\n", "\u0301", "▁שלום", "e\u0301te\u0301", "हिन्दी", "👩\u200d🚀", "\ud83d", "&lt;",
            "${1}", "constructor", "__proto__", "<U+202E>");

    private SamplePages() {}

    static List<String> story(int length) {
        List<String> pieces = new ArrayList<>(List.of("<s>"));
        for (String word : STORY.split(" ")) pieces.add("▁" + word);
        while (pieces.size() < length) pieces.addAll(pieces.subList(1, pieces.size()));
        return List.copyOf(pieces.subList(0, length));
    }

    /** A row of a softmax over the sources up to each destination, with one kind of head in five strong. */
    private static Tensor pattern(int length, int kind, Random random) {
        Tensor pattern = Tensor.zeros(Shape.of("dest", length, "src", length));
        for (int dest = 0; dest < length; dest++) {
            double[] weights = new double[dest + 1];
            double sum = 0;
            for (int src = 0; src <= dest; src++) {
                boolean strong = kind == 0 && src == Math.max(dest - 1, 0) || kind == 1 && src == 0
                        || kind == 2 && src == dest;
                sum += weights[src] = Math.exp(1.5 * random.nextGaussian() + (strong ? 6 : 0));
            }
            for (int src = 0; src <= dest; src++) pattern.set((float) (weights[src] / sum), dest, src);
        }
        return pattern;
    }

    static Page attention(int layers, int heads, List<List<String>> texts) {
        Random random = new Random(layers);
        List<Head> all = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++)
            for (int head = 0; head < heads; head++) all.add(new Head(layer, head));
        List<AttentionPage.Prompt> prompts = texts.stream().map(pieces -> new AttentionPage.Prompt(
                String.join("", pieces).replace('▁', ' '), pieces,
                all.stream().map(head -> pattern(pieces.size(), (head.layer() + 3 * head.head()) % 5, random))
                        .toList()))
                .toList();
        return AttentionPage.of("Attention", all, prompts, Map.of());
    }

    static Page tokens(List<String> pieces) {
        Random random = new Random(1);
        int length = pieces.size();
        Tensor loss = Tensor.zeros(Shape.of("pos", length)), change = Tensor.zeros(Shape.of("pos", length));
        for (int i = 0; i < length; i++) {
            loss.set(i == 0 ? Float.NaN : (float) (-2 * Math.log(random.nextDouble(0.01, 1))), i);
            change.set((float) random.nextGaussian(), i);
        }
        return TokensPage.of("Loss of every token", pieces,
                List.of(new TokensPage.Series("loss", loss), new TokensPage.Series("change without head 5.1", change)));
    }

    static Page links(List<String> pieces) {
        return LinksPage.of("What head 2.2 attends to", pieces, pattern(pieces.size(), 0, new Random(2)), 0.3,
                List.of(0));
    }

    static Page lens(int layers, List<String> pieces) {
        Random random = new Random(3);
        Tensor probabilities = Tensor.zeros(Shape.of("layer", layers, "pos", pieces.size(), "rank", 5));
        List<List<List<String>>> tops = new ArrayList<>();
        for (int layer = 0; layer < layers; layer++) {
            List<List<String>> row = new ArrayList<>();
            for (int pos = 0; pos < pieces.size(); pos++) {
                float first = (float) (0.1 + 0.9 * Math.pow(random.nextDouble(), 3) * layer / layers);
                for (int rank = 0; rank < 5; rank++)
                    probabilities.set(rank == 0 ? first : (1 - first) / (4 << rank), layer, pos, rank);
                row.add(IntStream.range(0, 5).mapToObj(rank -> pieces.get(random.nextInt(pieces.size()))).toList());
            }
            tops.add(row);
        }
        List<String> names = IntStream.range(0, layers).mapToObj(layer -> layer == 0 ? "embedding" : "layer " + layer)
                .toList();
        return LensPage.of("Logit lens", names, pieces, tops, probabilities);
    }

    static Page heatmap(int rows, int columns) {
        Random random = new Random(4);
        Tensor values = Tensor.zeros(Shape.of("layer", rows, "head", columns));
        for (int row = 0; row < rows; row++)
            for (int column = 0; column < columns; column++) values.set((float) random.nextGaussian(), row, column);
        values.set(Float.NaN, rows - 1, 0);
        values.set(-4, 0, 0);
        return HeatmapPage.of("Logit difference without each head", values, numbers(rows), numbers(columns), 0,
                new HeatmapPage.Cells(Map.of(0, "When Mary and John\n→ Mary \u202e"),
                        Map.of(0, "attention.html#head=0.0")));
    }

    private static List<String> numbers(int count) {
        return IntStream.range(0, count).mapToObj(String::valueOf).toList();
    }

    static Page circuit() {
        List<CircuitPage.Node> nodes = List.of(new CircuitPage.Node("embed", List.of(), 0),
                new CircuitPage.Node("previous", List.of("1.0", "1.1", "1.2", "1.3", "1.4"), 1),
                new CircuitPage.Node("induction", List.of("2.1", "2.2"), 2), new CircuitPage.Node("3.0", List.of(), 3),
                new CircuitPage.Node("logits", List.of(), 4));
        return CircuitPage.of("Induction", nodes, List.of(edge(0, 1, "v", 0.2), edge(1, 2, "k", 0.9),
                edge(0, 2, "q", 0.4), edge(2, 4, "", 1.2), edge(2, 3, "q", 0.1), edge(3, 4, "", -0.5)));
    }

    private static CircuitPage.Edge edge(int from, int to, String kind, double effect) {
        return new CircuitPage.Edge(from, to, kind, OptionalDouble.of(effect));
    }

    /** Every kind of page, at the sizes of a small and of a real model, by name. */
    static Map<String, Page> all() {
        Map<String, Page> pages = new LinkedHashMap<>();
        pages.put("attention-5x4x16", attention(5, 4, List.of(story(16), story(9))));
        pages.put("attention-30x9x64", attention(30, 9, List.of(story(64))));
        pages.put("attention-32x32x64", attention(32, 32, List.of(story(64))));
        pages.put("tokens", tokens(story(64)));
        pages.put("links", links(story(64)));
        pages.put("lens-6x11", lens(6, story(11)));
        pages.put("lens-31x64", lens(31, story(64)));
        pages.put("heatmap-5x4", heatmap(5, 4));
        pages.put("heatmap-20x20", heatmap(20, 20));
        pages.put("heatmap-300x300", heatmap(300, 300));
        pages.put("circuit", circuit());
        return pages;
    }
}
