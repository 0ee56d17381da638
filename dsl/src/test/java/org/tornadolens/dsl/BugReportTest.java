package org.tornadolens.dsl;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

class BugReportTest {

    private static StackTraceElement frame(String type, String method) {
        return new StackTraceElement(type, method, type.substring(type.lastIndexOf('.') + 1) + ".java", 7);
    }

    @Test void theFramesEndAtTheOutermostOfOursBeforeTheEngine() {
        RuntimeException thrown = new IllegalStateException("a state");
        thrown.setStackTrace(new StackTraceElement[]{frame("java.util.Objects", "check"),
                frame("org.tornadolens.model.Model", "run"), frame("java.lang.reflect.Method", "invoke"),
                frame("com.oracle.truffle.Node", "execute"), frame("org.tornadolens.dsl.cli.Main", "main")});
        List<String> lines = BugReport.of(thrown, List.of("lens/model.js:3 (run)")).lines().toList();
        assertTrue(lines.get(0).startsWith("This is a bug of TornadoLens"), lines.get(0));
        assertTrue(lines.get(1).startsWith("    TornadoLens " + Version.string() + ", Java "), lines.get(1));
        assertEquals(List.of("    java.lang.IllegalStateException: a state",
                "        at java.util.Objects.check(Objects.java:7)",
                "        at org.tornadolens.model.Model.run(Model.java:7)", "        at lens/model.js:3 (run)"),
                lines.subList(2, lines.size()));
    }

    @Test void everyCauseIsListedOnce() {
        RuntimeException cause = new IllegalStateException("cause"), thrown = new RuntimeException("thrown", cause);
        cause.initCause(thrown);
        String report = BugReport.of(thrown, List.of());
        assertTrue(report.contains("    java.lang.RuntimeException: thrown\n"), report);
        assertEquals(1, report.split("caused by java.lang.IllegalStateException: cause", -1).length - 1, report);
    }
}
