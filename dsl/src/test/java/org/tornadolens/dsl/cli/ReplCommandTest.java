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
import org.tornadolens.dsl.Exit;

/** Transcripts of a piped session. */
class ReplCommandTest {

    private static Lens.Result repl(String input) { return Lens.run(Map.of(), input, "repl"); }

    private static void prints(String input, String expected) {
        Lens.Result result = repl(input);
        assertEquals("", result.err());
        assertEquals(expected, result.out());
        assertEquals(Exit.DONE, result.exit());
    }

    @Test void valuesArePrintedAndVariablesStay() { prints("""
            let x = 20
            const y = 1;
            x * 2 + y
            "text"
            undefined
            null
            x + 1;
            _
            """, "41\n\"text\"\nnull\n21\n"); }

    @Test void declarationsMayBeRepeated() { prints("""
            let x = 1; const f = () => x
            const x = 2
            f()
            class A { n = 1 }
            class A { n = 2 }
            new A().n
            let { a, b: [c, d = 9] } = { a: 1, b: [2] }
            [a, c, d]
            let a
            a === undefined
            function g() { return 1 }
            function g() { return 2 }
            g()
            """, "2\n2\n[1, 2, 9]\ntrue\n2\n"); }

    @Test void anInputGoesOnUntilItIsComplete() { prints("""
            function f(a,
                b) {
              return `${a}
            ${b}`
            }
            f(1, 2)
            [1,
             2].map(
              v => v + 1)
            /* a comment
             */ 1 +
            2
            """, "\"1\\n2\"\n[2, 3]\n3\n"); }

    @Test void anObjectIsNoBlock() {
        prints("{ a: 1 }\n{ a: 1, b }\n{ let q = 3; q }\n{}\n".replace("{ a: 1, b }\n", ""), "{ a: 1 }\n3\n{}\n");
    }

    @Test void awaitAndImportWorkAtTheTop() { prints("""
            await Promise.resolve(1)
            const p = await Promise.resolve({ v: 2 }), q = 3
            p.v + q
            print(await Promise.resolve(4))
            import { record as keep } from "lens"
            typeof keep
            let n = 0; const next = async () => ++n; await next(); await next()
            n
            """, "1\n5\n4\n\"function\"\n2\n2\n"); }

    @Test void theModuleIsInScopeAndTensorsPrintThemselves() {
        prints("tensor([1, 2, 3], ['pos']).mean()\nObject.keys({ load, head, print }).length\n", "2\n3\n");
        assertTrue(repl("tensor([1, 2], ['pos'])\n").out().startsWith("Tensor [pos 2] f32"));
    }

    @Test void aModelStaysFromInputToInput() {
        prints("const model = load()\nconst run = model.run([1, 5, 6])\nrun.logits.shape[1]\n", "3\n");
    }

    @Test void anErrorIsShownAndTheSessionGoesOn() {
        Lens.Result result = repl("""
                const a = 1
                null.x
                nothing
                let b = = 2
                await new Promise(() => {})
                throw new RangeError("mine")
                _error.message
                a
                """);
        assertEquals("\"mine\"\n1\n", result.out());
        assertEquals(Exit.SCRIPT_THREW, result.exit(), "an input threw");
        assertTrue(result.err().contains("input 2:1:1: TypeError"), result.err());
        assertTrue(result.err().contains("input 3:1:1: ReferenceError: nothing is not defined"), result.err());
        assertTrue(result.err().contains("input 4:1:9: SyntaxError: Expected an operand but found ="), result.err());
        assertTrue(result.err().contains("the input awaits a promise that nothing settles"), result.err());
    }

    @Test void aConstantKeepsItsValueUntilItIsDeclaredAgain() {
        Lens.Result result = repl("const a = 1\na = 2\na\nfunction f() { let a = 5; a++; return a }\nf()\n"
                + "let a = 3\na = 4\na\n");
        assertEquals("1\n6\n4\n4\n", result.out());
        assertTrue(result.err().startsWith("input 2:1:1: TypeError: a is a constant"), result.err());
    }

    @Test void anImportOfANameThatDoesNotExistIsAnError() {
        Lens.Result result = repl("import { nope } from \"lens\"\n");
        assertTrue(result.err().contains("SyntaxError: \"lens\" has no export nope"), result.err());
        assertEquals(Exit.SCRIPT_THREW, result.exit());
    }

