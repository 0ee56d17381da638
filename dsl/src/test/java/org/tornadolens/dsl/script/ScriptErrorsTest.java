package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.Exit;

class ScriptErrorsTest {

    @TempDir Path folder;
    private RunningScript script;

    @BeforeEach void script() { script = new RunningScript(folder); }

    /** Returns the description with FILE in place of the script's path. */
    private String described(String text) {
        return script.fails(text).describe().replace(script.file().toString(), "FILE");
    }

    @Test void anErrorShowsItsLineAndTheCallsThatLedThere() { assertEquals("""
            FILE:2:9: TypeError: Cannot read property 'x' of undefined
                return value.x;
                       ^
              at inner (FILE:2:9)
              at outer (FILE:4:22)
              at FILE:5:1""", described("""
            function inner(value) {
            \treturn value.x;
            }
            function outer() {   inner(undefined); }
            outer();
            """)); }

    @Test void anErrorOfTheModuleIsTheScriptsLineWithoutJava() {
        ScriptFailure failure =
                script.fails("import { tensor } from 'lens';\nconst t = tensor([1, 2], ['pos']);\nt.mean('poss');\n");
        assertTrue(failure.describe().startsWith(script.file() + ":3:1: RangeError: "), failure.describe());
        assertTrue(failure.describe().contains("nearest: pos"), failure.describe());
        assertFalse(failure.describe().matches("(?s).*(java|org\\.|lens:).*".replace("lens:", "/lens:")),
                failure.describe());
        assertInstanceOf(UsageException.class, failure.getCause(), "--verbose shows it");
    }

    @Test void anErrorThrownAgainKeepsItsPlaceAndItsCause() {
        ScriptFailure failure =
                script.fails("import { load } from 'lens';\ntry { load('nothing-there'); } catch (e) {\n throw e; }");
        assertEquals(2, failure.places().getFirst().line());
        assertEquals(Exit.BAD_MODEL, failure.exit());
    }

    @Test void aSyntaxErrorCountsColumnsFromOne() { assertEquals("""
            FILE:2:11: SyntaxError: Expected an operand but found =
                let b = = 4;
                        ^""", described("let a = 3;\n  let b = = 4;\n")); }

    @Test void anImportThatDoesNotExistNamesTheNearest() throws IOException {
        String described = described("\nimport { print, recrod } from \"lens\";\n");
        assertTrue(described.startsWith("FILE:2:17: SyntaxError: \"lens\" has no export \"recrod\"; nearest: record"),
                described);
        Files.writeString(folder.resolve("prompts.js"), "");
        assertTrue(described("import './promts.js';").contains("nearest: prompts.js"));
    }

    @Test void aNameThatOnlyLacksItsImportIsToldSo() {
        assertTrue(described("record('x', 1);")
                .startsWith("FILE:1:1: ReferenceError: record is not defined; import { record } from \"lens\""));
        assertTrue(described("recordd('x', 1);").startsWith("FILE:1:1: ReferenceError: recordd is not defined\n"));
    }

    @Test void anErrorInAnImportedFileNamesThatFile() throws IOException {
        Path other =
                Files.writeString(folder.resolve("other.js"), "export function go() {\n  throw new Error('no');\n}\n");
        ScriptFailure failure = script.fails("import { go } from './other.js';\n\ngo();\n");
        assertEquals(other + ":2:9", failure.places().getFirst().file() + ":2:9");
        assertEquals(script.file() + ":3:1", failure.places().get(1).toString());
    }

    @Test void anErrorAfterAnAwaitIsStillPlaced() {
        assertTrue(described("await Promise.resolve();\nnull.x;").startsWith("FILE:2:1: TypeError"));
    }

    @Test void aRejectionThatNobodyHandlesEndsTheScript() {
        assertTrue(described("Promise.reject(new Error('lost'));").startsWith("FILE:1:16: Error: lost"));
    }

    @Test void anAwaitThatNeverEndsIsAnError() {
        assertEquals(script.file() + ": the script ended while it awaits a promise that nothing settles",
                script.fails("await new Promise(() => {});").describe());
    }

    @Test void anythingCanBeThrown() {
        assertEquals("thrown: 42", script.fails("throw 42;").getMessage());
        assertEquals("thrown: stop", script.fails("throw 'stop';").getMessage());
        assertEquals(Exit.SCRIPT_THREW, script.fails("throw null;").exit());
        assertEquals("Mine: m",
                script.fails("class Mine extends Error { name = 'Mine'; } throw new Mine('m');").getMessage());
    }

    @Test void endlessRecursionIsAnErrorLikeAnyOther() {
        assertTrue(script.fails("const f = () => f() + 1; f();").getMessage()
                .startsWith("RangeError: Maximum call stack size exceeded"));
    }

    @Test void aLongLineIsShownAroundItsColumn() {
        String padding = "/* " + "x".repeat(300) + " */ ";
        assertTrue(described(padding + "null.y; " + padding).lines().skip(1).allMatch(line -> line.length() <= 130));
    }

    @Test void wrongArgumentsOfTheRunsFunctionsAreTypeErrors() {
        for (String call : new String[]{"check('x', 1)", "check('', true)", "check(true)", "record('x')",
                "record('x', () => 1)", "record(3, 3)"}) {
            assertTrue(script.fails("import { check, record } from 'lens'; " + call + ";").getMessage()
                    .startsWith("TypeError: "), call);
        }
    }

    @Test void anErrorInAHookIsTheScriptsOwn() {
        ScriptFailure failure = script.fails("""
                import { load, hook, site } from 'lens';
                const model = load();
                model.run([1, 5, 6], { hooks: [hook(site('blocks.0.hook_resid_pre'), value => {
                  throw new Error('from the hook');
                })] });
                """);
        assertEquals("Error: from the hook", failure.getMessage());
        assertEquals(4, failure.places().getFirst().line());
    }
}
