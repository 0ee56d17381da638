package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class InputTest {

    @ParameterizedTest
    @ValueSource(strings = {"f(", "[1, {", "`a", "`a ${b", "`a ${ {x: `b` } ", "/* c", "x => {",
            "'}' + {"}) void openBracketsTemplatesAndCommentsAreIncomplete(String source) {
        assertTrue(new Input(source).incomplete());
    }

    @ParameterizedTest
    @ValueSource(strings = {"f()", "`a ${`b ${c}`} d`", "// {", "'{'", "\"\\\"{\"", "/[/{]/.test(x)", "a / b / (c)",
            "/* { */ 1", "x = {}", "a++ / 2 // {", "`\\`${1}`", "return /}/"}) void bracketsInsideTextAreNone(
                    String source) {
        assertFalse(new Input(source).incomplete());
    }

    @Test void onlyDeclarationsOfTheTopLevelBecomeGlobal() {
        assertEquals("var x = 1; for (let i of x) { const y = i }",
                new Input("let x = 1; for (let i of x) { const y = i }").asScript());
        assertEquals("var   f = () => { let z = 1 }", new Input("const f = () => { let z = 1 }").asScript());
        assertEquals("a.let = o.const", new Input("a.let = o.const").asScript());
        assertEquals("var A = class A {}", new Input("class A {}").asScript());
        assertEquals("x = class A {}", new Input("x = class A {}").asScript());
        assertEquals("'let x' + `const ${y}` // let z", new Input("'let x' + `const ${y}` // let z").asScript());
    }

    @Test void whatIsDeclaredWithoutAValueIsReset() {
        assertEquals("var a = undefined, b = 1, c = undefined", new Input("let a, b = 1, c").asScript());
        assertEquals("var a = undefined\nf(), g", new Input("let a\nf(), g").asScript());
        assertEquals("var a\n= 2", new Input("let a\n= 2").asScript());
    }

    @Test void onlyAnAwaitOutsideFunctionsNeedsAModule() {
        assertTrue(new Input("await f()").needsModule());
        assertTrue(new Input("print(await f())").needsModule());
        assertTrue(new Input("import { a } from 'lens'").needsModule());
        assertFalse(new Input("async function f() { await g() }").needsModule());
        assertFalse(new Input("const f = async () => { await g() }").needsModule());
        assertFalse(new Input("o.await(1)").needsModule());
        assertFalse(new Input("import('./x.js')").needsModule());
    }
}
