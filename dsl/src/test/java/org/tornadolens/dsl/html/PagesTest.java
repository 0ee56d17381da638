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
        return JsonParser
                .parseString(only("<script type=\"application/json\" id=\"data\">(.*?)</script>", written(page)))
                .getAsJsonObject();
    }

    private static List<Page> all() {
        return List.of(
                Pages.attention("a", PIECES, List.of(new Pages.Pattern(new Head(1, 2), PATTERN))),
                Pages.tokens("b", PIECES,
                        List.of(new Pages.Series("loss", Tensor.of(Shape.of("pos", 3), 1, Float.NaN, 3)))),
                Pages.heatmap("e", PATTERN, PIECES, PIECES, 1),
                Pages.links("c", PIECES, PATTERN, 0.2, List.of()),
                Pages.logitLens("d", List.of("embed"), List.of("▁a"), List.of(List.of(PIECES)),
                        Tensor.of(Shape.of("layer", 1, "pos", 1, "rank", 3), 0.5f, 0.3f, 0.2f)));
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
                        page.view() + " " + tag);
            }
            assertFalse(html.contains("http://") || html.contains("https://"), "a page loads nothing");
            assertFalse(
                    Pattern.compile("innerHTML|outerHTML|insertAdjacent|document\\.write|eval\\(").matcher(html).find(),
                    "tokens go through textContent");
        }
    }

    @Test void whateverATokenHoldsStaysInTheData() {
        for (Page page : all()) assertFalse(written(page).contains("<img"), page.view());
        assertEquals(PIECES.get(1), data(all().getFirst()).getAsJsonArray("pieces").get(1).getAsString());
        assertTrue(written(Pages.links("</title><b>&", PIECES, PATTERN, 0.5, List.of()))
                .contains("<title>&lt;/title>&lt;b>&amp;</title>"));
    }

    @Test void patternsAreTheirCausalTrianglesInHalves() {
        JsonObject data = data(all().getFirst());
        assertEquals("[{\"layer\":1,\"head\":2}]", data.get("heads").toString());
        ByteBuffer halves = ByteBuffer.wrap(Base64.getDecoder().decode(data.get("patterns").getAsString()))
                .order(ByteOrder.LITTLE_ENDIAN);
        float[] expected = {1, 0.25f, 0.75f, 0.1f, 0.2f, 0.7f};
        assertEquals(expected.length * Short.BYTES, halves.remaining());
        for (float value : expected) assertEquals(value, Float.float16ToFloat(halves.getShort()), 1e-3);
    }

    @Test void aTableHoldsItsFloatsAndWhereThereIsNone() {
        Tensor table = Tensor.of(Shape.of("from", 1, "to", 2), Float.NaN, 0.3f);
        JsonObject data = data(Pages.heatmap("t", table, List.of("a"), List.of("b", "c"), 0));
        ByteBuffer floats = ByteBuffer.wrap(Base64.getDecoder().decode(data.get("values").getAsString()))
                .order(ByteOrder.LITTLE_ENDIAN);
        assertTrue(Float.isNaN(floats.getFloat()));
        assertEquals(0.3f, floats.getFloat());
        assertEquals("from", data.get("rowTitle").getAsString());
        assertThrows(UsageException.class, () -> Pages.heatmap("t", table, List.of("a"), List.of("b"), 0));
        assertThrows(UsageException.class, () -> Pages.heatmap("t", Tensor.scalar(1), List.of(), List.of(), 0));
    }

    @Test void linksAreTheStrongWeightsToOtherTokens() {
        assertEquals("[{\"dest\":1,\"src\":0,\"weight\":0.25},{\"dest\":2,\"src\":1,\"weight\":0.2}]",
                data(Pages.links("l", PIECES, PATTERN, 0.2, List.of())).get("links").toString());
        assertEquals("[{\"dest\":2,\"src\":1,\"weight\":0.2}]",
                data(Pages.links("l", PIECES, PATTERN, 0.2, List.of(0))).get("links").toString());
    }

    @Test void aTokenWithoutAValueHasNone() {
        assertEquals("[1.0,null,3.0]",
                data(all().get(1)).getAsJsonArray("series").get(0).getAsJsonObject().get("values").toString());
    }

    @Test void whatDoesNotFitIsRefused() {
        assertThrows(UsageException.class,
                () -> Pages.tokens("t", PIECES, List.of(new Pages.Series("x", Tensor.of(Shape.of("pos", 2), 1, 2)))));
        assertThrows(UsageException.class, () -> Pages.links("t", List.of("a"), PATTERN, 0.1, List.of()));
        assertThrows(UsageException.class, () -> Pages.checkSize(1024, 512));
        assertThrows(UsageException.class, () -> Page.fileName("page.pdf"));
        assertEquals("a/page.html", Page.fileName("a/page"));
        assertEquals("page.html", Page.fileName("page.html"));
    }
}
