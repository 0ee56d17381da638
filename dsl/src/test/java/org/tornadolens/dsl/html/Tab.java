package org.tornadolens.dsl.html;

import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/** A tab of Chromium with a page: what it shows, what goes wrong in it, and a user's pointer and keys. */
final class Tab implements AutoCloseable {

    /** Key codes, without which some keys do nothing. */
    private static final Map<String, Integer> CODES = Map.of("Tab", 9, "Enter", 13, "Escape", 27, " ", 32, "End", 35,
            "Home", 36, "ArrowLeft", 37, "ArrowUp", 38, "ArrowRight", 39, "ArrowDown", 40);
    private static final int CTRL = 2, SHIFT = 8;

    private final Chromium browser;
    private final String target, session;
    private final List<String> errors = new CopyOnWriteArrayList<>();
    private final Consumer<JsonObject> listener = this::heard;
    private volatile CompletableFuture<Void> loaded = new CompletableFuture<>();

    Tab(Chromium browser, String target, int width, int height, boolean dark) {
        this.browser = browser;
        this.target = target;
        session = browser.call("", "Target.attachToTarget", Map.of("targetId", target, "flatten", true))
                .get("sessionId").getAsString();
        browser.listen(listener);
        for (String domain : List.of("Page", "Runtime", "Log", "Network")) call(domain + ".enable", Map.of());
        call("Emulation.setEmulatedMedia", Map.of("features",
                List.of(Map.of("name", "prefers-color-scheme", "value", dark ? "dark" : "light"))));
        call("Emulation.setFocusEmulationEnabled", Map.of("enabled", true));
        size(width, height);
    }

    private JsonObject call(String method, Map<String, ?> parameters) {
        return browser.call(session, method, parameters);
    }

    private void heard(JsonObject message) {
        if (!message.has("sessionId") || !message.get("sessionId").getAsString().equals(session)) return;
        JsonObject parameters = message.getAsJsonObject("params");
        switch (message.get("method").getAsString()) {
            case "Page.loadEventFired" -> loaded.complete(null);
            case "Runtime.exceptionThrown" -> errors.add(parameters.get("exceptionDetails").toString());
            case "Runtime.consoleAPICalled" -> errors.add(parameters.get("args").toString());
            case "Log.entryAdded" -> errors.add(parameters.get("entry").toString());
            case "Network.requestWillBeSent" -> {
                String url = parameters.getAsJsonObject("request").get("url").getAsString();
                if (!url.startsWith("file:")) errors.add("asks for " + url);
            }
            default -> {}
        }
    }

    void size(int width, int height) {
        call("Emulation.setDeviceMetricsOverride",
                Map.of("width", width, "height", height, "deviceScaleFactor", 1, "mobile", false));
    }

    Tab show(Path file) { return show(file, ""); }

    /** @param hash what follows the file in the address, with its # */
    Tab show(Path file, String hash) {
        loaded = new CompletableFuture<>();
        call("Page.navigate", Map.of("url", file.toUri() + hash));
        loaded.orTimeout(60, TimeUnit.SECONDS).join();
        settle();
        return this;
    }

    /** Waits until what was asked for is drawn. */
    Tab settle() {
        evaluate("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(() => done(1))))");
        return this;
    }

    /** Returns what went wrong: exceptions, whatever the console shows, and requests of the network. */
    List<String> errors() {
        return errors;
    }

    JsonElement evaluate(String expression) {
        JsonObject answer = call("Runtime.evaluate",
                Map.of("expression", expression, "returnByValue", true, "awaitPromise", true));
        if (answer.has("exceptionDetails")) throw new AssertionError(expression + ": " + answer);
        return answer.getAsJsonObject("result").get("value");
    }

    String text(String expression) { return evaluate(expression).getAsString(); }

    double number(String expression) { return evaluate(expression).getAsDouble(); }

    boolean truth(String expression) { return evaluate(expression).getAsBoolean(); }

    /** The text of the first element of a selector. */
    String textOf(String selector) {
        return text("document.querySelector('" + selector + "').textContent");
    }

    void focus(String selector) {
        evaluate("document.querySelector('" + selector + "').focus()");
        settle();
    }

    void key(String key) { key(key, 0); }

    void shift(String key) { key(key, SHIFT); }

    private void key(String key, int modifiers) {
        Map<String, Object> event = new HashMap<>(Map.of("key", key, "modifiers", modifiers));
        if (CODES.containsKey(key)) event.put("windowsVirtualKeyCode", CODES.get(key));
        if (key.length() == 1 || key.equals("Enter")) event.put("text", key.equals("Enter") ? "\r" : key);
        event.put("type", "keyDown");
        call("Input.dispatchKeyEvent", event);
        event.put("type", "keyUp");
        event.remove("text");
        call("Input.dispatchKeyEvent", event);
        settle();
    }

    void move(double x, double y) { mouse("mouseMoved", x, y, Map.of()); }

    void click(double x, double y) {
        move(x, y);
        mouse("mousePressed", x, y, Map.of("button", "left", "clickCount", 1));
        mouse("mouseReleased", x, y, Map.of("button", "left", "clickCount", 1));
    }

    void drag(double x, double y, double toX, double toY) {
        move(x, y);
        mouse("mousePressed", x, y, Map.of("button", "left", "clickCount", 1));
        for (int i = 1; i <= 5; i++)
            mouse("mouseMoved", x + (toX - x) * i / 5, y + (toY - y) * i / 5, Map.of("button", "left", "buttons", 1));
        mouse("mouseReleased", toX, toY, Map.of("button", "left", "clickCount", 1));
    }

    void wheel(double x, double y, double delta, boolean ctrl) {
        mouse("mouseWheel", x, y, Map.of("deltaX", 0, "deltaY", delta, "modifiers", ctrl ? CTRL : 0));
    }

    private void mouse(String type, double x, double y, Map<String, ?> more) {
        Map<String, Object> event = new HashMap<>(more);
        event.putAll(Map.of("type", type, "x", x, "y", y));
        call("Input.dispatchMouseEvent", event);
        settle();
    }

    /** Where the first element of a selector is, in CSS pixels of the window. */
    record Box(double left, double top, double width, double height) {
        double middleX() { return left + width / 2; }

        double middleY() { return top + height / 2; }
    }

    Box box(String selector) {
        JsonObject box = evaluate("(() => { const { left, top, width, height } = document.querySelector('" + selector
                + "').getBoundingClientRect(); return { left, top, width, height }; })()").getAsJsonObject();
        return new Box(box.get("left").getAsDouble(), box.get("top").getAsDouble(), box.get("width").getAsDouble(),
                box.get("height").getAsDouble());
    }

    void screenshot(Path file) {
        try {
            Files.createDirectories(file.getParent());
            Files.write(file, Base64.getDecoder()
                    .decode(call("Page.captureScreenshot", Map.of("format", "png")).get("data").getAsString()));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Override public void close() {
        browser.forget(listener);
        browser.call("", "Target.closeTarget", Map.of("targetId", target));
    }
}
