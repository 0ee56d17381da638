package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import com.google.gson.JsonSyntaxException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.graalvm.polyglot.Value;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.Equivalents;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.repl.Declarations;

/**
 * {@code scripts/lens.d.ts} declares what the module has, no more and no less, and the scripts keep to it. The compiler
 * of TypeScript reads the declarations. The module says what it has by the objects that scripts meet and by its tables
 * of options, which check every call.
 */
class DeclarationsTest {

    private static final Path SCRIPTS = Path.of("../scripts");
    private static final String TABLES = "/tables.d.ts";

    /** Scripts that are wrong, by name, and what the compiler has to find in each. */
    private static final Map<String, List<String>> WRONG = Map.of(
            "wrong-option.js", List.of("""
                    import { load } from "lens";
                    load().run("Once", { cahce: true });
                    """, "wrong-option.js:2: Object literal may only specify known properties, "
                    + "but 'cahce' does not exist in type 'RunOptions'. Did you mean to write 'cache'?"),
            "wrong-member.js", List.of("""
                    import { load } from "lens";
                    load().run("Once").logits.maen("pos");
                    """, "wrong-member.js:2: Property 'maen' does not exist on type 'Tensor'."),
            "wrong-export.js", List.of("""
                    import { lod } from "lens";
                    """, "wrong-export.js:1: '\"lens\"' has no exported member named 'lod'. Did you mean 'load'?"),
            "wrong-value.js", List.of("""
                    import { ablate, head } from "lens";
                    ablate(head("1.0"), { with: "nothing" });
                    """, "wrong-value.js:2: Type '\"nothing\"' is not assignable to type "),
            "wrong-call.js", List.of("""
                    import { load } from "lens";
                    load().random({ batch: 2 });
                    """, "wrong-call.js:2: Argument of type '{ batch: number; }' is not assignable to parameter of "
                    + "type 'RandomOptions'.\n  Property 'length' is missing in type '{ batch: number; }'"));