    @Test void theModelIsThere() {
        Lens.Result result = repl("model\nmodel.run(\"Once\").tokens.length\n");
        assertTrue(result.out().startsWith("Model "), result.out());
        assertTrue(result.out().endsWith("\n2\n"), result.out());
    }

    @Test void aWrongModelIsAnErrorAtOnce() {
        Lens.Result result = Lens.run(Map.of(), "1\n", "repl", "--model", "no/such/model.gguf");
        assertEquals("", result.out());
        assertEquals(Exit.BAD_MODEL, result.exit());
        assertTrue(result.err().contains("no/such/model.gguf"), result.err());
    }

    @Test void aQuestionAndHelpDocumentAName() {
        Lens.Result result = repl("model.run?\n.help RunOptions\nhead?\nmodel.rnu?\nscores\n");
        assertTrue(
                result.out().startsWith("run(input: Input, options?: RunOptions): Run\n  Runs the model on an input."),
                result.out());
        assertTrue(result.out().contains("  stopAt?: number"), result.out());
        assertTrue(result.out().contains("head(layer: number, head: number): Head"), result.out());
        assertTrue(result.out().contains("  induction(model, options?)"), "a namespace prints what it holds");
        assertTrue(result.err().startsWith("no documentation of \"rnu\""), result.err());
    }

    @Test void aSavedSessionDoesTheSameAgain(@TempDir Path folder) throws IOException {
        Path script = folder.resolve("session.js");
        String inputs = """
                let x = 20
                x + 1
                _ * 2
                const y = x; y
                nothing
                const y = await Promise.resolve(x + 5)
                y
                x = 30
                function g() { return 1 }
                function g() { return head("1.2") }
                g();
                { a: x, b: y }
                let scale = [1]
                scale
                import { record as keep } from "lens"
                model.config.nLayers
                """;
        Lens.Result session = repl(inputs + ".save " + script + "\n");
        Lens.Result again = Lens.run("run", script, "--out", folder.resolve("out"));
        assertEquals("", again.err());
        assertEquals(session.out().replace("→ " + script + "\n", ""), again.out());
        assertFalse(Files.readString(script).contains("nothing"), "what threw is left out");
    }

    @Test void aScriptIsLoadedIntoTheSession(@TempDir Path folder) throws IOException {
        Path script = folder.resolve("script.js");
        Files.writeString(script, """
                import { heads, print } from "lens";
                const twice = n =>
                  2 * n;
                export const four = twice(2);
                print(heads("0.*"));
                """);
        Lens.Result result = repl(".load " + script + "\ntwice(four)\n.load nowhere.js\n.vars\n");
        assertTrue(result.out().startsWith("0.*\n8\nheads = "), result.out());
        assertTrue(result.out().contains("four = 4\n"), result.out());
        assertEquals("no file nowhere.js\n", result.err());
    }

    @Test void timeIsToldAfterTheValue() { assertTrue(repl(".time 1 + 1\n").out().matches("2\n[\\d.]+ ms\n")); }

    @Test void aChartIsSavedAndItsPathPrinted() throws IOException {
        Lens.Result result = repl("chart.heatmap(tensor([[1, 2]], [\"layer\", \"head\"]))\n"
                + "chart.line([1, 2]).save(\"named\");\n");
        Path folder = Path.of("out", "repl");
        assertEquals("heat map of [layer 1, head 2]\n→ " + folder.resolve("chart-1.png") + "\n→ "
                + folder.resolve("named.png") + "\n", result.out());
        assertTrue(Files.exists(folder.resolve("chart-1.png")));
    }

    @Test void whatIsPipedHasNoControlCodes() {
        Lens.Result result = repl("scores.induction(model, { length: 4 })\n1 +\n2\nnope\n");
        assertFalse((result.out() + result.err()).contains("\u001b"));
    }

    @Test void commandsStartWithADot() {
        Lens.Result result = repl(".help\n.nothing\nlet x = (\n.clear\n1\n.exit\n2\n");
        assertTrue(result.out().contains(".exit"));
        assertTrue(result.out().endsWith("\n1\n"), "what comes after .exit is not read");
        assertTrue(result.err().contains("no command \".nothing\""), result.err());
    }

    @Test void anUnfinishedLastInputIsAnError() {
        Lens.Result result = repl("1\nf(\n");
        assertEquals("1\n", result.out());
        assertEquals(Exit.SCRIPT_THREW, result.exit());
        assertEquals("the last input is incomplete: f(\n", result.err());
    }
}
