package org.tornadolens.notebook;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonArray;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;
import org.tornadolens.dsl.Home;
import org.tornadolens.dsl.Settings;

/** The protocol as a front end sees it. */
@TestInstance(TestInstance.Lifecycle.PER_CLASS) class KernelTest {

    private static final long HALF_A_SECOND = 500_000_000L;      // ns

    @TempDir static Path folder;
    private FrontEnd frontEnd;

    @BeforeAll void start() throws IOException { frontEnd = new FrontEnd(folder); }

    @AfterAll void stop() { frontEnd.close(); }

    private static List<String> types(FrontEnd.Answer answer) {
        return answer.outputs().stream().map(Message::type).toList();
    }

    private static List<String> texts(JsonArray array) {
        return array.asList().stream().map(one -> one.getAsString()).toList();
    }

    @Test void itSaysWhatItIs() {
        JsonObject info = frontEnd.ask("kernel_info_request");
        assertEquals("5.4", info.get("protocol_version").getAsString());
        assertEquals("javascript", info.getAsJsonObject("language_info").get("name").getAsString());
        assertEquals(".js", info.getAsJsonObject("language_info").get("file_extension").getAsString());
        assertTrue(frontEnd.beats());
    }

    @Test void aCellPrintsAndGivesItsValueInOrder() {
        FrontEnd.Answer answer = frontEnd.run("print('ü', '𝄞'); console.warn('careful');\n1 + 1");
        assertEquals("ok", answer.status());
        assertEquals("execute_input", types(answer).getFirst());
        assertEquals("execute_result", types(answer).getLast());
        assertEquals("ü 𝄞\n", answer.printed("stdout"));
        assertEquals("careful\n", answer.printed("stderr"));
        assertEquals("2", answer.data("execute_result", "text/plain"));
        assertEquals(answer.reply().get("execution_count"), answer.only("execute_result").get("execution_count"));
    }

    @Test void variablesStayAndASemicolonHidesTheValue() {
        assertEquals(List.of("execute_input"), types(frontEnd.run("const kept = [1, 2]; await 3;")));
        assertEquals("3", frontEnd.run("_").data("execute_result", "text/plain"));
        assertEquals("[1, 2]", frontEnd.run("kept").data("execute_result", "text/plain"));
        assertEquals("5", frontEnd.run("const kept = 5; kept").data("execute_result", "text/plain"));
    }

    @Test void tablesChartsPagesAndTensorsComeInTheirFormats() {
        FrontEnd.Answer table = frontEnd.run("table([{ text: '<b>', value: 1.5 }, { text: 'c', value: 10 }])");
        assertTrue(table.data("execute_result", "text/plain").startsWith("text  value"));
        String html = table.data("execute_result", "text/html");
        assertTrue(html.contains("&lt;b&gt;") && html.contains(">10.0</td>"), html);

        FrontEnd.Answer chart = frontEnd.run("chart.heatmap(tensor([[1, 2], [3, 4]], ['layer', 'head']))");
        byte[] png = Base64.getDecoder().decode(chart.data("execute_result", "image/png"));
        PngSize size = PngSize.of(png);
        JsonObject shown = chart.only("execute_result").getAsJsonObject("metadata").getAsJsonObject("image/png");
        assertTrue(size.width() > shown.get("width").getAsInt(), "sharp on fine screens");
        assertTrue(chart.data("execute_result", "image/svg+xml").startsWith("<svg "));
        assertEquals("heat map of [layer 2, head 2]", chart.data("execute_result", "text/plain"));

        String page = frontEnd.run("html.tokens(['a', '</iframe>'], [1, 2])").data("execute_result", "text/html");
        assertTrue(page.contains("<iframe ") && page.contains("sandbox=\"allow-scripts\""), page);
        assertEquals(1, page.split("</iframe>", -1).length - 1, "the page's text does not end the frame");

        FrontEnd.Answer tensor = frontEnd.run("tensor([1, 2], 'pos')");
        assertEquals(List.of("text/plain"),
                List.copyOf(tensor.only("execute_result").getAsJsonObject("data").keySet()));
    }

    @Test void severalValuesAreShownWhereTheCellAsks() {
        FrontEnd.Answer answer = frontEnd.run("for (const n of [1, 2]) { show(table([{ n }])); print(n); }");
        assertEquals(List.of("execute_input", "display_data", "stream", "display_data", "stream"), types(answer));
    }

