package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyArray;
import org.graalvm.polyglot.proxy.ProxyObject;

/**
 * The parser acorn, in a context of its own that no session reaches. The files in {@code org/tornadolens/dsl/repl/}
 * ask it what an input is, what stands at the cursor, and which script a session makes.
 */
public final class Acorn implements AutoCloseable {

    private static final String WEBJAR = "/META-INF/resources/webjars/acorn/";
    private static final List<String> FILES = List.of("names.js", "input.js", "save.js", "cursor.js");

    private final Context context = Context.newBuilder("js").option("engine.WarnInterpreterOnly", "false").build();
    private final Value rewrite, atCursor, colours, script;

    public Acorn() {
        load("acorn.js", WEBJAR + version() + "/dist/acorn.js");
        for (String file : FILES) load(file, "/org/tornadolens/dsl/repl/" + file);
        rewrite = function("rewrite");
        atCursor = function("atCursor");
        colours = function("colours");
        script = function("script");
    }

    /** The version that this was built with; the webjar's folder bears its name. */
    private static String version() {
        return text("/org/tornadolens/dsl/acorn.txt").strip();
    }

    /**
     * Calls a function to its end. The line reader interrupts the thread that reads when Ctrl-C is pressed, and the
     * engine would throw: the interrupt waits until the function has returned.
     */
    private static Value call(Value function, Object... arguments) {
        boolean interrupted = Thread.interrupted();
        try {
            while (true) {
                try {
                    return function.execute(arguments);
                } catch (PolyglotException e) {
                    if (!e.isInterrupted()) throw e;
                    interrupted |= Thread.interrupted();
                }
            }
        } finally {
            if (interrupted) Thread.currentThread().interrupt();
        }
    }

    private void load(String name, String resource) {
        context.eval(Source.newBuilder("js", text(resource), name).buildLiteral());
    }

    private Value function(String name) { return context.eval("js", name); }

    private static String text(String resource) {
        try (InputStream in = Acorn.class.getResourceAsStream(resource)) {
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Parses an input. */
    public Input input(String text) {
        Value found = call(rewrite, text);
        return switch (found.getMember("status").asString()) {
            case "empty" -> new Input.Empty();
            case "incomplete" -> new Input.Incomplete();
            case "wrong" -> new Input.Wrong(text, found.getMember("message").asString(), found.getMember("at").asInt());
            default -> new Input.Complete(text, found.getMember("code").asString(), ints(found.getMember("kept")),
                    found.getMember("async").asBoolean(), found.getMember("silent").asBoolean(),
                    each(found.getMember("declared")).stream().map(one -> new Input.Declared(
                            one.getMember("name").asString(), one.getMember("kind").asString())).toList(),
                    each(found.getMember("written")).stream().map(one -> new Input.Assigned(
                            one.getMember("name").asString(), one.getMember("start").asInt())).toList());
        };
    }

    /** Returns what stands at the end of an unfinished input (see cursor.js). */
    public Value atCursor(String before) {
        return call(atCursor, before);
    }

    /** Returns the tokens of a text to colour: start, end and kind of each. */
    public Value colours(String text) {
        return call(colours, text);
    }

    /**
     * An input that worked.
     *
     * @param shown whether its value was shown
     * @param saved the name under which its value was saved when it was shown; may be empty
     */
    public record Worked(String text, boolean shown, String saved) {}

    /**
     * Returns the script that does what the inputs did.
     *
     * @param exported what "lens" exports
     * @param model    the expression that opens the session's model
     */
    public String script(List<Worked> inputs, Collection<String> exported, String model) {
        List<Object> given = new ArrayList<>();
        for (Worked one : inputs)
            given.add(ProxyObject.fromMap(Map.of("text", one.text(), "shown", one.shown(), "saved", one.saved())));
        return call(script, ProxyArray.fromList(given), jsArray(exported), model).asString();
    }

    private Value jsArray(Collection<String> texts) {
        Value array = context.eval("js", "[]");
        for (String text : texts) array.invokeMember("push", text);
        return array;
    }

    private static List<Value> each(Value array) {
        List<Value> all = new ArrayList<>();
        for (long i = 0; i < array.getArraySize(); i++) all.add(array.getArrayElement(i));
        return all;
    }

    private static int[] ints(Value array) { return each(array).stream().mapToInt(Value::asInt).toArray(); }

    @Override public void close() { context.close(true); }
}
