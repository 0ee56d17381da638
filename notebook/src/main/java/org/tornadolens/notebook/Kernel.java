package org.tornadolens.notebook;

import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.tornadolens.dsl.Interrupts;
import org.tornadolens.dsl.Settings;
import org.tornadolens.dsl.jupyter.KernelServer;
import org.tornadolens.dsl.repl.LineInput;
import org.tornadolens.notebook.Channels.Channel;

/**
 * Answers the requests of a front end: those to interrupt or to shut down at once, the others one after the other.
 */
public final class Kernel implements KernelServer {

    private record Request(Channel channel, Message message) {}

    private static final Request SHUTDOWN = new Request(Channel.CONTROL, null);
    private static final long PAUSE = 700;          // ms without a request, after which no cells wait to be sent
    private static final long PATIENCE = 3000;      // ms in which a running cell stops before a shutdown

    private final BlockingQueue<Request> requests = new LinkedBlockingQueue<>();
    private final CountDownLatch ended = new CountDownLatch(1);
    private Channels channels;
    private Outputs outputs;
    private Session session;
    private History history;
    private Interrupts interrupts;
    private PrintStream log;
    private int count;                              // of the cells that were run

    @Override public void serve(Path connection, Settings settings, Interrupts interrupts,
            Map<String, String> environment, PrintStream log) throws IOException {
        this.interrupts = interrupts;
        this.log = log;
        outputs = new Outputs(this::broadcast);
        history = new History(LineInput.history("notebook-history", environment));
        try (Channels channels = new Channels(Connection.read(connection), log);
                Interrupts.Scope idle = interrupts.during(() -> {})) {      // else one ends the process
            this.channels = channels;
            broadcast("status", new JsonObject(), Json.of("execution_state", "starting"));
            channels.start(this::received);
            endWith(environment.get("JPY_PARENT_PID"));
            try (Session opened = new Session(settings, outputs, interrupts, NotebookFolder.of(environment))) {
                session = opened;
                for (Request next = next(); next != SHUTDOWN; next = next()) answer(next);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } finally {
            ended.countDown();
        }
    }

    /** Returns the next request; where none comes for a while, the session makes use of it. */
    private Request next() throws InterruptedException {
        Request soon = requests.poll(PAUSE, TimeUnit.MILLISECONDS);
        if (soon != null) return soon;
        session.rest();
        return requests.take();
    }

    /** Shuts down with the process that started the kernel, which may have been killed. */
    private void endWith(String process) {
        if (process == null || !process.matches("\\d{1,18}")) return;
        ProcessHandle.of(Long.parseLong(process)).ifPresent(parent -> parent.onExit().thenRun(this::shutDown));
    }

    // ---- on the thread of the channels

    private void received(Channel channel, Message message) {
        Request request = new Request(channel, message);
        switch (message.type()) {
            case "interrupt_request" -> atOnce(request, () -> {
                interrupts.interrupt();
                return Json.of("status", "ok");
            });
            case "shutdown_request" -> {
                boolean restart = Json.flag(message.content(), "restart", false);
                atOnce(request, () -> Json.of("status", "ok", "restart", restart));
                shutDown();
            }
            default -> {
                if (channel == Channel.CONTROL && message.type().equals("kernel_info_request"))
                    atOnce(request, About::kernel);
                else
                    requests.add(request);
            }
        }
    }

    private void atOnce(Request request, java.util.function.Supplier<JsonObject> answer) {
        Message message = request.message();
        status("busy", message);
        JsonObject content = answer.get();
        if (content != null) channels.send(request.channel(), message.reply(content));
        status("idle", message);
    }

    /** Stops the running cell and then the kernel; the process, if the cell does not stop. */
    private void shutDown() {
        requests.clear();
        requests.add(SHUTDOWN);
        Thread.ofPlatform().daemon().name("shutdown").start(() -> {
            interrupts.interrupt();
            try {
                if (!ended.await(PATIENCE, TimeUnit.MILLISECONDS)) Runtime.getRuntime().halt(0);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    // ---- on the thread that evaluates

    private void answer(Request request) {
        Message message = request.message();
        status("busy", message);
        JsonObject content = answered(message);
        if (content != null) channels.send(request.channel(), message.reply(content));
        status("idle", message);
        boolean failed = content != null && message.type().equals("execute_request")
                && !content.get("status").getAsString().equals("ok");
        if (failed && Json.flag(message.content(), "stop_on_error", true)) dropWaiting();
    }

    /** A bug, or a request that is not as the protocol has it, must not end the session. */
    private JsonObject answered(Message message) {
        try {
            return message.type().equals("execute_request") ? execute(message) : answer(message);
        } catch (RuntimeException | StackOverflowError e) {
            Failure failure = Failure.ofBug(e);
            log.println(String.join("\n", failure.lines()));
            JsonObject json = failure.json();
            json.addProperty("status", "error");
            return json;
        }
    }

    /** Returns the content of the reply; null if there is none. */
    private JsonObject answer(Message message) {
        JsonObject asked = message.content();
        String code = Json.text(asked, "code", "");
        int cursor = Json.number(asked, "cursor_pos", code.codePointCount(0, code.length()));
        return switch (message.type()) {
            case "kernel_info_request" -> About.kernel();
            case "complete_request" -> session.completions(code, cursor);
            case "inspect_request" -> session.inspected(code, cursor);
            case "is_complete_request" -> session.complete(code);
            case "history_request" -> history.answer(asked);
            case "comm_info_request" -> Json.of("status", "ok", "comms", Map.of());
            case "comm_open" -> {
                broadcast("comm_close", message.header(),
                        Json.of("comm_id", Json.text(asked, "comm_id", ""), "data", Map.of()));
                yield null;
            }
            default -> null;      // another version of the protocol may have more, which need no answer
        };
    }

    private JsonObject execute(Message message) {
        JsonObject asked = message.content();
        String code = Json.text(asked, "code", "");
        boolean silent = Json.flag(asked, "silent", false);
        if (!silent && !code.isBlank()) {
            count++;
            if (Json.flag(asked, "store_history", true)) history.add(count, code);
        }
        outputs.begin(message.header());
        if (!silent) broadcast("execute_input", message.header(), Json.of("code", code, "execution_count", count));
        Optional<Failure> failure = session.run(code, count);
        outputs.finish();
        JsonObject reply = failure.map(Failure::json).orElseGet(JsonObject::new);
        reply.addProperty("status", failure.isPresent() ? "error" : "ok");
        reply.addProperty("execution_count", count);
        JsonObject values = new JsonObject();
        JsonElement expressions = asked.get("user_expressions");
        if (failure.isEmpty() && expressions != null && expressions.isJsonObject()) {
            expressions.getAsJsonObject().entrySet()
                    .forEach(one -> values.add(one.getKey(), session.evaluated(one.getValue().getAsString())));
        }
        reply.add("user_expressions", values);
        reply.add("payload", new JsonArray());
        return reply;
    }

    /** Refuses the cells that wait behind one that failed. */
    private void dropWaiting() {
        List<Request> waiting = new ArrayList<>();
        requests.drainTo(waiting);
        for (Request one : waiting) {
            if (one == SHUTDOWN) requests.add(one);
            else if (!one.message().type().equals("execute_request")) answer(one);
            else {
                status("busy", one.message());
                channels.send(one.channel(), one.message().reply(Json.of("status", "aborted")));
                status("idle", one.message());
            }
        }
    }

    // ---- broadcasts

    private void status(String state, Message about) {
        broadcast("status", about.header(), Json.of("execution_state", state));
    }

    private void broadcast(String type, JsonObject parent, JsonObject content) {
        channels.send(Channel.IOPUB,
                Message.of(List.of(type.getBytes(java.nio.charset.StandardCharsets.US_ASCII)), type,
                        parent, content));
    }
}