    @Test void errorsNameTheLineOfTheCell() {
        FrontEnd.Answer answer = frontEnd.run("const fine = 1;\nmodel.rum('x')");
        assertEquals("error", answer.status());
        JsonObject error = answer.only("error");
        assertEquals("TypeError", error.get("ename").getAsString());
        assertTrue(error.get("evalue").getAsString().startsWith("no Model property \"rum\"; nearest: run"));
        String first = error.getAsJsonArray("traceback").get(0).getAsString();
        int number = answer.reply().get("execution_count").getAsInt();
        assertTrue(first.contains("cell " + number + ":2:1: TypeError: no Model property"), first);
        assertEquals("SyntaxError", frontEnd.run("let z = ;").only("error").get("ename").getAsString());
        assertEquals("SyntaxError", frontEnd.run("function f() {").only("error").get("ename").getAsString());
        assertEquals("error", frontEnd.run(".nothing").status());
    }

    @Test void completionCountsCharactersOfUnicode() {
        String code = "'😀'; model.co";
        JsonObject found = frontEnd.ask("complete_request", "code", code, "cursor_pos",
                code.codePointCount(0, code.length()));
        assertEquals(List.of("config"), texts(found.getAsJsonArray("matches")));
        assertEquals(11, found.get("cursor_start").getAsInt());
        assertEquals(13, found.get("cursor_end").getAsInt());
        JsonObject hook = frontEnd.ask("complete_request", "code", "print(1)\nhead(\"1.", "cursor_pos", 17);
        assertTrue(texts(hook.getAsJsonArray("matches")).contains("1.2"), hook.toString());
    }

    @Test void documentationIsFoundAtANameAndInsideACall() {
        for (int cursor : new int[]{8, 9, 10, 11}) {
            JsonObject found = frontEnd.ask("inspect_request", "code", "model.run('a')", "cursor_pos", cursor,
                    "detail_level", 0);
            assertTrue(found.get("found").getAsBoolean(), "at " + cursor);
            assertTrue(found.getAsJsonObject("data").get("text/plain").getAsString().startsWith("run(input: Input"));
        }
        assertFalse(frontEnd.ask("inspect_request", "code", "nothingOfThat", "cursor_pos", 3).get("found")
                .getAsBoolean());
        assertTrue(frontEnd.run("model.run?").printed("stdout").startsWith("run(input: Input"));
    }

    @Test void itKnowsWhetherACellIsComplete() {
        Map<String, String> expected = Map.of("1 + 1", "complete", "function f() {", "incomplete", "let = ;", "invalid",
                "model.run?", "complete", "", "complete");
        expected.forEach((code, status) -> assertEquals(status,
                frontEnd.ask("is_complete_request", "code", code).get("status").getAsString(), code));
        assertEquals("  ", frontEnd.ask("is_complete_request", "code", "heads().map(h => {").get("indent")
                .getAsString());
    }

    @Test void theHistoryOutlivesTheKernel() throws IOException {
        frontEnd.run("'told once'");
        try (FrontEnd later = new FrontEnd(folder)) {
            later.run("'told later'");
            JsonArray tail = later.ask("history_request", "hist_access_type", "tail", "n", 1).getAsJsonArray("history");
            assertEquals("'told later'", tail.get(0).getAsJsonArray().get(2).getAsString());
            JsonArray found = later.ask("history_request", "hist_access_type", "search", "pattern", "*once*", "unique",
                    true).getAsJsonArray("history");
            assertEquals("'told once'", found.get(found.size() - 1).getAsJsonArray().get(2).getAsString());
            assertTrue(found.get(found.size() - 1).getAsJsonArray().get(0).getAsInt() < 0, "an earlier session");
        }
    }

    @Test void aCellIsInterruptedWithinHalfASecondAndTheSessionStays() {
        frontEnd.run("let before = 7;");
        for (String endless : List.of("print(0); while (true);",
                "print(0); for (;;) model.run(model.random({ batch: 4, length: 60 }))")) {
            String id = frontEnd.execute(endless);
            frontEnd.until(id, "stream");
            long asked = System.nanoTime();
            assertEquals("ok", frontEnd.control("interrupt_request").get("status").getAsString());
            assertEquals("Interrupted", frontEnd.shellReply(id).content().get("ename").getAsString());
            assertTrue(System.nanoTime() - asked < HALF_A_SECOND, "took " + (System.nanoTime() - asked) / 1e9 + " s");
        }
        assertEquals("7", frontEnd.run("before").data("execute_result", "text/plain"));
        frontEnd.control("interrupt_request");
        assertEquals("7", frontEnd.run("before").data("execute_result", "text/plain"), "when nothing runs, too");
    }

