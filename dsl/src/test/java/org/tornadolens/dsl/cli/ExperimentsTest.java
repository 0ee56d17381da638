package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.dsl.Exit;

/** Every script in {@code scripts/} runs on the bundled model, all its checks hold, and it writes results. */
class ExperimentsTest {

    private static final Path SCRIPTS = Path.of("../scripts");

    /** Scripts that train for a minute or more: they run at smaller sizes here, and their claims need not hold. */
    private static final Map<String,
            List<String>> TRAINING = Map.of("modular-addition.js", List.of("modulus=13", "width=16", "steps=60"),
                    "reverse-string.js", List.of("letters=4", "length=3", "steps=30"), "dyck.js",
                    List.of("length=12", "steps=30"),
                    "induction-emergence.js", List.of("letters=16", "pairs=4", "width=16", "steps=30"),
                    "train-bundled.js", List.of("first=4", "steps=4", "every=4", "tokens=128", "asked=4"));

    static List<String> scripts() throws IOException {
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            return files.map(file -> file.getFileName().toString())
                    .filter(name -> name.endsWith(".js") && !name.equals("hello.js") && !TRAINING.containsKey(name))
                    .sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("scripts") void itsChecksHoldOnTheBundledModel(String script, @TempDir Path folder)
            throws IOException {
        Lens.Result result = Lens.run("run", SCRIPTS.resolve(script), "--out", folder.resolve("out"));
        assertEquals(Exit.DONE, result.exit(), result.out() + result.err());
        var record = JsonParser.parseString(Files.readString(folder.resolve("out/run.json"))).getAsJsonObject();
        assertFalse(record.getAsJsonArray("checks").isEmpty(), "it checks what it claims");
        assertFalse(record.getAsJsonArray("files").asList().stream().map(JsonElement::getAsString)
                .filter(name -> name.endsWith(".png")).toList().isEmpty(), "it draws");
    }

    @ParameterizedTest
    @MethodSource("scripts") void aDryRunPlansIt(String script) throws IOException {
        Lens.Result result = Lens.run("run", SCRIPTS.resolve(script), "--dry-run");
        assertEquals(Exit.DONE, result.exit(), result.out() + result.err());
        assertTrue(result.out().contains(": it fits"), result.out());
    }

    static List<String> training() { return TRAINING.keySet().stream().sorted().toList(); }

    @ParameterizedTest
    @MethodSource("training") void whatTrainsRunsToItsEndAndDraws(String script, @TempDir Path folder)
            throws IOException {
        List<Object> command = new ArrayList<>(List.of("run", SCRIPTS.resolve(script), "--out", folder.resolve("out")));
        TRAINING.get(script).forEach(argument -> command.addAll(List.of("--arg", argument)));
        Lens.Result result = Lens.run(command.toArray());
        assertTrue(result.exit() == Exit.DONE || result.exit() == Exit.CHECK_FAILED, result.out() + result.err());
        var record = JsonParser.parseString(Files.readString(folder.resolve("out/run.json"))).getAsJsonObject();
        assertFalse(record.getAsJsonArray("checks").isEmpty(), "it checks what it claims");
        assertFalse(record.getAsJsonArray("files").asList().stream().map(JsonElement::getAsString)
                .filter(name -> name.endsWith(".png")).toList().isEmpty(), "it draws");
    }
}
