package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.Objects;
import java.util.function.Supplier;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Value;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;
import org.tornadolens.dsl.Version;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.model.Model;
import org.tornadolens.tensor.Tensor;

/** A bug of TornadoLens is told apart from a mistake of the script, and from an error of the script's own code. */
class InternalErrorTest {

    @TempDir Path folder;

    /** Stands for the scores, and fails as Java can. */
    public static final class FailingScores {

        private final String how;

        FailingScores(String how) { this.how = how; }

        @HostAccess.Export public Tensor copying(Model model) throws IOException {
            Object text = "text";
            switch (how) {
                case "null" -> Objects.requireNonNull((Object) null, "no weights");
                case "index" -> List.of(1, 2).get(2);
                case "cast" -> ((Integer) text).intValue();
                case "state" -> throw new IllegalStateException("a state");
                case "element" -> throw new NoSuchElementException("no element");
                case "division" -> System.out.print(1 / how.indexOf("d"));
                case "argument of the library" -> new ArrayList<>(-1).clear();
                case "assertion" -> throw new AssertionError("an assertion");
                case "request" -> Requests.read(Value.asValue(3), FailingRequest.class);
                case "usage" -> throw new UsageException("no head 9.9");
                case "own argument" -> throw new IllegalArgumentException("5 slots for a past of 4");
                case "overflow" -> Math.multiplyExact(1 << 20, 1 << 20);
                case "file" -> throw new IOException("x.npy: cut short");
                case "memory" -> throw new OutOfMemoryError("no room");
                default -> throw new AssertionError(how);
            }
            return null;
        }

        @HostAccess.Export public Object patterns(Value request) { return null; }
    }

    record FailingRequest(int n) {}

    /** How a script fails when the scores fail. */
    private ScriptFailure failure(String how, String text) throws IOException {
        return failure(() -> new FailingScores(how), text);
    }

    private ScriptFailure failure(Supplier<Object> scores, String text) throws IOException {
        Path file = Files.writeString(folder.resolve("script.js"), text);
        try (RunFolder files = RunFolder.direct(folder.resolve("out"))) {
            Host host = Hosts.of(System.out, folder, files);
            Map<String, Supplier<Object>> exports = new LinkedHashMap<>(Exports.of(host));
            exports.put("scores", scores);
            try (Sandbox sandbox = new Sandbox(host, exports, LensModule.all(), false)) {
                return assertThrows(ScriptFailure.class, () -> Script.run(file, host, sandbox));
            }
        }
    }

    private static final String COPYING = """
            import { load, scores } from "lens";
            function measured(model) {
              return scores.copying(model);
            }
            measured(load());
            """;

    @ParameterizedTest
    @ValueSource(strings = {"null", "index", "cast", "state", "element", "division", "argument of the library",
            "own argument", "assertion", "request"}) void anExceptionOfJavaThatNoScriptCausesIsAnInternalError(
                    String how)
                    throws IOException {
        ScriptFailure failure = failure(how, COPYING);
        assertEquals(Exit.INTERNAL_ERROR, failure.exit());
        assertTrue(failure.getMessage().startsWith("internal error of TornadoLens: java."), failure.getMessage());
        assertEquals(3, failure.places().getFirst().line());
    }

    @Test void theReportHasAllThatIsNeededToMendIt() throws IOException {
        List<String> lines = failure("index", COPYING).describe().lines().toList();
        String file = folder.resolve("script.js").toString();
        assertTrue(lines.getFirst().startsWith(file + ":3:10: internal error of TornadoLens: "
                + "java.lang.IndexOutOfBoundsException: "), lines.getFirst());
        assertTrue(lines.contains("  at measured (" + file + ":3:10)"), lines.toString());
        assertTrue(lines.contains("  at " + file + ":5:1"), lines.toString());
        assertTrue(lines.stream().anyMatch(line -> line.contains("TornadoLens " + Version.string() + ", Java ")));
        assertTrue(lines.stream().anyMatch(line -> line.startsWith("        at java.base/")), "the library's frames");
        assertTrue(lines.stream().anyMatch(line -> line.contains("FailingScores.copying(InternalErrorTest.java:")));
        assertTrue(lines.stream().anyMatch(line -> line.matches(" +at lens/scores\\.js:\\d+ \\(copying\\)")));
        assertFalse(lines.stream().anyMatch(line -> line.contains("com.oracle.truffle")), "none of the engine's");
    }

