package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Datasets and surveys as scripts meet them. */
class SurveyModuleTest {

    private static final String IMPORTS =
            """
                    import { ablate, collect, dataset, head, heads, load, metric, mlp, mlps,
                              resid, survey } from "lens";
                    const model = load();
                    const texts = ["Once upon a time, there was a girl.", "Tom has a red ball.", "She saw a big dog."];
                    const data = dataset(texts);
                    const of = collect => survey(model, data, { collect });
                    const whole = model.run(data.tokens(model), {
                              cache: ["blocks.*.attn.hook_z", "blocks.*.mlp.hook_post"],
                      loss: true });
                    const close = (a, b) => Math.abs(a - b) < 1e-5;
                    """;

    @Test void whatASurveyFindsIsWhatARunOfAllRowsFinds() {
        Scripts.prints(IMPORTS, "",
                "of({ m: collect.mean(heads().z) }).m.get(head('1.2')).sub("
                        + "whole.cache.get(head('1.2').z).mean('batch', 'pos')).abs().max() < 1e-6",
                "true",
                "of({ m: collect.mean(heads().z) }).m.tensor.shape", "[5, 4, 32]",
                "close(of({ l: collect.loss() }).l.mean, whole.loss.mean())", "true",
                "of({ l: collect.metric(metric.loss()) }).l.sub(metric.loss().of(whole).rename({ batch: 'row' })).abs()"
                        + ".max() < 1e-5",
                "true",
                "close(of({ t: collect.top(mlp(2).post, { k: 1 }) }).t.examples(mlp(2).post, 7)[0].value, "
                        + "whole.cache.get(mlp(2).post).slice({ dMlp: [7, 8] }).max())",
                "true",
                "of({ t: collect.top(heads().z, { per: 'head', k: 2 }) }).t.examples(head('3.1')).length", "2",
                "of({ q: collect.quantiles(mlp(0).post) }).q.get(0.5) < of({ q: collect.quantiles(mlp(0).post) })"
                        + ".q.get(0.9)",
                "true",
                "of({ c: collect.covariance(resid(1).post) }).c.get().shape", "[128, 128]",
                "of({ l: collect.loss() }).read", "3 rows, 26 tokens");
    }

    @Test void meansAreTakenByAblations() {
        Scripts.prints(IMPORTS, """
                const { m } = of({ m: collect.mean(heads().z) }), by = of({ m: collect.mean(heads().z,
                  { by: "position" }) }).m;
                const loss = over => model.with(ablate(head("1.2"), { with: "mean", ...over }))
                  .run(texts[0], { loss: true }).loss.mean();
                const tokens = data.tokens(model);
                """,
                "close(loss({ over: m }), loss({ over: tokens }))", "true",
                "close(loss({ over: data }), loss({ over: tokens }))", "true",
                "close(loss({ over: by, by: 'position' }), loss({ over: tokens, by: 'position' }))", "true",
                "close(loss({ over: data, by: 'position' }), loss({ over: tokens, by: 'position' }))", "true",
                "loss({ over: m, by: 'position' })",
                "RangeError: these means are over all positions: survey them with collect.mean(…, { by: "
                        + "\"position\" }) to ablate by position");
    }

    @Test void mistakesAreNamed() {
        Scripts.prints(IMPORTS, "",
                "dataset(texts, { lenght: 3 })",
                "TypeError: dataset: no option \"lenght\"; nearest: length",
                "dataset(texts, { pack: true })",
                "RangeError: a dataset that is packed needs a length: how many tokens a row has",
                "dataset(texts, { split: [0.5, 2] })",
                "RangeError: a split is a share of documents from 0 to 1, as in [0, 0.9], not [0.5, 2.0]",
                "dataset(7)",
                "TypeError: a dataset's source, unless it is a file, is an array, not 7",
                "survey(model, texts, { collect: { l: collect.loss() } })",
                "TypeError: survey's second argument is a dataset, as dataset(…) makes it, not an array of 3",
                "of({ l: metric.loss() })",
                "TypeError: survey's collect gives collectors, as collect.mean(…) makes them; l is a Metric",
                "of({})",
                "RangeError: survey's collect is empty: a survey collects at least one thing",
                "of({ f: collect.metric(run => 1) })",
                "TypeError: collect.metric takes a metric, as metric.loss() makes it, not a function: it is "
                        + "computed in the run itself",
                "of({ m: collect.mean(mlps('*').post) }).m.get()",
                "RangeError: this was surveyed of 5 values, blocks.0.mlp.hook_post to blocks.4.mlp.hook_post: name one",
                "of({ m: collect.mean(mlp(1).post) }).m.get(mlp(2).post)",
                "RangeError: blocks.2.mlp.hook_post was not surveyed; surveyed: blocks.1.mlp.hook_post",
                "of({ t: collect.top(mlp(1).post) }).t.examples(mlp(1).post, 400)",
                "RangeError: there is no number 400 among what was surveyed of blocks.1.mlp.hook_post");
    }

    @Test void aPageShowsWhatNeuronsHeadsAndDirectionsFireOn() {
        String imports = IMPORTS.replace("heads, load", "heads, html, load");
        Scripts.prints(imports, "const { t } = of({ t: collect.top(mlps('*').post, { k: 2, context: 3 }) });",
                "html.examples(t, { most: 3 })", "Page \"Examples\": examples of 3 columns",
                "html.examples(t, { of: [[mlp(2).post, 17]], tokens: 0, title: 'One' })",
                "Page \"One\": examples of 1 column",
                "html.examples(of({ t: collect.top(heads().z, { per: 'head' }) }).t, "
                        + "{ of: [head('1.2'), head('0.3')] })",
                "Page \"Examples\": examples of 2 columns",
                "html.examples(of({ t: collect.top(resid(2).post, "
                        + "{ direction: model.weights.W_U.at({ dVocab: 40 }) }) }).t)",
                "Page \"Examples\": examples of 1 column",
                "html.examples(whole)",
                "TypeError: html.examples's first argument is what collect.top has found in a survey, not a Run",
                "html.examples(t, { of: [[mlp(2).post, 400]] })",
                "RangeError: there is no number 400 among what was surveyed of blocks.2.mlp.hook_post");
    }

    @Test void invalidLinesAreWarnedOfByName(@TempDir Path folder) throws IOException, ScriptFailure {
        Files.writeString(folder.resolve("t.jsonl"), "{\"text\": \"Tom\"}\n{\"text\": }\n");
        String printed = Scripts.run(folder, """
                import { collect, dataset, load, print, survey } from "lens";
                const { read } = survey(load(), dataset("t.jsonl"), { collect: { loss: collect.loss() } });
                print(read.rows, read.invalid, read.named);
                """);
        assertTrue(printed.contains("1 1 [\"t.jsonl line 2: the line is no JSON\"]"), printed);
    }

    @Test void storedValuesAreInAFolderOfTheRun(@TempDir Path folder) throws IOException, ScriptFailure {
        Scripts.run(folder, """
                import { collect, dataset, load, resid, survey } from "lens";
                const data = dataset(["Once upon a time", "Tom has"]);
                survey(load(), data, { collect: { kept: collect.store(resid(1).post, "kept") } });
                """);
        try (var files = Files.list(folder.resolve("out/kept"))) {
            assertEquals(List.of("blocks.1.hook_resid_post-000000.safetensors", "index.parquet"),
                    files.map(file -> file.getFileName().toString()).sorted().toList());
        }
    }
}
