package org.tornadolens.dsl.script;

import java.io.IOException;
import java.util.List;
import java.util.Optional;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.Exit;
import org.tornadolens.dsl.Host;

/**
 * A session of inputs that share their variables, with every export of {@code lens} in scope. Declarations stay and may
 * be repeated, {@code await} and {@code import} work at the top level; {@code _} is the last value, {@code _error} the
 * last error.
 */
public final class Evaluator implements AutoCloseable {

    /** The outcome of an input. */
    public sealed interface Outcome {
        /** @param text the value as text, if there is one to show */
        record Done(Optional<String> text) implements Outcome {}

        record Failed(ScriptFailure failure) implements Outcome {}

        /** The input is incomplete. */
        record Incomplete() implements Outcome {}
    }

    private static final String VALUE = "__value", ENDED = "__ended";

    private final Sandbox sandbox;
    private int inputs;

    public Evaluator(Host host) throws IOException {
        sandbox = Sandbox.forSession(host);
        sandbox.bridge().publish();
    }

    public Outcome evaluate(String text) {
        Input input = new Input(text);
        if (input.incomplete()) return new Outcome.Incomplete();
        if (input.empty()) return new Outcome.Done(Optional.empty());
        String name = "input " + ++inputs;
        try {
            Value value = input.needsModule() ? module(input, name) : script(input, name);
            if (value == null) return new Outcome.Done(Optional.empty());
            sandbox.context().getBindings("js").putMember("_", value);
            if (input.silent() || sandbox.bridge().undefined(value)) return new Outcome.Done(Optional.empty());
            return new Outcome.Done(Optional.of(sandbox.bridge().format(value)));
        } catch (PolyglotException e) {
            if (e.isIncompleteSource()) {
                inputs--;
                return new Outcome.Incomplete();
            }
            if (e.isGuestException() && e.getGuestObject() != null)
                sandbox.context().getBindings("js").putMember("_error", e.getGuestObject());
            return new Outcome.Failed(Failures.of(e, sandbox));
        } catch (ScriptFailure e) {
            return new Outcome.Failed(e);
        }
    }

    /** Stops the running input, from another thread. */
    public void interrupt() { sandbox.interrupt(); }

    private Value script(Input input, String name) throws ScriptFailure {
        if (input.braced()) {
            Source object = source(name, input.parenthesised(), false);
            if (parses(object)) return sandbox.context().eval(object);
        }
        Source source = source(name, input.asScript(), false);
        try {
            sandbox.context().parse(source);
        } catch (PolyglotException e) {
            if (e.isIncompleteSource() || !input.mentionsAwait()) throw e;
            return module(input, name);
        }
        return sandbox.context().eval(source);
    }

    /** @return the value of the last statement, or null if it is no expression */
    private Value module(Input input, String name) throws ScriptFailure {
        Source chosen = null;
        for (String reading : input.asModules(VALUE)) {
            chosen = source(name, reading + "\n;export const " + ENDED + " = true;", true);
            if (parses(chosen)) break;
        }
        Value exports = sandbox.context().eval(chosen);
        if (!sandbox.bridge().adopt(exports, VALUE, ENDED)) {
            throw new ScriptFailure(Exit.SCRIPT_THREW, "the input awaits a promise that nothing settles",
                    List.of(), null);
        }
        return exports.hasMember(VALUE) ? exports.getMember(VALUE) : null;
    }

    private boolean parses(Source source) {
        try {
            sandbox.context().parse(source);
            return true;
        } catch (PolyglotException e) {
            if (e.isSyntaxError()) return false;
            throw e;
        }
    }

    private static Source source(String name, String text, boolean module) {
        Source.Builder builder = Source.newBuilder("js", text, name);
        if (module) builder.mimeType(Sandbox.MODULE_TYPE);
        return builder.buildLiteral();
    }

    @Override public void close() { sandbox.close(); }
}
