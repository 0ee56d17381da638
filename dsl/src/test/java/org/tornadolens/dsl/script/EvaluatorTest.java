package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.output.RunFolder;
import org.tornadolens.dsl.script.Evaluator.Outcome;
import org.tornadolens.dsl.script.ScriptFailure.Place;

/** Inputs of a session, without a terminal. */
class EvaluatorTest {

    @TempDir Path folder;
    private Evaluator session;
    private Runnable printed = () -> {};

    @BeforeEach void begin() throws IOException {
        PrintStream out = new PrintStream(new OutputStream() {
            @Override public void write(int value) { printed.run(); }
        }, true);
        session = new Evaluator(Hosts.of(out, folder, RunFolder.direct(folder.resolve("out"))));
    }

    @AfterEach void end() { session.close(); }

    private String shows(String input) {
        return switch (session.evaluate(input)) {
            case Outcome.Done(var value) -> value.map(session::text).orElse("");
            case Outcome.Failed(var failure) -> throw new AssertionError(failure.describe());
            case Outcome.Incomplete() -> throw new AssertionError("incomplete: " + input);
        };
    }

    private ScriptFailure fails(String input) {
        return assertInstanceOf(Outcome.Failed.class, session.evaluate(input), input).failure();
    }

    @Test void acornSaysWhichInputsGoOn() {
        for (String input : List.of("f(1,", "`a", "`${1", "/* a", "[1", "{ a: 1, b", "1 +", "if (x) {", "x => {",
                "const a",
                "'a\\\n", "a ? b", "class A {"))
            assertInstanceOf(Outcome.Incomplete.class, session.evaluate(input), input);
        for (String input : List.of("'a", "/a", ")", "1 2", "let let = 1"))
            assertInstanceOf(Outcome.Failed.class, session.evaluate(input), input);
        for (String input : List.of("", "  ", "// a", "/* a */")) assertEquals("", shows(input));
    }

    @Test void whatAnInputDeclaresStays() {
        shows("let a = 1; const { b, c: [d = 4] } = { b: 2, c: [] }; class E { n = 5 } function f() { return 6 }");
        assertEquals("[1, 2, 4, 5, 6]", shows("[a, b, d, new E().n, f()]"));
        shows("if (true) { var g = 7; let hidden = 8 } for (var i = 0; i < 3; i++);");
        assertEquals("[7, 3, \"undefined\"]", shows("[g, i, typeof hidden]"));
        assertEquals(Map.of("a", "let", "b", "const", "d", "const", "E", "class", "f", "function", "g", "var", "i",
                "var"), session.declared());
    }

    @Test void whatAnAwaitingInputDeclaresStays() {
        shows("let a = await 1; const { b, c: [d = 4] } = await { b: 2, c: [] };"
                + " class E { n = a } function f() { return b }");
        assertEquals("[1, 2, 4, 1, 2]", shows("[a, b, d, new E().n, f()]"));
        shows("for (var i = 0; i < 2; i++) await i; if (await true) { var g = 7 } for (var x of [await 8]);");
        assertEquals("[2, 7, 8]", shows("[i, g, x]"));
        shows("for await (const v of [1, Promise.resolve(2)]) g += v");
        assertEquals("10", shows("g"));
        assertEquals("3", shows("await (async () => await 3)() // as a promise's value"));
        assertEquals("{ a: 1 }", shows("await { a: 1 }"));
        assertEquals("Promise", shows("(async () => 1)()"), "a promise that is not awaited stays one");
    }

    @Test void asynchronousFunctionsAreNoAwaitOfTheInput() {
        shows("const f = async () => { const q = await 1; return q }");
        assertEquals("\"undefined\"", shows("typeof q"));
        assertEquals("1", shows("await f()"));
    }

    @Test void declarationsReplaceExportsOfTheModule() {
        shows("let scale = 2");
        assertEquals("2", shows("scale"));
        shows("function add(a, b) { return a + b }");
        assertEquals("3", shows("add(1, 2)"));
        shows("import { scale as original } from 'lens'");
        assertEquals("\"function\"", shows("typeof original"));
    }

