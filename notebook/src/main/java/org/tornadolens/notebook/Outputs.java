package org.tornadolens.notebook;

import com.google.gson.JsonObject;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.UUID;
import org.tornadolens.dsl.ProgressView;

/**
 * What the running cell puts below itself: text as it is printed, values, errors, and progress, which is taken away at
 * the end. Safe for several threads.
 */
final class Outputs implements ProgressView {

    /** Sends a broadcast about a request. */
    interface Broadcast {
        void send(String type, JsonObject parent, JsonObject content);
    }

    private record Output(String type, JsonObject content, int size) {}

    private static final long EVERY = 50;             // ms between two messages of text
    private static final int MOST_AGAIN = 4 << 20;    // characters that are sent again after progress

    private final Broadcast broadcast;
    private final TextStream out = new TextStream(), err = new TextStream();
    private final List<Output> shown = new ArrayList<>();
    private long size;                                // of all outputs of the cell, in characters
    private JsonObject parent = new JsonObject();
    private boolean inCell;
    private String progress = "";                     // the identity of its display; empty if there is none

    Outputs(Broadcast broadcast) {
        this.broadcast = broadcast;
        Thread.ofPlatform().daemon().name("outputs").start(() -> {
            try {
                while (true) {
                    Thread.sleep(EVERY);
                    flush();
                }
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
            }
        });
    }

    /** Returns the stream of what is printed. */
    PrintStream out() {
        return new PrintStream(out, false, StandardCharsets.UTF_8);
    }

    /** Returns the stream of warnings. */
    PrintStream err() {
        return new PrintStream(err, false, StandardCharsets.UTF_8);
    }

    /** Begins a cell. @param request the header of the request to run it */
    synchronized void begin(JsonObject request) {
        flush();
        parent = request;
        shown.clear();
        size = 0;
        progress = "";
        inCell = true;
    }

    /** Ends the cell: what is printed later still belongs to it. */
    synchronized void finish() {
        takeProgressAway();
        flush();
        inCell = false;
    }

    synchronized void result(int count, Bundle bundle) {
        takeProgressAway();
        send("execute_result", Json.of("execution_count", count, "data", bundle.data(), "metadata", bundle.metadata()),
                bundle.size());
    }

    synchronized void display(Bundle bundle) {
        send("display_data", Json.of("data", bundle.data(), "metadata", bundle.metadata(), "transient", Map.of()),
                bundle.size());
    }

    synchronized void error(Failure failure) {
        takeProgressAway();
        send("error", failure.json(), 0);
    }

    private void send(String type, JsonObject content, int size) {
        flush();
        keep(new Output(type, content, size));
        broadcast.send(type, parent, content);
    }

    /** Sends what was printed. */
    private synchronized void flush() {
        text("stdout", out.take());
        text("stderr", err.take());
    }

    private void text(String stream, String text) {
        if (text.isEmpty()) return;
        JsonObject content = Json.of("name", stream, "text", text);
        keep(new Output("stream", content, text.length()));
        broadcast.send("stream", parent, content);
    }

    /** Keeps an output to send it again, until all are too many for that. */
    private void keep(Output output) {
        size += output.size();
        if (size <= MOST_AGAIN) shown.add(output);
        else shown.clear();
    }

    // ---- progress

    @Override public synchronized void show(String line, OptionalDouble part) {
        if (!inCell) return;
        JsonObject data = Json.of("text/plain", line, "text/html", bar(line, part));
        if (progress.isEmpty()) {
            flush();
            progress = UUID.randomUUID().toString();
            broadcast.send("display_data", parent, progress(data));
        } else broadcast.send("update_display_data", parent, progress(data));
    }

    private JsonObject progress(JsonObject data) {
        return Json.of("data", data, "metadata", Map.of(), "transient", Json.of("display_id", progress));
    }

    private static String bar(String line, OptionalDouble part) {
        String value = part.isPresent() ? " value=\"" + part.getAsDouble() + "\"" : "";
        return "<progress" + value + " style=\"vertical-align: middle\"></progress> " + Markup.escaped(line);
    }

    /** Text is added below the bar, which stays. */
    @Override public void makeRoom() {}

    /** The bar is emptied; it is taken away with the end of the cell, or before its value. */
    @Override public synchronized void end() {
        if (!progress.isEmpty()) broadcast.send("update_display_data", parent, progress(Json.of("text/plain", "")));
    }

    /**
     * The protocol cannot take away one output: all are, and the others are sent again. Where they are too large for
     * that, an empty one stays.
     */
    private void takeProgressAway() {
        if (progress.isEmpty()) return;
        flush();
        progress = "";
        if (size > MOST_AGAIN) return;
        broadcast.send("clear_output", parent, Json.of("wait", !shown.isEmpty()));
        for (Output one : shown) broadcast.send(one.type(), parent, one.content());
    }
}