    /** An instance of every kind of object that scripts meet, by its interface's name. */
    private static final String INSTANCES =
            """
                    import * as lens from "lens";
                    const {
                      load, head, heads, layer, mlp, resid, site, ablate, edit, metric, hook, tensor, scores, chart,
                      table, report, print, attribution, logitLens, residualDistance, neuronTokens, html, patching,
                      circuit,
                      tasks, train, attack, dataset, survey, collect,
                    } = lens;
                    const model = load();
                    const run = model.run("Once");
                    let context, rng, step;
                    train({
                      config: { nLayers: 1, nHeads: 1, dModel: 8, dVocab: 4 }, steps: 1,
                      data: r => { rng = r; return [[1, 2]]; },
                      every: { run: (_, at) => { step = at; } },
                    });
                    model.run("Once", { hooks: [hook(head("0.0"), (value, c) => { context = c; })] });
                    const ov = model.ov("0.0"), lensOfRun = logitLens(run), corpus = tasks.corpus();
                    const pair = { clean: "Once", corrupted: "The", metric: metric.logProb(5) };
                    const attributed = by => patching.attribution(model, { ...pair, by });
                    const graph = patching.iterate(model, { ...pair, top: 1, depth: 1, threshold: 0 });
                    const made = model.generate("Once", { max: 1, cache: "hook_embed", logProbs: 1 });
                    const one = circuit("c", { nodes: { a: "0.0" } });
                    const data = dataset(["Once", "The"]), surveyed = survey(model, data, { collect: {
                      mean: collect.mean(resid(0).pre), quantiles: collect.quantiles(resid(0).pre),
                      bins: collect.histogram(resid(0).pre), top: collect.top(resid(0).pre), loss: collect.loss(),
                    } });
                    const instances = {
                      Dataset: data, SurveyRead: surveyed.read, Collector: collect.loss(), Collect: collect,
                      SurveyMeans: surveyed.mean, SurveyQuantiles: surveyed.quantiles, SurveyHistograms: surveyed.bins,
                      SurveyBins: surveyed.bins.get(), SurveyTop: surveyed.top, SurveyLoss: surveyed.loss,
                      SurveyExample: surveyed.top.examples(resid(0).pre, 0)[0],
                      Model: model, Configuration: model.config, Weights: model.weights, Tokens: run.tokens, Run: run,
                      Cache: run.cache,
                      FactoredMatrix: ov, Svd: ov.svd(), Eigenvalues: ov.eigenvalues(), Entry: ov.top(1)[0],
                      Attribution: attribution, LogitLens: lensOfRun,
                      Followed: logitLens(run, { token: " Mary" }).token,
                      ResidualDistance: residualDistance(run, { pairs: [[0, 1]] }),
                      Neuron: neuronTokens(model, { layer: 0, neurons: 0 })[0],
                      Generated: made, Choice: made.logProbs[0], Alternative: made.logProbs[0].alternatives[0],
                      Attack: attack(model, { prompt: "Once", target: " upon", length: 1, steps: 0 }),
                      ChatPositions: model.chat([{ role: "user", content: "x" }], { template: "{{ 1 }}" }).positions,
                      Site: site("hook_embed"), Heads: heads(), Head: head("0.0"), Layer: layer(0), Mlp: mlp(0),
                      Residual: resid(0), Intervention: ablate(head("0.0"), { with: "zero" }), HookContext: context,
                      Tensor: tensor([1], "pos"), Scores: scores,
                      WeightPart: head("0.0").OV, WeightEdit: edit.zero(head("0.0").OV), Edit: edit,
                      Metric: metric.loss(), Metrics: metric,
                      AttributedNodes: attributed("node"), AttributedEdges: attributed("edge"),
                      CircuitCurve: circuit.curve(model, { ...pair, scores: attributed("head"), sizes: [1] }),
                      Patching: patching,
                      PathComparison: patching.path(model,
                        { ...pair, metric: metric.rank(5), receivers: "logits", senders: heads("0.0"), linear: true }),
                      PathGraph: graph, PathEdge: graph.edges[0],
                      Task: tasks.dyck(), Tasks: tasks, Corpus: corpus,
                      CorpusDocument: Object.freeze(Object.assign({}, ...corpus.documents(60, { seed: 0 }))),
                      Random: rng, TrainingStep: step,
                      Circuit: one, CircuitEvaluation: one.evaluate(model, pair),
                      Html: html, Page: html.logitLens(lensOfRun),
                      Charts: chart, Chart: chart.heatmap(tensor([[1]], ["layer", "head"])), Table: table([{ a: 1 }]),
                      Report: report("A report", "text"),
                    };
                    const passing = ["constructor", "toJSON"];
                    const kind = ({ get, set, value, writable }) => typeof value === "function" ? "function"
                      : get === undefined ? writable ? "value" : "readonly" : set === undefined ? "readonly" : "value";
                    const members = object => {
                      const found = new Map();
                      for (let o = object; o !== null && o !== Object.prototype; o = Object.getPrototypeOf(o)) {
                        for (const name of Object.getOwnPropertyNames(o)) {
                          if (passing.includes(name) || found.has(name)) continue;
                          found.set(name, kind(Object.getOwnPropertyDescriptor(o, name)));
                        }
                        if (Object.hasOwn(o, Symbol.iterator)) found.set("__@iterator", "function");
                      }
                      return [...found].map(([name, kind]) => `${kind} ${name}`);
                    };
                    const told = (name, all) => print(`${name}: ${all.sort().join(", ")}`);
                    told("exports", Object.keys(lens));
                    for (const [name, value] of Object.entries(lens)) {
                      if (typeof value === "function") told(`export ${name}`, Object.keys(value));
                    }
                    for (const [name, object] of Object.entries(instances)) told(name, members(object));
                    """;

    /** An option as the module's table has it. @param otherwise its default, if that is a literal */
    private record Option(boolean required, String type, Optional<JsonElement> otherwise) {}

