package org.tornadolens.dsl.repl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Console;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Models;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.script.Evaluator;

class CompletionTest {

    @TempDir static Path folder;
    private static RunFolder files;
    private static Evaluator session;
    private static Completion completion;

    @BeforeAll static void begin() throws IOException {
        files = RunFolder.direct(folder.resolve("out"));
        PrintStream nowhere = new PrintStream(PrintStream.nullOutputStream());
        Host host = new Host(Settings.DEFAULT, new Console(nowhere, nowhere, false, new Interrupts()), folder, files,
                Optional.empty(), Optional.empty());
        session = new Evaluator(host);
        session.define("model", Models.open(Settings.DEFAULT));
        for (String input : List.of("const run = model.run('Once')", "const mine = { alpha: 1, beta: { gamma: 2 } }",
                "let reads = 0; const trap = { get dear() { reads++; return 1 } }", "const xs = [1, 2]"))
            session.evaluate(input);
        completion = new Repl(session, host, Look.PLAIN, "load()").completion();
    }

    @AfterAll static void end() throws IOException {
        session.close();
        files.close();
    }

    private static List<String> at(String before) {
        return completion.at(before).all().stream().map(Completion.Suggestion::text).toList();
    }

    private static void suggests(String before, String... expected) {
        List<String> found = at(before);
        for (String one : expected) assertTrue(found.contains(one), before + " gives " + found);
    }

    @Test void variablesExportsAndTheLanguagesOwnNames() {
        suggests("mi", "mine");
        suggests("mod", "model");
        suggests("1 + he", "head", "heads");
        suggests("aw", "await");
        suggests("Ma", "Math", "Map");
        assertEquals(4, completion.at("1 + he").start());
    }

    @Test void membersOfValuesAndOfWhatCallsWouldReturn() {
        suggests("mine.", "alpha", "beta");
        suggests("mine.beta.", "gamma");
        suggests("model.", "run", "config", "generate");
        suggests("model.config.", "nLayers", "dModel");
        suggests("run.logits.", "mean", "shape", "softmax");
        suggests("model.run('x').cache.", "get", "names");
        suggests("head('1.0').", "z", "pattern");
        suggests("chart.", "heatmap");
        suggests("circuit.", "load", "discover");
        suggests("xs.", "map", "length");
        suggests("'a'.", "split");
        assertEquals(List.of("nLayers"), at("model.config.nL"));
    }

    @Test void noGetterRuns() {
        suggests("trap.", "dear");
        at("trap.dear.");
        assertEquals("0", session.text(((Evaluator.Outcome.Done) session.evaluate("reads")).value().orElseThrow()));
    }

    @Test void optionsOfFunctionsButNotThoseGiven() {
        suggests("model.run('x', { ", "cache", "hooks", "stopAt");
        assertFalse(at("model.run('x', { cache: true, ").contains("cache"));
        suggests("ablate(head('1.0'), { w", "with");
        suggests("train({ config: { nL", "nLayers");
        suggests("sweep(model, 'x', { over: heads(), apply: h => ablate(h, { ", "with", "steps");
    }

    @Test void insideATextWhatMayStandThere() {
        suggests("ablate(head('1.0'), { with: \"", "zero", "mean", "resample");
        suggests("site(\"blocks.3.attn.hook_", "blocks.3.attn.hook_z", "blocks.3.attn.hook_pattern");
        suggests("site(\"blo", "blocks.");
        suggests("site(\"blocks.", "blocks.0.", "blocks.*.");
        suggests("run.cache.get('blocks.0.hook_resid_", "blocks.0.hook_resid_pre");
        suggests("model.run('x', { cache: [\"hook_", "hook_embed");
        suggests("head(\"1", "1.");
        suggests("head(\"1.", "1.0", "1.3");
        assertEquals(List.of(), at("print(\"blo"));
    }

    @Test void filesOfModels() throws IOException {
        Files.createFile(folder.resolve("a.gguf"));
        Files.createFile(folder.resolve("a.txt"));
        Files.createDirectory(folder.resolve("inner"));
        assertEquals(List.of(folder + "/a.gguf"), at("load(\"" + folder + "/a"));
        suggests("load('" + folder + "/", folder + "/inner/");
        suggests(".load " + folder + "/a", folder + "/a.txt");
    }

    @Test void commands() {
        assertEquals(List.of(".save"), at(".sa"));
        suggests(".time model.", "run");
        suggests(".help hea", "heads");
    }

    @Test void nothingInsideWrongInputOrComments() {
        assertEquals(List.of(), at("/* mod"));
        suggests("const y = ; model.", "run");
    }
}
