package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.graalvm.polyglot.proxy.ProxyExecutable;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;
import org.tornadolens.model.Model;

/**
 * A session of inputs that share their variables, with every export of {@code lens} in scope. Declarations stay and may
 * be repeated, {@code await} and {@code import} work at the top level; {@code _} is the last value, {@code _error} the
 * last error.
 */
public final class Evaluator implements AutoCloseable {

    /** The outcome of an input. */
    public sealed interface Outcome {
        /** @param value the value to show; empty if it is undefined, or if a semicolon hides it */
        record Done(Optional<Value> value) implements Outcome {}

        record Failed(ScriptFailure failure) implements Outcome {}

        /** More lines may complete the input. */
        record Incomplete() implements Outcome {}
    }

    private static final String UNSETTLED = "the input awaits a promise that nothing settles";

    private final Sandbox sandbox;
    private final Acorn acorn;
    private final Value variables;                                       // the global object
    private final Map<String, String> kinds = new LinkedHashMap<>();     // of the variables that inputs declared
    private final List<Acorn.Worked> worked = new ArrayList<>();
    private int inputs;
    private volatile boolean interrupted;      // since the running input began

    public Evaluator(Host host) throws IOException {
        CompletableFuture<Acorn> parser = CompletableFuture.supplyAsync(Acorn::new);
        try {
            sandbox = Sandbox.forSession(host);
            sandbox.bridge().publish();
        } catch (RuntimeException | Error | IOException e) {
            parser.thenAccept(Acorn::close);
            throw e;
        }
        variables = sandbox.context().getBindings("js");
        acorn = parser.join();
    }

    public Acorn acorn() { return acorn; }

    /** Makes a model a variable of the session. */
    public void define(String name, Model model) {
        variables.putMember(name, sandbox.bridge().model(model));
    }

    /** Returns the variables that inputs declared: {@code const}, {@code let}, {@code function}, … by name. */
    public Map<String, String> declared() {
        return kinds;
    }

    /** Returns what the tools of repl.js say of the session, without running any code of a script. */
    public Value tool(String name, Object... arguments) {
        return sandbox.bridge().tool(name, arguments);
    }

    /** Returns a value as {@code print} shows it, but a string quoted. */
    public String text(Value value) {
        return sandbox.bridge().format(value);
    }

    public Outcome evaluate(String text) { return evaluate(text, "input " + (inputs + 1)); }

    /** @param name what errors call the input */
    public Outcome evaluate(String text, String name) {
        return switch (acorn.input(text)) {
            case Input.Empty() -> new Outcome.Done(Optional.empty());
            case Input.Incomplete() -> new Outcome.Incomplete();
            case Input.Wrong wrong -> {
                inputs++;
                yield new Outcome.Failed(mistake(wrong, name));
            }
            case Input.Complete input -> {
                inputs++;
                yield run(input, name);
            }
        };
    }

    private Outcome run(Input.Complete input, String name) {
        interrupted = false;
        try {
            constants(input, name);
            Value value = input.async() ? async(input, name) : sandbox.context().eval(source(name, input.code()));
            keep(input);
            boolean some = value != null && !sandbox.bridge().undefined(value);
            if (some) variables.putMember("_", value);
            boolean shown = some && !input.silent();
            worked.add(new Acorn.Worked(input.text(), shown, ""));
            return new Outcome.Done(shown ? Optional.of(value) : Optional.empty());
        } catch (PolyglotException e) {
            for (Input.Declared one : input.declared())
                if (tool("peek", tool("nothing"), one.name()).hasMember("value")) kinds.put(one.name(), one.kind());
            if (interrupted)       // also what an asynchronous function makes of it
                return new Outcome.Failed(new ScriptFailure(Exit.INTERRUPTED, "interrupted", List.of(), e));
            if (e.isGuestException() && e.getGuestObject() != null) variables.putMember("_error", e.getGuestObject());
            return new Outcome.Failed(Failures.of(e, sandbox)
                    .with(place -> place.file().equals(name) ? input.original(place) : place));
        } catch (ScriptFailure e) {
            return new Outcome.Failed(e);
        } finally {
            Thread.interrupted();      // an interrupt is over when the input that it stopped is
        }
    }

    /** Notes what an input declared. */
    private void keep(Input.Complete input) {
        for (Input.Declared one : input.declared()) kinds.put(one.name(), one.kind());
    }

    /** Refuses an assignment to a constant; a later input may declare it again. */
    private void constants(Input.Complete input, String name) throws ScriptFailure {
        Map<String, String> after = new LinkedHashMap<>(kinds);
        for (Input.Declared one : input.declared()) after.put(one.name(), one.kind());
        for (Input.Assigned one : input.assigned()) {
            if (!"const".equals(after.get(one.name()))) continue;
            throw new ScriptFailure(Exit.SCRIPT_THREW, "TypeError: " + one.name()
                    + " is a constant; declare it again (let " + one.name() + " = …) to change it",
                    List.of(Input.place("", name, input.text(), one.at())), null);
        }
    }

    /** Returns the value of a last expression, or null if the input ends with another statement. */
    private Value async(Input.Complete input, String name) throws ScriptFailure {
        Value[] settled = new Value[2];
        ProxyExecutable done = values -> settled[0] = values[0], failed = values -> settled[1] = values[0];
        sandbox.bridge().tool("settle", sandbox.context().parse(source(name, input.code())), done, failed);
        if (settled[1] != null) throw thrown(settled[1]);
        if (settled[0] == null) throw new ScriptFailure(Exit.SCRIPT_THREW, UNSETTLED, List.of(), null);
        return settled[0].hasMember("value") ? settled[0].getMember("value") : null;
    }

    private PolyglotException thrown(Value error) {
        try {
            sandbox.bridge().tool("rethrow", error);
        } catch (PolyglotException e) {
            return e;
        }
        throw new IllegalStateException("repl.js does not throw " + error);
    }

    /** Words a mistake of syntax as the engine does, which says more than acorn. */
    private ScriptFailure mistake(Input.Wrong wrong, String name) {
        try {
            sandbox.context().parse(source(name, wrong.text()));
        } catch (PolyglotException e) {
            if (e.isSyntaxError() && !wrong.text().contains("await")) return Failures.of(e, sandbox);
        }
        return new ScriptFailure(Exit.SCRIPT_THREW, wrong.message(),
                List.of(Input.place("", name, wrong.text(), wrong.at())), null);
    }

    private static Source source(String name, String text) {
        return Source.newBuilder("js", text, name).buildLiteral();
    }

    /**
     * Returns a script that does what the inputs that worked did.
     *
     * @param model the expression that opens the model the session began with
     */
    public String script(String model) { return acorn.script(worked, LensModule.names(), model); }

    /** Notes that the value of the last input was saved under a name, as a picture that is shown is. */
    public void saved(String name) {
        Acorn.Worked last = worked.removeLast();
        worked.add(new Acorn.Worked(last.text(), last.shown(), name));
    }

    /** Stops the running input, from another thread. */
    public void interrupt() {
        interrupted = true;
        sandbox.interrupt();
    }

    @Override public void close() {
        acorn.close();
        sandbox.close();
    }
}
