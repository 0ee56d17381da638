package org.tornadolens.dsl.html;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.WebSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** A headless Chromium, driven over its DevTools protocol. */
final class Chromium implements AutoCloseable {

    private static final List<String> NAMES = List.of("chromium", "chromium-browser", "google-chrome", "chrome");
    private static final Pattern LISTENING = Pattern.compile("DevTools listening on (ws://\\S+)");
    private static final int PATIENCE = 60;   // seconds, on a machine that does much else

    private final Process process;
    private final Path profile;
    private final WebSocket socket;
    private final AtomicInteger ids = new AtomicInteger();
    private final Map<Integer, CompletableFuture<JsonObject>> answers = new ConcurrentHashMap<>();
    private final List<Consumer<JsonObject>> listeners = new CopyOnWriteArrayList<>();

    /** Starts a browser, if this machine has one. */
    static Optional<Chromium> start() {
        return Stream.of(System.getenv("PATH").split(File.pathSeparator))
                .flatMap(folder -> NAMES.stream().map(name -> Path.of(folder, name))).filter(Files::isExecutable)
                .findFirst().map(Chromium::new);
    }

    private Chromium(Path program) {
        try {
            profile = Files.createTempDirectory("chromium");
            process = new ProcessBuilder(program.toString(), "--headless=new", "--no-sandbox", "--disable-gpu",
                    "--disable-dev-shm-usage", "--hide-scrollbars", "--no-first-run", "--remote-debugging-port=0",
                    "--user-data-dir=" + profile, "about:blank")
                    .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
            socket = HttpClient.newHttpClient().newWebSocketBuilder().buildAsync(URI.create(address()), new Messages())
                    .join();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String address() throws IOException {
        BufferedReader errors = process.errorReader();
        StringBuilder said = new StringBuilder();
        for (String line; (line = errors.readLine()) != null;) {
            Matcher matcher = LISTENING.matcher(line);
            if (matcher.find()) {
                Thread.startVirtualThread(() -> errors.lines().forEach(rest -> {}));   // so that it never waits for us
                return matcher.group(1);
            }
            said.append(line).append('\n');
        }
        throw new IOException("Chromium did not start:\n" + said);
    }

    /** Opens a tab of this size. */
    Tab open(int width, int height, boolean dark) {
        String target = call("", "Target.createTarget", Map.of("url", "about:blank")).get("targetId").getAsString();
        return new Tab(this, target, width, height, dark);
    }

    void listen(Consumer<JsonObject> listener) { listeners.add(listener); }

    void forget(Consumer<JsonObject> listener) { listeners.remove(listener); }

    /** Sends a command to a tab, or to the browser for an empty session, and returns its result. */
    JsonObject call(String session, String method, Map<String, ?> parameters) {
        JsonObject message = new JsonObject();
        int id = ids.incrementAndGet();
        message.addProperty("id", id);
        message.addProperty("method", method);
        message.add("params", new com.google.gson.Gson().toJsonTree(parameters));
        if (!session.isEmpty()) message.addProperty("sessionId", session);
        CompletableFuture<JsonObject> answer = new CompletableFuture<>();
        answers.put(id, answer);
        synchronized (this) {
            socket.sendText(message.toString(), true).join();
        }
        JsonObject answered = answer.orTimeout(PATIENCE, TimeUnit.SECONDS).join();
        if (answered.has("error")) throw new AssertionError(method + ": " + answered.get("error"));
        return answered.getAsJsonObject("result");
    }

    private final class Messages implements WebSocket.Listener {

        private final StringBuilder text = new StringBuilder();

        @Override public CompletionStage<?> onText(WebSocket from, CharSequence part, boolean last) {
            text.append(part);
            if (last) {
                JsonElement message = JsonParser.parseString(text.toString());
                text.setLength(0);
                received(message.getAsJsonObject());
            }
            from.request(1);
            return null;
        }

        private void received(JsonObject message) {
            if (message.has("id")) answers.remove(message.get("id").getAsInt()).complete(message);
            else listeners.forEach(listener -> listener.accept(message));
        }
    }

    @Override public void close() {
        socket.abort();
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
        try {
            process.waitFor();
            try (Stream<Path> files = Files.walk(profile)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