    private static TypeScript.Result found;
    private static Map<String, Map<String, Option>> tables;
    private static Map<String, Set<String>> inTheModule;

    @BeforeAll static void ask(@TempDir Path folder) throws IOException {
        tables = tables(folder);
        inTheModule = inTheModule();
        Map<String, String> files = new TreeMap<>();
        Set<String> checked = new LinkedHashSet<>();
        try (Stream<Path> scripts = Files.list(SCRIPTS)) {
            for (Path file : scripts.filter(Files::isRegularFile).toList()) {
                String name = "/scripts/" + file.getFileName();
                files.put(name, Files.readString(file));
                if (name.endsWith(".js") || name.endsWith(".ts")) checked.add(name);
            }
        }
        WRONG.forEach((name, textAndProblem) -> {
            files.put("/scripts/" + name, textAndProblem.getFirst());
            checked.add("/scripts/" + name);
        });
        files.put(TABLES, declaredTables());
        found = TypeScript.check(files, checked, TABLES);
    }

    private static Map<String, Map<String, Option>> tables(Path folder) throws IOException {
        try (RunFolder files = RunFolder.direct(folder.resolve("out"));
                Sandbox sandbox = Sandbox.forSession(Hosts.of(System.out, folder, files))) {
            Value json = sandbox.context().eval("js", "value => JSON.stringify(value)");
            Value all = sandbox.bridge().optionTables();
            Map<String, Map<String, Option>> tables = new TreeMap<>();
            for (String type : all.getMemberKeys()) {
                Map<String, Option> options = new LinkedHashMap<>();
                for (String name : all.getMember(type).getMemberKeys()) {
                    Value option = all.getMember(type).getMember(name), otherwise = option.getMember("default");
                    boolean literal = otherwise != null && !otherwise.isNull() && !otherwise.canExecute();
                    options.put(name, new Option(option.getMember("required").asBoolean(),
                            option.getMember("type").getMember("declared").asString(),
                            literal ? Optional.of(JsonParser.parseString(json.execute(otherwise).asString()))
                                    : Optional.empty()));
                }
                tables.put(type, options);
            }
            return tables;
        }
    }

    /** The tables as declarations, each beside the type that it is compared with. */
    private static String declaredTables() {
        StringBuilder text = new StringBuilder("declare module \"lens\" {\n");
        tables.forEach((type, options) -> {
            text.append("interface ").append(type).append("_ {\n");
            options.forEach((name, option) -> text.append(name).append(option.required ? ": " : "?: ")
                    .append(option.type).append(";\n"));
            text.append("}\n");
        });
        return text.append("}\n").toString();
    }

    private static Map<String, Set<String>> inTheModule() {
        Map<String, Set<String>> members = new LinkedHashMap<>();
        Scripts.printed(INSTANCES).lines().forEach(line -> {
            String[] nameAndMembers = line.split(": ?", 2);
            members.put(nameAndMembers[0], new TreeSet<>(
                    Stream.of(nameAndMembers[1].split(", ")).filter(name -> !name.isEmpty()).toList()));
        });
        return members;
    }

    // ---- scripts

    @Test void everyScriptTypeChecks() {
        List<String> problems = new ArrayList<>(found.problems());
        problems.removeIf(problem -> problem.startsWith("wrong-"));
        assertEquals(List.of(), problems);
    }

    @Test void whatIsMisspeltOrOfTheWrongTypeInAScriptIsFound() {
        WRONG.forEach((name, textAndProblem) -> {
            List<String> problems = found.problems().stream().filter(problem -> problem.startsWith(name)).toList();
            assertEquals(1, problems.size(), problems.toString());
            assertTrue(problems.getFirst().startsWith(textAndProblem.getLast()), problems.getFirst());
        });
    }

    // ---- exports and members

    @Test void everyExportIsDeclaredAndNothingElse() {
        assertEquals(inTheModule.get("exports"), new TreeSet<>(found.exports().keySet()));
        found.exports().forEach((name, export) -> assertEquals(
                inTheModule.getOrDefault("export " + name, Set.of()), new TreeSet<>(export.members().keySet()), name));
    }