    @ParameterizedTest
    @CsvSource({"usage, RangeError: no head 9.9, SCRIPT_THREW",
            "overflow, RangeError: a size is too large: it has more elements than can be counted, SCRIPT_THREW",
            "file, Error: x.npy: cut short, SCRIPT_THREW",
            "memory, Error: out of memory: no room, OUT_OF_MEMORY"}) void aRefusalOfJavaIsNone(String how,
                    String message, Exit exit)
                    throws IOException {
        ScriptFailure failure = failure(how, COPYING);
        assertEquals(exit + " " + message, failure.exit() + " " + failure.getMessage());
        assertFalse(failure.describe().contains("bug"), failure.describe());
    }

    @Test void anErrorThatTheModulesOwnCodeRunsIntoIsAnInternalError() throws IOException {
        ScriptFailure failure = failure("null", """
                import { load, scores } from "lens";
                scores.induction(load());
                """);
        assertEquals(Exit.INTERNAL_ERROR, failure.exit());
        assertTrue(failure.getMessage().startsWith("internal error of TornadoLens: TypeError: "), failure.getMessage());
        assertEquals(2, failure.places().getFirst().line());
        assertTrue(failure.describe().contains("at lens/scores.js:"), failure.describe());
    }

    /** Scores whose function takes something else than the module gives it. */
    public static final class OtherScores {
        @HostAccess.Export public double copying(int layer) { return layer; }
    }

    @Test void anArgumentThatJavaDoesNotTakeIsAnInternalError() throws IOException {
        ScriptFailure failure = failure(OtherScores::new, COPYING);
        assertEquals(Exit.INTERNAL_ERROR, failure.exit());
        assertTrue(
                failure.getMessage()
                        .startsWith("internal error of TornadoLens: TypeError: scores.copying cannot take ("),
                failure.getMessage());
    }

    @Test void aBugThatTheScriptCatchesAndThrowsAgainStaysOne() throws IOException {
        ScriptFailure failure = failure("state", """
                import { load, scores } from "lens";
                try {
                  scores.copying(load());
                } catch (e) {
                  throw e;
                }
                """);
        assertEquals(Exit.INTERNAL_ERROR, failure.exit());
        assertEquals(3, failure.places().getFirst().line());
    }

    @ParameterizedTest
    @CsvSource(delimiter = '|', value = {
            "null.x;|TypeError: Cannot read property 'x' of null",
            "throw new TypeError('mine');|TypeError: mine",
            "sweep(load(), 'Once', { over: [1], apply: () => null.x, metric: metric.loss() });|TypeError: Cannot read",
            "load().run('Once', { cache: name => name.x.y });|TypeError: Cannot read property 'y' of undefined",
            "load().run('Once', { hooks: [hook('hook_embed', () => { throw new Error('mine'); })] });|Error: mine",
            "print({ get x() { throw new RangeError('mine'); } });|RangeError: mine",
            "load().run('Once', { cahce: true });|TypeError: run: no option \"cahce\"",
            "head('1.*');|RangeError: head takes one head",
            "const { run } = load(); run('Once');|TypeError: a method was called without its object: pass (…) => ",
            "const f = () => tensor([[1]], ['a', 'b']).toArray().map(f); f();|RangeError: Maximum call stack",
            "record('x', 1n);|TypeError: record(\"x\", …) cannot keep 1: ",
            "const o = {}; o.o = o; record('x', o);|TypeError: record(\"x\", …) cannot keep an object: ",
            "Promise.reject(new Error('lost'));|Error: lost"}) void aMistakeOrAnErrorOfTheScriptIsNone(String statement,
                    String message) throws IOException {
        ScriptFailure failure = failure("null", "import { head, hook, load, metric, print, record, sweep, tensor } "
                + "from \"lens\";\n" + statement);
        assertEquals(Exit.SCRIPT_THREW, failure.exit(), failure.describe());
        assertTrue(failure.getMessage().startsWith(message), failure.getMessage());
        assertFalse(failure.describe().contains("bug"), failure.describe());
    }

    @Test void aFileThatIsNoJsonIsTheScriptsMistake() throws IOException {
        Files.writeString(folder.resolve("circuit.json"), "{ name: ");
        ScriptFailure failure = failure("null", "import { circuit } from 'lens';\ncircuit.load('circuit.json');");
        assertEquals(Exit.SCRIPT_THREW, failure.exit(), failure.describe());
        assertTrue(failure.getMessage().startsWith("SyntaxError: circuit.json is no JSON: "), failure.getMessage());
    }
}
