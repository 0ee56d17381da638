package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Home;

class CommandLineTest {

    @TempDir Path folder;

    @Test void withoutArgumentsItListsItsCommands() {
        Lens.Result result = Lens.run();
        assertEquals(Exit.USAGE, result.exit());
        for (String command : new String[]{"run", "repl", "generate", "chat", "info", "devices", "bench", "jupyter",
                "new"}) {
            assertTrue(result.out().contains("\n  " + command + " "), command);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"run", "repl", "generate", "chat", "info", "devices", "bench",
            "jupyter", "new"}) void everyCommandHasHelpWithExamples(String command) {
        Lens.Result result = Lens.run(command, "--help");
        assertEquals(Exit.DONE, result.exit());
        assertTrue(result.out().startsWith("Usage: lens " + command));
        assertTrue(result.out().contains("\nExamples:\n  "));
        assertTrue(result.out().lines().allMatch(line -> line.length() <= 100), "no line is wider than 100 columns");
        assertEquals("", result.err());
    }

    @Test void theVersionIsTheBuilds() {
        assertTrue(Lens.run("--version").out().matches("TornadoLens \\d+\\.\\d+\\.\\d+\\S*, Java \\S+\\R"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"rnu", "--versoin"}) void anUnknownCommandIsAnsweredWithTheNearest(String word) {
        Lens.Result result = Lens.run(word);
        assertEquals(Exit.USAGE, result.exit());
        assertTrue(result.err().matches(
                "lens: no (command \"rnu\"; nearest: run\\b.*|option \"--versoin\"; nearest: --version\\b.*)\\R"),
                result.err());
    }

    @Test void anUnknownOptionIsAnsweredWithTheNearest() {
        usage("lens run: no option \"--modle\"; nearest: --model", "run", "--modle", "x");
        usage("lens generate: no option \"--temprature\"; nearest: --temperature", "generate", "x", "--temprature=1");
    }

    @Test void wrongArgumentsSayWhatWouldBeRight() {
        usage("missing required parameter: 'SCRIPT'", "run");
        usage("\"b.js\" is one argument too many", "run", "a.js", "b.js");
        usage("missing required parameter for option '--seed' (N)", "run", "a.js", "--seed");
        usage("option '--seed' (N) should be specified only once", "run", "a.js", "--seed", "1", "--seed=2");
        usage("--max takes a whole number from 0 to 9007199254740991, not \"-1\"", "generate", "x", "--max", "-1");
        usage("--temperature takes a number, not \"hot\"", "generate", "x", "--temperature", "hot");
        usage("temperature -1.0: it must be 0 or more", "generate", "x", "--temperature", "-1");
        usage("no device \"cqu\"; nearest: cpu", "generate", "x", "--device", "cqu");
        usage("no device \"tornado\": there is no TornadoVM SDK; install one with: sdk install tornadovm", "generate",
                "x", "--device", "tornado");
        usage("no dtype \"bf61\"; weights can be converted to f32, f16, bf16, q8_0", "generate", "x", "--dtype",
                "bf61");
    }

    private static void usage(String expected, Object... arguments) {
        Lens.Result result = Lens.run(arguments);
        assertEquals(Exit.USAGE, result.exit());
        assertTrue(result.err().contains(expected), result.err());
        assertEquals(1, result.err().lines().count(), "one line");
    }

    @Test void aMissingModelIsABadModel() {
        Lens.Result result = Lens.run("generate", "x", "--model", folder.resolve("none"));
        assertEquals(Exit.BAD_MODEL, result.exit());
        assertEquals("lens generate: " + folder.resolve("none") + ": no such file or folder\n", result.err());
    }

    @Test void theEnvironmentNamesTheModelAndAFlagWinsOverIt() {
        Map<String, String> environment = Map.of("TORNADOLENS_MODEL", folder.resolve("none").toString());
        assertEquals(Exit.BAD_MODEL, Lens.run(environment, "", "generate", "Once", "--max", "1").exit());
        assertEquals(Exit.DONE,
                Lens.run(environment, "", "generate", "Once", "--max", "1", "--model", Home.bundledModel()).exit());
        assertEquals(Exit.DONE, Lens.run(Map.of("TORNADOLENS_MODEL", ""), "", "generate", "Once", "--max", "1").exit(),
                "an empty variable is none");
    }

    @Test void generationStartsWithItsPromptAndIsTheSameEveryTime() {
        Lens.Result once = Lens.run("generate", "Once upon a", "--max", "8", "--temperature", "0.9", "--seed", "3");
        assertEquals(Exit.DONE, once.exit());
        assertTrue(once.out().startsWith("Once upon a "), once.out());
        assertEquals(once.out(),
                Lens.run("generate", "Once upon a", "--max", "8", "--temperature", "0.9", "--seed", "3").out());
        assertEquals("", once.err(), "nothing is said off a terminal");
    }

    @Test void generationEndsBeforeTheStopText() {
        String whole = Lens.run("generate", "Once upon a", "--max", "20").out();
        String stop = whole.substring(20, 24);
        Lens.Result stopped = Lens.run("generate", "Once upon a", "--max", "20", "--stop", "§", "--stop", stop);
        assertEquals(whole.substring(0, whole.indexOf(stop, 11)) + "\n", stopped.out());
        usage("a stop text is empty", "generate", "x", "--stop", "");
    }

    @Test void limitsOfSamplingAreCheckedAndApply() {
        usage("topP 0.0: it must be above 0 and at most 1", "generate", "x", "--top-p", "0");
        usage("minP 2.0: it must be from 0 (all) to 1", "generate", "x", "--min-p", "2");
        usage("--top-k takes a whole number", "generate", "x", "--top-k", "-3");
        String greedy = Lens.run("generate", "Once upon a", "--max", "8").out();
        for (String limit : new String[]{"--top-k=1", "--min-p=1", "--top-p=0.0001"})
            assertEquals(greedy, Lens.run("generate", "Once upon a", "--max", "8", "--temperature", "2", limit).out());
    }

    @Test void noTokensMoreGiveThePromptAlone() {
        assertEquals("Ä 日本 text\n", Lens.run("generate", "Ä 日本 text", "--max", "0").out());
    }

    @Test void infoShowsTheModelAndTheNamesOfItsHooks() {
        Lens.Result result = Lens.run("info");
        assertEquals(Exit.DONE, result.exit());
        assertTrue(result.out().contains("nLayers"));
        assertTrue(result.out().contains("\n  blocks.N.attn.hook_pattern\n"));
        assertTrue(result.out().matches("(?s).*\n  BF16 +[\\d.]+ MB\n.*"));
        assertEquals(result.out(), Lens.run("info", Home.bundledModel()).out());
    }

    @Test void devicesListsTheCpu() {
        assertTrue(Lens.run("devices").out().lines().anyMatch(line -> line.startsWith("cpu ")));
    }

    @ParameterizedTest
    @MethodSource("org.tornadolens.dsl.cli.NewCommand#kinds") void aNewScriptOfEveryKindRunsAndItsChecksHold(
            String kind) {
        Path script = folder.resolve("mine.js");
        NewScripts.write(folder.resolve("mine"), kind);
        Lens.Result run = Lens.run("run", script, "--out", folder.resolve("out"));
        assertEquals(Exit.DONE, run.exit(), run.out() + run.err());
    }

    @Test void aNewScriptNeverOverwritesAFile() throws IOException {
        Path script = folder.resolve("mine.js"), settings = folder.resolve("jsconfig.json");
        Files.writeString(script, "// edited");
        Lens.Result again = Lens.run("new", script);
        assertEquals(Exit.USAGE, again.exit());
        assertTrue(again.err().contains("exists already"));
        assertEquals("// edited", Files.readString(script));
        assertFalse(Files.exists(folder.resolve("mine.js.js")));
        assertFalse(Files.exists(settings));

        Files.writeString(settings, "{}");
        Files.writeString(folder.resolve("lens.d.ts"), "// mine");
        assertEquals(Exit.DONE, Lens.run("new", folder.resolve("other")).exit());
        assertEquals("{}", Files.readString(settings));
        assertEquals("// mine", Files.readString(folder.resolve("lens.d.ts")));
        usage("no kind of script \"patchng\"; nearest: patching", "new", "x", "--kind", "patchng");
    }
}
