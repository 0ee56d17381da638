package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** html as scripts use it. */
class HtmlModuleTest {

    private static final String IMPORTS =
            "import { head, heads, html, load, logitLens, tensor } from \"lens\"; const model = load(), run = "
                    + "model.run(['Mary and John went to the park', 'Once']), pieces = ['a', 'b'];";

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void pagesSayWhatTheyShow() {
        prints(
                "html.attention(run)", "Page \"Attention\": attention of 20 heads over 8 tokens",
                "html.attention(run, { row: 1, layers: '0-1', title: 'Once' })",
                "Page \"Once\": attention of 8 heads over 2 tokens",
                "html.attention(run, { heads: heads('1.*, 2.0'), layers: [1] })",
                "Page \"Attention\": attention of 4 heads over 8 tokens",
                "html.attention(model.run('Once', { cache: head('1.2').pattern }), { heads: '1.2' })",
                "Page \"Attention\": attention of 1 head over 2 tokens",
                "html.heatmap(tensor([[1, NaN]], ['from', 'to']), { labels: { to: pieces }, lines: 1, title: 'All' })",
                "Page \"All\": heat map of [from 1, to 2]",
                "html.tokens(pieces, [1, 2])", "Page \"Tokens\": 2 tokens in colours",
                "html.tokens(pieces, { loss: [1, NaN], rank: [0, 3] })", "Page \"Tokens\": 2 tokens in colours",
                "html.links(model.pieces(model.tokens('Once'))[0], model.run('Once', { cache: head('1.2').pattern "
                        + "}).cache.get(head('1.2').pattern).at({ batch: 0 }), { threshold: 0 })",
                "Page \"Links\": 2 tokens with 2 links", "html.logitLens(logitLens(run, { pos: -1 }), { row: 1 })",
                "Page \"Logit lens\": logit lens of 6 rows over 1 token");
    }

    @Test void whatDoesNotFitIsNamed() {
        prints(
                "html.attention(model)",
                "TypeError: html.attention's first argument is a Run, as model.run(…) gives it, not a Model",
                "html.attention(run, { layers: '7' })", "RangeError: \"7\" names layer 7; this model has layers 0 to 4",
                "html.attention(run, { heads: '1.*', layers: 2 })",
                "RangeError: html.attention: none of heads 1.* lies in layers 2",
                "html.attention(run, { row: 2 })", "RangeError: html.attention: no row 2; this run has 2",
                "html.tokens(pieces, [1])", "RangeError: 2 tokens take as many values, one axis of them, not [pos 1]",
                "html.heatmap(tensor([[1, 2]], ['from', 'to']), { labels: { too: pieces } })",
                "TypeError: html.heatmap: no axis \"too\"; nearest: to", "html.heatmap(tensor([1], 'to'))",
                "RangeError: html.heatmap takes a tensor of two axes, not [to 1]: reshape it, or take at() first",
                "html.logitLens(run)",
                "TypeError: html.logitLens takes a logit lens, as logitLens(run) gives it, not a Run",
                "html.tokens(pieces, [1, 2]).save('x.png')", "RangeError: \"x.png\": a page is an .html file");
    }

    @Test void aPageIsAFileOfTheRun(@TempDir Path folder) throws Exception {
        Scripts.run(folder, "import { html } from 'lens'; html.tokens(['a', 'b'], [1, 2]).save('pages/text');");
        assertTrue(Files.readString(folder.resolve("out/pages/text.html")).startsWith("<!doctype html>"));
    }
}
