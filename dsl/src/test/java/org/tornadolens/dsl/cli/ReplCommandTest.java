package org.tornadolens.dsl.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Map;
import org.junit.jupiter.api.Test;
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
        assertEquals(Exit.DONE, result.exit());
        assertTrue(result.err().contains("input 2:1:1: TypeError"), result.err());
        assertTrue(result.err().contains("input 3:1:1: ReferenceError: nothing is not defined"), result.err());
        assertTrue(result.err().contains("input 4:1:9: SyntaxError: Expected an operand but found ="), result.err());
        assertTrue(result.err().contains("the input awaits a promise that nothing settles"), result.err());
    }

    @Test void commandsStartWithADot() {
        Lens.Result result = repl(".help\n.nothing\nlet x = (\n.clear\n1\n.exit\n2\n");
        assertTrue(result.out().contains(".exit"));
        assertTrue(result.out().endsWith("\n1\n"), "what comes after .exit is not read");
        assertTrue(result.err().contains("no command .nothing"));
    }

    @Test void anUnfinishedLastInputIsAnError() {
        Lens.Result result = repl("1\nf(\n");
        assertEquals("1\n", result.out());
        assertEquals(Exit.SCRIPT_THREW, result.exit());
        assertEquals("the last input is incomplete: f(\n", result.err());
    }
}
