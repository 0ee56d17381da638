package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** {@code scripts/lens.d.ts} declares exactly what the module has: what is missing on either side is named. */
class DeclarationsTest {

    private static final Path DECLARED = Path.of("../scripts/lens.d.ts");
    private static final Path MODULE = Path.of("src/main/resources/org/tornadolens/dsl/lens");

    private final Declarations declared = Declarations.read(DECLARED);

    /** An instance of every kind of object that scripts meet, by its interface's name. */
    private static final String INSTANCES =
            """
                    import * as lens from "lens";
                    const { load, head, heads, layer, mlp, resid, site, ablate, edit, metric, hook, tensor, scores, chart, table, print, attribution, logitLens, residualDistance, neuronTokens, html, patching, circuit, tasks, train } = lens;
                    const model = load();
                    const run = model.run("Once");
                    let context, rng, step;
                    train({ config: { nLayers: 1, nHeads: 1, dModel: 8, dVocab: 4 }, data: r => { rng = r; return [[1, 2]]; }, steps: 1, every: { run: (_, at) => { step = at; } } });
                    model.run("Once", { hooks: [hook(head("0.0"), (value, c) => { context = c; })] });
                    const instances = {
                      Model: model, Configuration: model.config, Weights: model.weights, Tokens: run.tokens, Run: run, Cache: run.cache,
                      FactoredMatrix: model.ov("0.0"), Svd: model.ov("0.0").svd(), Eigenvalues: model.ov("0.0").eigenvalues(), Entry: model.ov("0.0").top(1)[0],
                      Attribution: attribution, LogitLens: logitLens(run), Followed: logitLens(run, { token: " Mary" }).token, ResidualDistance: residualDistance(run, { pairs: [[0, 1]] }),
                      Neuron: neuronTokens(model, { layer: 0, neurons: 0 })[0],
                      Generated: model.generate("Once", { max: 1, cache: "hook_embed" }),
                      Site: site("hook_embed"), Heads: heads(), Head: head("0.0"), Layer: layer(0), Mlp: mlp(0), Residual: resid(0),
                      Intervention: ablate(head("0.0"), { with: "zero" }), HookContext: context, Tensor: tensor([1], "pos"), Scores: scores,
                      WeightPart: head("0.0").OV, WeightEdit: edit.zero(head("0.0").OV), Edit: edit,
                      Metric: metric.loss(), Metrics: metric,
                      ...(attributed => ({ AttributedNodes: attributed("node"), AttributedEdges: attributed("edge") }))(by => patching.attribution(model, { clean: "Once", corrupted: "The", metric: metric.logProb(5), by })),
                      Patching: patching, PathComparison: patching.path(model, { clean: "Once", corrupted: "The", metric: metric.rank(5), receivers: "logits", senders: heads("0.0"), linear: true }),
                      ...(graph => ({ PathGraph: graph, PathEdge: graph.edges[0] }))(patching.iterate(model, { clean: "Once", corrupted: "The", metric: metric.logProb(5), top: 1, depth: 1, threshold: 0 })),
                      Task: tasks.dyck(), Tasks: tasks, ...(corpus => ({ Corpus: corpus, CorpusDocument: Object.assign({}, ...corpus.documents(60, { seed: 0 })) }))(tasks.corpus()), Random: rng, TrainingStep: step,
                      ...(one => ({ Circuit: one, CircuitEvaluation: one.evaluate(model, { clean: "Once", corrupted: "The", metric: metric.logProb(5) }) }))(circuit("c", { nodes: { a: "0.0" } })),
                      Html: html, Page: html.logitLens(logitLens(run)),
                      Charts: chart, Chart: chart.heatmap(tensor([[1]], ["layer", "head"])), Table: table([{ a: 1 }]),
                    };
                    const passing = ["constructor", "toJSON"];
                    const members = object => {
                      const names = new Set();
                      for (let o = object; o !== null && o !== Object.prototype; o = Object.getPrototypeOf(o)) {
                        for (const name of Object.getOwnPropertyNames(o)) if (!passing.includes(name)) names.add(name);
                      }
                      return [...names].sort();
                    };
                    print("exports: " + Object.keys(lens).sort().join(" "));
                    for (const [name, object] of Object.entries(instances)) print(name + ": " + members(object).join(" "));
                    """;

    private static Map<String, Set<String>> inTheModule() {
        Map<String, Set<String>> members = new LinkedHashMap<>();
        Scripts.printed(INSTANCES).lines().forEach(line -> {
            String[] nameAndMembers = line.split(": ?", 2);
            members.put(nameAndMembers[0],
                    new TreeSet<>(Stream.of(nameAndMembers[1].split(" ")).filter(name -> !name.isEmpty()).toList()));
        });
        return members;
    }

    @Test void everyExportAndEveryMemberIsDeclaredAndNothingElse() {
        Map<String, Set<String>> actual = inTheModule();
        Map<String, Set<String>> expected = new LinkedHashMap<>();
        for (String name : actual.keySet())
            expected.put(name, name.equals("exports") ? declared.exports() : declared.members(name));
        assertEquals(lines(expected), lines(actual));
        Set<String> objects = new TreeSet<>(declared.interfaces().keySet());
        objects.removeIf(name -> actual.containsKey(name) || name.endsWith("Options") || name.equals("Top"));
        assertEquals(Set.of(), objects, "interfaces that no object in this test stands for");
    }

    @Test void everyOptionThatAFunctionTakesIsDeclaredAndNothingElse() throws IOException {
        // options(given, ["cache", …], "run") takes RunOptions; told(given, "line", […]) LineOptions; the scores' own name is a variable
        Pattern taken = Pattern.compile(
                "options\\(\\w+, \\[([^\\]]*)\\], (?:\"(\\w+)\"|name)\\)|told\\(\\w+, \"(\\w+)\", \\[([^\\]]*)\\]\\)");
        Map<String, Set<String>> actual = new TreeMap<>(), expected = new TreeMap<>();
        try (Stream<Path> files = Files.list(MODULE)) {
            for (Path file : files.toList()) {
                for (MatchResult call : taken.matcher(Files.readString(file)).results().toList()) {
                    boolean told = call.group(3) != null;
                    String function = told ? call.group(3) : call.group(2) == null ? "score" : call.group(2);
                    String names = told ? call.group(4) : call.group(1);
                    actual.put(Character.toUpperCase(function.charAt(0)) + function.substring(1) + "Options",
                            new TreeSet<>(
                                    Stream.of(names.split(",")).map(name -> name.strip().replace("\"", "")).toList()));
                }
            }
        }
        assertFalse(actual.isEmpty());
        for (String name : declared.interfaces().keySet())
            if (name.endsWith("Options")) expected.put(name, declared.members(name));
        assertEquals(lines(expected), lines(actual));
    }

    @Test void everyExportMemberAndOptionHasALineOfDocumentation() {
        Set<String> bare = new TreeSet<>(declared.bare());
        bare.removeIf(name -> name.startsWith("Top."));
        assertEquals(Set.of(), bare);
    }

    private static String lines(Map<String, Set<String>> members) {
        StringBuilder text = new StringBuilder();
        members.forEach((name, set) -> text.append(name).append(": ").append(String.join(" ", set)).append('\n'));
        return text.toString();
    }
}
