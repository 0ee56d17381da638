package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;

import com.google.gson.JsonElement;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.tornadolens.dsl.Exit;

/** Every script in {@code scripts/} runs on the bundled model, all of its checks hold, and it leaves something to look at. */
class ExperimentsTest {

    private static final Path SCRIPTS = Path.of("../scripts");

    static List<String> scripts() throws IOException {
        try (Stream<Path> files = Files.list(SCRIPTS)) {
            return files.map(file -> file.getFileName().toString()).filter(name -> name.endsWith(".js") && !name.equals("hello.js")).sorted().toList();
        }
    }

    @ParameterizedTest
    @MethodSource("scripts")
    void itsChecksHoldOnTheBundledModel(String script, @TempDir Path folder) throws IOException {
        Lens.Result result = Lens.run("run", SCRIPTS.resolve(script), "--out", folder.resolve("out"));
        assertEquals(Exit.DONE, result.exit(), result.out() + result.err());
        var record = JsonParser.parseString(Files.readString(folder.resolve("out/run.json"))).getAsJsonObject();
        assertFalse(record.getAsJsonArray("checks").isEmpty(), "it checks what it claims");
        assertFalse(record.getAsJsonArray("files").asList().stream().map(JsonElement::getAsString).filter(name -> name.endsWith(".png")).toList().isEmpty(), "it draws");
    }
}
