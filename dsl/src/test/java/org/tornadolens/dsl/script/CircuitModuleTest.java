package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import javax.imageio.ImageIO;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** circuit as scripts use it. */
class CircuitModuleTest {

    private static final String IMPORTS =
            """
                    import { ablate, circuit, head, heads, load, metric, mlp, mlps } from "lens";
                    const model = load();
                    const clean = "When Mary and John went to the store, John gave a drink to";
                    const corrupted = "When Mary and John went to the store, Mary gave a drink to";
                    const difference = metric.logitDiff({ correct: " Mary", wrong: " John" });
                    const pair = { clean, corrupted, metric: difference };
                    const two = circuit("two", {
                      nodes: { early: "0.1", late: ["3.0", head("4.1")] },
                      edges: [["embed", "early"], ["early", "late.k"], ["late", "logits"]],
                    });
                    const close = (a, b) => Math.abs(a - b) < 1e-3;""";

    private static void prints(String... expressionsAndResults) { Scripts.prints(IMPORTS, "", expressionsAndResults); }

    @Test void aCircuitIsWrittenAndReadAsInAPaper() {
        prints(
                "two", "two: early (0.1), late (3.0, 4.1); embed → early, early → late.k, late → logits",
                "circuit('m', { nodes: { '0.1': '0.1', mlps: [mlp(1), 'mlp 2'], some: '1.0, 1.1' } })",
                "m: 0.1, mlps (mlp 1, mlp 2), some (1.0, 1.1)",
                "circuit('d', { nodes: { '0.1': '0.1', '2.0': '2.0' }, edges: [{ from: '0.1', to: '2.0.q', effect: "
                        + "-0.5 }] }).edges[0]",
                "{ from: \"0.1\", to: \"2.0.q\", effect: -0.5 }", "two.draw()", "graph \"two\" of 4 nodes and 3 edges");
    }

    @Test void evaluationFindsWhatInterventionsFind() {
        prints(
                "close(two.evaluate(model, pair).model, difference.of(model.run(clean)).mean())", "true",
                "close(two.evaluate(model, { ...pair, ablate: 'resample' }).without.early.model, "
                        + "difference.of(model.with(ablate(head('0.1'), { with: 'mean', over: "
                        + "model.tokens(corrupted), by: 'position' })).run(clean)).mean())",
                "true",
                "(all => [close(all.faithfulness, 1), close(all.completeness, 1), "
                        + "Object.keys(all.minimality)])(circuit('all', { nodes: { every: model.heads(heads()) } "
                        + "}).evaluate(model, pair))",
                "[true, true, [\"every\"]]",
                "(found => found.edges.length > 0 && found.edges.every(e => e.effect !== 0) && "
                        + "close(found.evaluate(model, pair).model, "
                        + "difference.of(model.run(clean)).mean()))(circuit.discover(model, { ...pair, threshold: 0.1 "
                        + "}))",
                "true");
    }

    @Test void edgesAreFoundAndEvaluatedOneByOne() {
        prints(
                "(found => [found.edges.length > 10, found.edges.some(e => /^\\d\\.\\d\\.[qkv]$/.test(e.to)), "
                        + "found.nodes['mlp 4'] !== undefined, found.evaluate(model, { ...pair, by: 'edge', ablate: "
                        + "'resample' }).faithfulness > 0.8])(circuit.discover(model, { ...pair, by: 'edge' }))",
                "[true, true, true, true]",
                "circuit.discover(model, { clean, corrupted, metric: metric.kl(model.run(clean)), by: 'edge', "
                        + "threshold: 0.2 }).edges.every(e => e.effect > 0)",
                "true", "circuit.discover(model, { ...pair, by: 'edge', mlps: true })",
                "TypeError: discover's mlps goes with by: \"node\"; edges run between heads and MLPs alike",
                "circuit.discover(model, { ...pair, metric: () => 1, by: 'edge' })",
                "RangeError: edges are measured by a declared metric, as metric.kl(…) or metric.logitDiff(…) make "
                        + "one, not by a function");
    }

    @Test void whatCannotBeIsNamed() {
        prints(
                "circuit('c', { nodes: { a: '3.0', b: '1.0' }, edges: [['a', 'b']] })",
                "RangeError: the edge a → b: no part of a [3.0] comes before one of b [1.0]",
                "circuit('c', { nodes: { a: '3.0' }, edges: [['a', 'logit']] })",
                "RangeError: the edge a → logit: no node \"logit\"; nearest: logits",
                "circuit('c', { nodes: { a: heads('1.*') } })",
                "RangeError: the node \"a\" names its heads and MLPs one by one, as in \"1.22\" and \"mlp 3\", not "
                        + "\"1.*\"",
                "circuit('c', { nodes: { a: '99.0' } }).evaluate(model, pair)",
                "RangeError: no hook \"blocks.99.attn.hook_z\"; nearest: blocks.0.attn.hook_z, blocks.1.attn.hook_z, "
                        + "blocks.2.attn.hook_z",
                "circuit('c', { nodes: { a: '1.0' }, edges: ['a'] })",
                "TypeError: an edge of a circuit is [from, to], as in [\"previous\", \"induction.k\"], not \"a\"");
    }

    @Test void savedCircuitsAndPicturesAreFiles(@TempDir Path folder) throws Exception {
        String printed = Scripts.run(folder,
                IMPORTS + """

                        import { print } from "lens";
                        two.save("two");
                        two.draw({ title: "Two" }).save("two");
                        print(String(circuit.load("out/two.json")) === String(two));
                        // thirty nodes, each with edges to two later ones
                        const names = Array.from({ length: 30 }, (_, i) => `${i / 5 | 0}.${i % 5}`);
                        const later = (from, i) => [i + 5 + i % 3, i + 11].filter(j => j < 30 && names[j][0] > from[0]);
                        const edges = names.flatMap((from, i) =>
                          later(from, i).map(j => ({ from, to: names[j] + ".v", effect: Math.sin(i) })));
                        circuit("many", {
                          nodes: Object.fromEntries(names.map(n => [n, n])),
                          edges: [...edges, { from: "5.1", to: "logits", effect: 1 }, ["embed", "0.0"]],
                        }).draw().save("many");
                        """);
        assertEquals("true", printed.strip());
        var many = ImageIO.read(folder.resolve("out/many.png").toFile());
        assertTrue(many.getWidth() > 800 && many.getHeight() > 800, many.getWidth() + " × " + many.getHeight());
        assertTrue(Files.readString(folder.resolve("out/two.json")).contains("\"early\""));
    }
}
