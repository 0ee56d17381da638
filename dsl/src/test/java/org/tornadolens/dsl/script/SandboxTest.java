package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The limits of what a script can reach. */
class SandboxTest {

    @TempDir Path around;
    private RunningScript script;

    @BeforeEach void folders() throws IOException {
        script = new RunningScript(Files.createDirectories(around.resolve("scripts")));
        Files.writeString(around.resolve("secret.js"), "export const secret = 'seen';");
    }

    @ParameterizedTest
    @ValueSource(strings = {"Java", "Packages", "Polyglot", "Graal", "java", "org", "process", "require", "module",
            "fetch", "XMLHttpRequest", "WebAssembly", "Deno", "load",
            "loadWithNewGlobal", "quit", "exit", "read", "readbuffer", "print", "printErr", "arguments", "__lens",
            "setTimeout", "importScripts"}) void nothingOfTheHostIsGlobal(String name) {
        assertEquals("undefined", script.prints("print(typeof globalThis." + name + ");"));
    }

    @ParameterizedTest
    @ValueSource(strings = {
            "Function('return typeof Java + typeof Polyglot + typeof load')()",
            "print.constructor('return typeof Java + typeof Polyglot + typeof load')()",
            "(async () => {}).constructor('return typeof Java + typeof Polyglot + typeof load')",
            "Reflect.construct(Function, ['return typeof Java + typeof Polyglot + typeof load'])()",
            "(0, eval)('typeof Java + typeof Polyglot + typeof load')"}) void evaluatedTextReachesNoMore(
                    String expression) {
        assertEquals("undefinedundefinedundefined", script.prints("let value = " + expression
                + "; if (typeof value === 'function') value = await value(); print(value);"));
    }

    @Test void aCaughtErrorHandsOutNothingOfJava() {
        String printed = script
                .prints("""
                        import { tensor } from "lens";
                        try { tensor([1, 2], ["pos"]).mean("pso"); } catch (e) {
                          print(e.name, e instanceof RangeError, Object.getOwnPropertyNames(e).sort(), e.cause,
                            typeof e.getClass, e.constructor === RangeError, /org\\.tornado|java\\./.test(e.stack + e));
                        }""");
        assertEquals("RangeError true [\"message\", \"stack\"] undefined undefined true false", printed);
    }

    @Test void objectsOfTheModuleShowNoJavaMembers() {
        String printed = script.prints("""
                import { load } from "lens";
                const model = load();
                const seen = [];
                for (let o = model; o; o = Object.getPrototypeOf(o)) seen.push(...Reflect.ownKeys(o));
                print(seen.some(key => /java|class|wait|notify|hashCode/i.test(String(key))));""");
        assertEquals("false", printed);
    }

    @Test void filesBesideTheScriptCanBeImported() throws IOException {
        Files.createDirectories(script.folder().resolve("lib"));
        Files.writeString(script.folder().resolve("lib/one.js"),
                "import { two } from '../two.js'; export const one = two - 1;");
        Files.writeString(script.folder().resolve("two.js"), "export const two = 2;");
        assertEquals("1 2",
                script.prints("import { one } from './lib/one.js'; print(one, (await import('./two.js')).two);"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"../secret.js", "./../secret.js", "./lib/../../secret.js", "../nothing.js", "/etc/passwd",
            "/", "file:///etc/passwd"}) void filesOutsideAreRefusedAndTheFlagIsNamed(String specifier)
                    throws IOException {
        Files.createDirectories(script.folder().resolve("lib"));
        String message = script.fails("import '" + specifier + "';").describe();
        assertTrue(message.contains("cannot be read") || message.contains("is not a file"), message);
        assertTrue(message.contains("--allow-read "), message);
        assertTrue(message.startsWith(script.file() + ":1:"), message);
    }

    @Test void whetherAFileOutsideExistsCannotBeToldApart() {
        String there = script.fails("import '../secret.js';").getMessage(),
                absent = script.fails("import '../nothing.js';").getMessage();
        assertEquals(there.replace("secret", "nothing"), absent);
    }

    @Test void aSymbolicLinkDoesNotLeadOut() throws IOException {
        Files.createSymbolicLink(script.folder().resolve("link.js"), around.resolve("secret.js"));
        Files.createSymbolicLink(script.folder().resolve("up"), around);
        assertTrue(script.fails("import './link.js';").getMessage()
                .contains("link.js, which leads to " + around.resolve("secret.js")));
        assertTrue(script.fails("import './up/secret.js';").getMessage().contains("cannot be read"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"fs", "node:fs", "https://example.org/x.js", "lens/host.js",
            "jar:file:/x.jar!/y.js"}) void otherModulesAreRefused(String specifier) {
        assertTrue(script.fails("import '" + specifier + "';").describe()
                .contains("cannot import \"" + specifier + "\": a script can import \"lens\""));
        assertEquals("Error true", script
                .prints("try { await import('" + specifier + "'); } catch (e) { print(e.name, e instanceof Error); }"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"/lens:/host.js", "/lens:/lens.js/../host.js", "/lens:/repl.js",
            "../../../../../../../../lens:/host.js"}) void theModulesInsidesCannotBeImported(String specifier) {
        assertTrue(script.fails("import * as inside from '" + specifier + "';").getMessage().startsWith("Error: "));
    }

    @Test void theModuleIsTheSameWhereverItIsImported() throws IOException {
        Files.writeString(script.folder().resolve("other.js"), "import { check } from 'lens'; export { check };");
        assertEquals("true", script.prints(
                "import { check } from 'lens'; import * as other from './other.js'; print(check === other.check);"));
    }

    @Test void randomNumbersComeFromTheSeed() {
        String random = "print([Math.random(), Math.random()]);";
        assertEquals(script.prints(random), script.prints(random));
        assertFalse(script.prints("print(Math.random() === Math.random());").equals("true"));
    }

    @Test void takingOverBuiltinsYieldsNothingOfJava() { assertEquals("true false", script
            .prints("""
                    import { tensor } from "lens";
                    const caught = [], define = Object.defineProperty;
                    Object.defineProperty = (object, key, descriptor) => {
                      caught.push(object, descriptor.value);
                      return define(object, key, descriptor);
                    };
                    WeakMap.prototype.set = function (key, value) { caught.push(value); return this; };
                    try { tensor([1], ["pos"]).mean("x"); } catch (e) { caught.push(e, e.cause); }
                    const members = ["class", "getClass", "getMessage", "object", "translate", "loaded"];
                    const seen = caught.some(c => c && members.some(name => Reflect.has(Object(c), name)));
                    print(caught.length > 2, seen);""")); }
}
