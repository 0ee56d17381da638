package org.tornadolens.dsl.html;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.tornadolens.UsageException;
import org.tornadolens.intervention.Head;
import org.tornadolens.tensor.Shape;
import org.tornadolens.tensor.Tensor;

class PagesTest {

    private static final Tensor PATTERN =
            Tensor.of(Shape.of("dest", 3, "src", 3), 1, 0, 0, 0.25f, 0.75f, 0, 0.1f, 0.2f, 0.7f);
    private static final List<String> PIECES = List.of("<s>", "▁</script><img src=x onerror=alert(1)>", "\u2028&");

    private static String written(Page page) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        try {
            page.write(out);
        } catch (IOException e) {
            throw new AssertionError(e);
        }
        return out.toString(StandardCharsets.UTF_8);
    }

    private static String only(String regex, String text) {
        Matcher matcher = Pattern.compile(regex, Pattern.DOTALL).matcher(text);
        assertTrue(matcher.find(), regex);
        String found = matcher.group(1);
        assertFalse(matcher.find(), "more than one " + regex);
        return found;
    }

    private static JsonObject data(Page page) {
        return JsonParser.parseString(only("<script type=\"application/json\">(.*?)</script>", written(page)))
                .getAsJsonObject();
    }

    private static Page attention() {
        return AttentionPage.of("a", List.of(new Head(1, 2)),
                List.of(new AttentionPage.Prompt("p", PIECES, List.of(PATTERN))), Map.of("s", List.of(0.5f)));
    }

    private static Page links(String title, double threshold, Integer... ignored) {
        return LinksPage.of(title, PIECES, PATTERN, threshold, List.of(ignored));
    }

    private static List<Page> all() {
        return List.of(attention(),
                TokensPage.of("b", PIECES,
                        List.of(new TokensPage.Series("loss", Tensor.of(Shape.of("pos", 3), 1, Float.NaN, 3)))),
                HeatmapPage.of("e", PATTERN, PIECES, PIECES, 1, HeatmapPage.Cells.NONE), links("c", 0.2),
                LensPage.of("d", List.of("embed"), List.of("▁a"), List.of(List.of(PIECES)),
                        Tensor.of(Shape.of("layer", 1, "pos", 1, "rank", 3), 0.5f, 0.3f, 0.2f)),
                CircuitPage.of("f",
                        List.of(new CircuitPage.Node(PIECES.get(1), PIECES, 0),
                                new CircuitPage.Node("b", List.of(), 1)),
                        List.of(new CircuitPage.Edge(0, 1, "k", OptionalDouble.empty()))));
    }

    @Test void aPageRunsItsOwnScriptAndNothingElse() throws Exception {
        for (Page page : all()) {
            String html = written(page);
            String policy = only("Content-Security-Policy\"\\s+content=\"([^\"]*)\"", html);
            assertTrue(policy.startsWith("default-src 'none'; "), policy);
            for (String tag : List.of("style", "script")) {
                byte[] hash = MessageDigest.getInstance("SHA-256")
                        .digest(only("<" + tag + ">(.*?)</" + tag + ">", html).getBytes(StandardCharsets.UTF_8));
                assertTrue(policy.contains(tag + "-src 'sha256-" + Base64.getEncoder().encodeToString(hash) + "'"),
                        page.view().text() + " " + tag);
            }
            assertFalse(html.replace("http://www.w3.org/2000/svg", "").matches("(?s).*https?://.*"),
                    "a page loads nothing");
            assertFalse(
                    Pattern.compile("innerHTML|outerHTML|insertAdjacent|document\\.write|eval\\(").matcher(html).find(),
                    "tokens go through textContent");
        }
    }

    @Test void whateverATokenHoldsStaysInTheData() {
        for (Page page : all()) assertFalse(written(page).contains("<img"), page.view().text());
        assertEquals(PIECES.get(1), data(all().get(1)).getAsJsonArray("pieces").get(1).getAsString());
        assertTrue(written(links("</title><b>&", 0.5))
                .contains("<title>&lt;/title>&lt;b>&amp;</title>"));
    }

    @Test void patternsAreTheirCausalTrianglesInHalves() {
        JsonObject data = data(attention()), prompt = data.getAsJsonArray("prompts").get(0).getAsJsonObject();
        assertEquals("[{\"layer\":1,\"head\":2}]", data.get("heads").toString());
        assertEquals("[{\"name\":\"s\",\"values\":[0.5]}]", data.get("scores").toString());
        ByteBuffer halves = ByteBuffer.wrap(Base64.getDecoder().decode(prompt.get("patterns").getAsString()))
                .order(ByteOrder.LITTLE_ENDIAN);
        float[] expected = {1, 0.25f, 0.75f, 0.1f, 0.2f, 0.7f};
        assertEquals(expected.length * Short.BYTES, halves.remaining());
        for (float value : expected) assertEquals(value, Float.float16ToFloat(halves.getShort()), 1e-3);
    }

    private static Page heatmap(Tensor table, String... columns) {
        return HeatmapPage.of("t", table, List.of("a"), List.of(columns), 0, HeatmapPage.Cells.NONE);
    }

    @Test void linksOfCellsStayBesideThePage() {
        for (String link : List.of("https://x.y/z", "javascript:alert(1)", "//x.y", "/etc/passwd", "\\\\x", "file:a",
                " "))
            assertThrows(UsageException.class, () -> new HeatmapPage.Cells(Map.of(), Map.of(0, link)), link);
        assertEquals(1, new HeatmapPage.Cells(Map.of(), Map.of(0, "a/b.html#head=1.2")).links().size());
    }

    @Test void charactersThatNobodySeesAreNamed() {
        assertEquals("LINE SEPARATOR", data(all().get(1)).getAsJsonObject("names").get("2028").getAsString());
        assertEquals("ZERO WIDTH JOINER", data(TokensPage.of("t", List.of("<U+200D>"),
                List.of(new TokensPage.Series("x", Tensor.of(Shape.of("pos", 1), 1))))).getAsJsonObject("names")
                .get("200D").getAsString());
    }

    @Test void aTableHoldsItsFloatsAndWhereThereIsNone() {
        Tensor table = Tensor.of(Shape.of("from", 1, "to", 2), Float.NaN, 0.3f);
        JsonObject data = data(heatmap(table, "b", "c"));
        ByteBuffer floats = ByteBuffer.wrap(Base64.getDecoder().decode(data.get("values").getAsString()))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertTrue(Float.isNaN(floats.getFloat()));
        assertEquals(0.3f, floats.getFloat());
        assertEquals("from", data.get("rowTitle").getAsString());
        assertThrows(UsageException.class, () -> heatmap(table, "b"));
        assertThrows(UsageException.class, () -> heatmap(Tensor.scalar(1)));
    }

    @Test void linksAreTheStrongWeightsToOtherTokens() {
        assertEquals("[{\"dest\":1,\"src\":0,\"weight\":0.25},{\"dest\":2,\"src\":1,\"weight\":0.2}]",
                data(links("l", 0.2)).get("links").toString());
        assertEquals("[{\"dest\":2,\"src\":1,\"weight\":0.2}]",
                data(links("l", 0.2, 0)).get("links").toString());
    }

    @Test void aTokenWithoutAValueHasNone() {
        assertEquals("[1.0,null,3.0]",
                data(all().get(1)).getAsJsonArray("series").get(0).getAsJsonObject().get("values").toString());
    }

    @Test void whatDoesNotFitIsRefused() {
        assertThrows(UsageException.class,
                () -> TokensPage.of("t", PIECES,
                        List.of(new TokensPage.Series("x", Tensor.of(Shape.of("pos", 2), 1, 2)))));
        assertThrows(UsageException.class, () -> LinksPage.of("t", List.of("a"), PATTERN, 0.1, List.of()));
        assertThrows(UsageException.class, () -> AttentionPage.checkSize(1024, List.of(512)));
        assertThrows(UsageException.class, () -> Page.fileName("page.pdf"));
        assertEquals("a/page.html", Page.fileName("a/page"));
        assertEquals("page.html", Page.fileName("page.html"));
    }
}
