package org.tornadolens.dsl.script;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How print shows values. */
class FormatTest {

    @TempDir Path folder;

    private void shows(String expression, String expected) {
        assertEquals(expected, new RunningScript(folder).prints("print(" + expression + ");"));
    }

    @Test void valuesPrintAsTheyAreWritten() {
        shows("'a', 1, -0, null, undefined, true, 10n, [1, 'b'], { a: 1, 'b c': [] }",
                "a 1 -0 null undefined true 10n [1, \"b\"] { a: 1, \"b c\": [] }");
        shows("new Map([[1, { a: 2 }]]), new Set(['x'])", "Map(1) {1 → { a: 2 }} Set(1) {\"x\"}");
        shows("x => x, function f() {}, class A {}", "function (anonymous) function f class A");
        shows("/a+/g, new Date(0), Promise.resolve(1), Symbol('s')",
                "/a+/g 1970-01-01T00:00:00.000Z Promise Symbol(s)");
        shows("new (class Point { x = 1; })()", "Point { x: 1 }");
        shows("Object.create(null)", "{}");
    }

    @Test void longArraysShowTheirEnds() {
        shows("new Float32Array(1e6).fill(0.1)",
                "Float32Array(1000000) [0.1, 0.1, 0.1, … 999994 more …, 0.1, 0.1, 0.1]");
        shows("Array.from({ length: 100 }, (_, i) => i)", "[0, 1, 2, … 94 more …, 97, 98, 99]");
    }

    @Test void arraysOfShortItemsFillLines() {
        shows("Array(40).fill(0.125)", "[\n  " + "0.125, ".repeat(14).strip() + "\n  "
                + "0.125, ".repeat(14).strip() + "\n  " + "0.125, ".repeat(11) + "0.125\n]");
    }

    @Test void whatHoldsItselfEnds() {
        shows("(() => { const a = { b: {} }; a.b.c = a; return a; })()", "{ b: { c: (itself) } }");
        shows("[[[[[[[1]]]]]]]", "[[[[[[…]]]]]]");
    }

    @Test void wideObjectsTakeALineForEachField() {
        shows("{ a: 'x'.repeat(60), b: 'y'.repeat(60) }",
                "{\n  a: \"" + "x".repeat(60) + "\",\n  b: \"" + "y".repeat(60) + "\"\n}");
    }
}