    @Test void everyMemberIsDeclaredAsWhatItIsAndNothingElse() {
        Map<String, Set<String>> declared = new LinkedHashMap<>(), actual = new LinkedHashMap<>();
        inTheModule.forEach((type, members) -> {
            if (type.startsWith("export")) return;
            actual.put(type, members);
            declared.put(type, found.types().getOrDefault(type, Map.of()).entrySet().stream()
                    .map(member -> kind(member.getValue()) + " " + member.getKey().replaceFirst("(__@.*)@\\d+", "$1"))
                    .collect(Collectors.toCollection(TreeSet::new)));
        });
        assertEquals(lines(declared), lines(actual));
    }

    private static String kind(TypeScript.Member member) {
        return member.kind().equals("value") && member.readonly() ? "readonly" : member.kind();
    }

    @Test void everyDeclaredTypeIsCompared() {
        Set<String> types = new TreeSet<>(found.types().keySet());
        types.removeAll(inTheModule.keySet());
        types.removeAll(tables.keySet());
        assertEquals(Set.of("Message", "ModelFiles", "Top"), types,
                "declared, but neither an object of this test nor a table of options");
    }

    /** What is offered for a name of another library exists: members of what a name stands for, and exports. */
    @Test void whatOtherLibrariesNamesAreAnsweredWithExists() {
        Map<String, String> types = Map.of("model", "Model", "t", "Tensor", "a", "Tensor", "left", "Tensor",
                "right", "Tensor", "cache", "Cache", "run", "Run", "config", "Configuration", "weights", "Weights");
        Pattern member = Pattern.compile("\\b(" + String.join("|", types.keySet()) + ")\\.(\\w+)"),
                call = Pattern.compile("(?<![.\\w])([a-zA-Z]+)[.(](?!…)");
        Set<String> unknown = new TreeSet<>();
        Equivalents.all().forEach((theirs, ours) -> {
            String code = ours.replaceAll("\"[^\"]*\"", "text");
            for (Matcher named = member.matcher(code); named.find();) {
                if (!found.types().get(types.get(named.group(1))).containsKey(named.group(2))) unknown.add(ours);
            }
            for (Matcher called = call.matcher(code); called.find();) {
                String name = called.group(1);
                if (!found.exports().containsKey(name) && !types.containsKey(name)) unknown.add(ours);
            }
        });
        assertEquals(Set.of(), unknown);
    }

    // ---- options

    @Test void everyOptionIsDeclaredAsItsTableHasItAndNothingElse() {
        Map<String, Set<String>> declared = new TreeMap<>(), actual = new TreeMap<>();
        tables.forEach((type, options) -> {
            Set<String> inTable = new TreeSet<>(), inDeclaration = new TreeSet<>();
            options.forEach((name, option) -> inTable.add(option(name, !option.required(),
                    found.options().get(type).get(name).table())));
            found.types().getOrDefault(type, Map.of()).forEach((name, option) -> {
                TypeScript.Compared compared = found.options().get(type).get(name);
                inDeclaration.add(option(name, option.optional(),
                        compared != null && compared.same() ? compared.table() : option.type()));
            });
            actual.put(type, inTable);
            declared.put(type, inDeclaration);
        });
        assertEquals(lines(declared), lines(actual));
        assertTrue(tables.size() > 40, "tables are found");
    }

    private static String option(String name, boolean optional, String type) {
        return name + (optional ? "?: " : ": ") + type;
    }

    @Test void everyOptionThatMayBeLeftOutSaysItsDefaultAndTellsTheTruth() {
        Map<String, String> wrong = new TreeMap<>();
        tables.forEach((type, options) -> options.forEach((name, option) -> {
            TypeScript.Member declared = found.types().get(type).get(name);
            String said = declared.otherwise();
            if (option.required() ? said != null : said == null || said.isBlank())
                wrong.put(type + "." + name, said + ", but required is " + option.required());
            option.otherwise().filter(literal -> !literal.equals(json(said)))
                    .ifPresent(literal -> wrong.put(type + "." + name, said + ", not " + literal));
        }));
        assertEquals("", wrong.entrySet().stream().map(Object::toString).collect(Collectors.joining("\n")));
    }