    @Test void interruptsAreTakenFromTheShellAndFromASignal() {
        String id = frontEnd.execute("print(0); while (true);");
        frontEnd.until(id, "stream");
        frontEnd.sendToShell("interrupt_request");
        assertEquals("Interrupted", frontEnd.shellReply(id).content().get("ename").getAsString());
        String other = frontEnd.execute("print(0); while (true);");
        frontEnd.until(other, "stream");
        assertTrue(frontEnd.interrupts.interrupt());
        assertEquals("Interrupted", frontEnd.shellReply(other).content().get("ename").getAsString());
        assertTrue(frontEnd.interrupts.interrupt(), "one when nothing runs is taken, else it would end the process");
    }

    @Test void cellsThatWaitBehindAFailedOneAreNotRun() {
        String failing = frontEnd.execute("const until = Date.now() + 300; while (Date.now() < until); nothing"),
                waiting = frontEnd.execute("let ran = true");
        assertEquals("error", frontEnd.shellReply(failing).content().get("status").getAsString());
        assertEquals("aborted", frontEnd.shellReply(waiting).content().get("status").getAsString());
        assertEquals("\"undefined\"", frontEnd.run("typeof ran").data("execute_result", "text/plain"));
    }

    @Test void messagesWithAnotherKeyAreDropped() {
        frontEnd.forge("execute_request", Json.of("code", "let forged = 1"));
        assertEquals("\"undefined\"", frontEnd.run("typeof forged").data("execute_result", "text/plain"));
        assertTrue(frontEnd.logged().contains("dropped a message that is not signed"));
    }

    @Test void requestsThatAreNotAsTheProtocolHasThemDoNotEndTheSession() {
        frontEnd.run("let still = 1;");
        JsonObject reply = frontEnd.ask("complete_request", "code", "mod", "cursor_pos", "three");
        assertEquals("error", reply.get("status").getAsString());
        frontEnd.sendToShell("nothing_request");
        assertEquals("1", frontEnd.run("still").data("execute_result", "text/plain"));
        assertEquals("ok", frontEnd.control("kernel_info_request").get("status").getAsString());
    }

    @Test void expressionsOfTheFrontEndAreEvaluated() {
        JsonObject reply = frontEnd.ask("execute_request", "code", "", "silent", true, "user_expressions",
                Map.of("good", "2 * 3", "bad", "nothing"));
        JsonObject values = reply.getAsJsonObject("user_expressions");
        assertEquals("6", values.getAsJsonObject("good").getAsJsonObject("data").get("text/plain").getAsString());
        assertEquals("error", values.getAsJsonObject("bad").get("status").getAsString());
    }

    @Test void severalKernelsHaveTheirOwnVariables() throws IOException {
        try (FrontEnd one = new FrontEnd(folder); FrontEnd other = new FrontEnd(folder)) {
            one.run("const mine = 1;");
            assertEquals("\"undefined\"", other.run("typeof mine").data("execute_result", "text/plain"));
            assertEquals("1", one.run("mine").data("execute_result", "text/plain"));
        }
    }

    @Test void aRunningCellDoesNotKeepTheKernelFromShuttingDown() throws IOException {
        try (FrontEnd busy = new FrontEnd(folder)) {
            busy.until(busy.execute("print(0); while (true);"), "stream");
            JsonObject reply = busy.control("shutdown_request", "restart", true);
            assertTrue(reply.get("restart").getAsBoolean());
        }
    }

    @Test void aModelThatCannotBeOpenedIsToldInTheFirstCell() throws IOException {
        Settings wrong = new Settings(Optional.of(folder.resolve("nothing.gguf")), true, Optional.empty(),
                Optional.empty(), 0, Map.of(), List.of(), List.of(), false, false);
        try (FrontEnd without = new FrontEnd(folder, wrong)) {
            FrontEnd.Answer first = without.run("1");
            assertEquals("ok", first.status());
            assertTrue(first.printed("stderr").startsWith("The notebook has no `model`: ")
                    && first.printed("stderr").contains("nothing.gguf"), first.printed("stderr"));
            assertEquals("", without.run("2").printed("stderr"));
            assertEquals("ok", without.run("const model = load(\"" + Home.bundledModel() + "\"); model.next(\"Once\")")
                    .status());
        }
    }
}