    @Test void theValueOfTheLastStatementIsShown() {
        assertEquals("5", shows("if (true) 5"));
        assertEquals("", shows("let x = 5"));
        assertEquals("", shows("x;"));
        assertEquals("{ a: 1, b: { c: 2 } }", shows("{ a: 1, b: { c: 2 } }"));
        assertEquals("3", shows("{ let q = 3; q }"));
        assertEquals("{}", shows("{}"));
        assertEquals("{ x: 5 }", shows("{ x }"));
        shows("'last'");
        shows("undefined");
        assertEquals("\"last\"", shows("_"), "what has no value leaves the last one");
    }

    @Test void errorsNameThePlaceInTheInputAsItWasTyped() {
        Place place = fails("const x = 1; class A {} null.a").places().getFirst();
        assertEquals("input 1:1:25", place.toString());
        place = fails("let a = await 1;\nconst b = await 2; null.b").places().getFirst();
        assertEquals("input 2:2:20", place.toString());
        assertEquals("const b = await 2; null.b", place.text());
        place = fails("const f = async () => null.c; await f()").places().getFirst();
        assertEquals("f (input 3:1:23)", place.toString());
        assertEquals("input 4:2:11", fails("1;\nx = await = 3").places().getFirst().toString());
    }

    @Test void anAwaitThatNothingSettlesIsAnError() {
        assertTrue(fails("await new Promise(() => {})").getMessage().contains("nothing settles"));
        assertTrue(fails("await Promise.reject(new RangeError('no'))").getMessage().contains("RangeError: no"));
        assertEquals("\"no\"", shows("_error.message"));
    }

    @Test void namesInsideFunctionsAreNotTheSessionsConstants() {
        shows("const n = 1, o = { n: 2 }");
        shows("for (let n = 0; n < 2; n++); ((n) => { n = 3 })(); { let n = 4; n++ } o.n = 5; ({ n: o.m } = { n: 6 })");
        shows("try { throw 1 } catch (n) { n = 2 }");
        shows("class C { n = 1; m(n) { n++; this.n = n } }");
        assertEquals("TypeError: n is a constant; declare it again (let n = …) to change it",
                fails("n++").getMessage());
        assertEquals(Exit.SCRIPT_THREW, fails("[n] = [2]").exit());
        fails("() => { n = 2 }");
        fails("for (n of [1]);");
        assertEquals("1", shows("n"));
    }

    @Test void anInterruptEndsTheInputAndNotTheSession() throws Exception {
        shows("let kept = 1");
        String again = "for (let i = 0;; i++) { if (i === 1) print('began'); ";
        for (String input : List.of(again + "kept++ }",
                "const t = tensor(1e-3, { a: 4000, b: 4000 }); " + again + "t.exp() }",
                "const m = load(); " + again + "m.save('m') }",
                "await (async () => { " + again + "kept++ } })()")) {
            CountDownLatch working = new CountDownLatch(1);
            printed = working::countDown;
            Thread stopper = Thread.ofPlatform().start(() -> {
                try {
                    working.await();
                } catch (InterruptedException e) {
                    return;
                }
                session.interrupt();
            });
            long began = System.nanoTime();
            ScriptFailure failure = fails(input);
            assertEquals(Exit.INTERRUPTED, failure.exit(), input + ": " + failure.describe());
            assertTrue(System.nanoTime() - began < TimeUnit.SECONDS.toNanos(20));
            stopper.join();
            assertEquals("true", shows("kept > 0"));
        }
    }

    @Test void aSavedSessionDeclaresWhatItNeeds() {
        for (String input : List.of("const a = 1", "let b = a", "b = 2", "a + b", "_ + 1;", "const a = 3", "missing",
                "{ a }", "load().config.nLayers"))
            session.evaluate(input);
        assertEquals("""
                import { load, print } from "lens";
                let a, _;
                a = 1;
                let b = a;
                print(_ = (b = 2));
                print(_ = (a + b));
                _ = (_ + 1);
                a = 3;
                print(_ = ({ a }));
                print(_ = (load().config.nLayers));
                """, session.script("load()"));
    }

    @Test void aSavedSessionSavesThePicturesThatItShowed() {
        session.evaluate("chart.line([1, 2])");
        session.saved("chart-1");
        assertEquals("import { chart, print } from \"lens\";\nprint((chart.line([1, 2])).save(\"chart-1\"));\n",
                session.script("load()"));
    }

    @Test void aSavedSessionOpensTheModelThatItUses() {
        session.evaluate("const f = () => model");
        assertEquals("import { load } from \"lens\";\nconst model = load(\"m\");\nconst f = () => model;\n",
                session.script("load(\"m\")"));
    }
}