    private static JsonElement json(String text) {
        try {
            return text == null ? null : JsonParser.parseString(text);
        } catch (JsonSyntaxException e) {
            return null;
        }
    }

    // ---- what the REPL reads of them

    @Test void theReplReadsEveryDeclarationAsTheCompilerDoes() {
        Declarations read = Declarations.ofModule();
        assertEquals(new TreeSet<>(found.exports().keySet()), new TreeSet<>(read.exports().keySet()));
        Map<String, Set<String>> declared = new TreeMap<>(), actual = new TreeMap<>();
        found.types().forEach((type, members) -> {
            Set<String> theirs = new TreeSet<>(), ours = new TreeSet<>();
            members.forEach((name, member) -> {
                if (!name.startsWith("__@"))
                    theirs.add(name + (member.optional() ? "?" : ""));
            });
            read.members(type).forEach((name, entry) -> ours.add(
                    name + (entry.optional() ? "?" : "")));
            declared.put(type, theirs);
            actual.put(type, ours);
        });
        assertEquals(lines(declared), lines(actual));
    }

    @Test void theReplReadsEveryDocumentation() {
        Declarations read = Declarations.ofModule();
        found.exports().forEach((name, export) -> {
            String ours = read.exports().get(name).prose();
            assertTrue(!ours.isEmpty() && plain(export.documentation()).startsWith(ours), name + ": " + ours);
        });
        found.types().forEach((type, members) -> members.forEach((name, member) -> {
            if (name.startsWith("__@")) return;
            String ours = read.members(type).get(name).prose(), theirs = plain(member.documentation());
            assertTrue(theirs.startsWith(ours) && ours.isEmpty() == theirs.isEmpty(), type + "." + name + ": " + ours);
        }));
    }

    private static String plain(String documentation) { return documentation.replaceAll("\\s+", " ").strip(); }

    // ---- documentation

    @Test void everyExportMemberAndOptionIsDocumented() {
        Set<String> bare = new TreeSet<>();
        found.exports().forEach((name, export) -> {
            if (export.documentation().isBlank()) bare.add(name);
            bare.addAll(bare(name, export.members()));
        });
        found.types().forEach((type, members) -> bare.addAll(bare(type, members)));
        assertEquals(Set.of(), bare);
        assertFalse(found.types().isEmpty());
    }

    /** Each example stands alone, with the module's exports and a model in scope. */
    @Test void everyExportHasAnExampleThatRuns() {
        StringBuilder script = new StringBuilder("import { " + String.join(", ", found.exports().keySet())
                + ", print as told } from \"lens\";\n");
        found.exports().forEach((name, export) -> {
            assertNotNull(export.example(), name + " has an example");
            String model = export.example().contains("const model") ? "" : "const model = load();\n";
            script.append("{\n").append(model).append(export.example()).append("\ntold(\"ran ").append(name)
                    .append("\");\n}\n");
        });
        List<String> ran = Scripts.printed(script.toString()).lines().filter(line -> line.startsWith("ran ")).toList();
        assertEquals(found.exports().keySet().stream().map("ran "::concat).sorted().toList(),
                ran.stream().sorted().toList());
    }

    private static Set<String> bare(String type, Map<String, TypeScript.Member> members) {
        return members.entrySet().stream()
                .filter(member -> member.getValue().documentation().isBlank() && !member.getKey().equals("toString"))
                .map(member -> type + "." + member.getKey()).collect(Collectors.toSet());
    }

    private static String lines(Map<String, Set<String>> members) {
        StringBuilder text = new StringBuilder();
        members.forEach((name, all) -> {
            text.append(name).append(":\n");
            all.forEach(member -> text.append("    ").append(member).append('\n'));
        });
        return text.toString();
    }
}
