package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** html as scripts use it. */
class HtmlModuleTest {

    private static final String IMPORTS =
            "import { circuit, head, heads, html, load, logitLens, scores, tensor } from \"lens\"; "
                    + "const model = load(), run = "
                    + "model.run(['Mary and John went to the park', 'Once']), pieces = ['a', 'b'];";

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void pagesSayWhatTheyShow() {
        prints(
                "html.attention(run)", "Page \"Attention\": attention of 20 heads over 2 prompts of up to 8 tokens",
                "html.attention({ one: run, two: model.run('Once') }, { row: 0 })",
                "Page \"Attention\": attention of 20 heads over 2 prompts of up to 8 tokens",
                "html.attention(run, { row: [1], scores: { induction: scores.induction(model) } })",
                "Page \"Attention\": attention of 20 heads over 2 tokens",
                "html.attention(run, { row: 1, layers: '0-1', title: 'Once' })",
                "Page \"Once\": attention of 8 heads over 2 tokens",
                "html.attention(run, { heads: heads('1.*, 2.0'), layers: [1], row: 0 })",
                "Page \"Attention\": attention of 4 heads over 8 tokens",
                "html.attention(model.run('Once', { cache: head('1.2').pattern }), { heads: '1.2' })",
                "Page \"Attention\": attention of 1 head over 2 tokens",
                "html.heatmap(tensor([[1, NaN]], ['from', 'to']), { labels: { to: pieces }, lines: 1, title: 'All' })",
                "Page \"All\": heat map of [from 1, to 2]",
                "html.heatmap(tensor([[1, 2]], ['a', 'b']), { example: ({ a, b, value }) => `${a} ${b} ${value}`, "
                        + "link: ({ b }) => b === 1 ? 'x.html' : undefined })",
                "Page \"Heat map\": heat map of [a 1, b 2]",
                "html.circuit(circuit('c', { nodes: { a: '0.0', b: '1.0' }, edges: [['a', 'b.k']] }))",
                "Page \"c\": graph of 2 nodes and 1 edge",
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
                "html.attention({})", "TypeError: html.attention takes a run, or { name: run, … }, not an empty object",
                "html.attention({ a: 3 })",
                "TypeError: html.attention's run \"a\" is a Run, as model.run(…) gives it, not 3",
                "html.attention(run, { scores: { x: tensor([1], 'layer') } })",
                "RangeError: html.attention: the score \"x\" has a number for each head, [layer 5, head 4], "
                        + "not [layer 1]",
                "html.heatmap(tensor([[1]], ['a', 'b']), { link: () => 'https://x.y' })",
                "RangeError: html.heatmap's link gives addresses relative to the page, as in "
                        + "\"attention.html#head=1.2\", not \"https://x.y\"",
                "html.heatmap(tensor([[1]], ['a', 'b']), { example: () => 3 })",
                "TypeError: what html.heatmap's example returns is a string, not 3",
                "html.circuit(run)",
                "TypeError: html.circuit's first argument is a Circuit, as circuit(…) gives it, not a Run",
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
