package org.tornadolens.dsl.script;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Value;
import org.tornadolens.Nearest;
import org.tornadolens.model.Model;

/** The object by which the module's {@code host.js} reaches Java. No script ever sees it. */
public final class Bridge {

    private final Map<String, Supplier<Object>> exports;
    private final Map<String, Object> made = new HashMap<>();
    private Value causeOf, isMistake;
    private Value module, repl;

    Bridge(Map<String, Supplier<Object>> exports) { this.exports = exports; }

    /** Returns an export, which is made at its first use. */
    @HostAccess.Export public Object object(String name) {
        Supplier<Object> supplier = exports.get(name);
        if (supplier == null) throw new IllegalStateException(Nearest.message("export", name, exports.keySet()));
        return made.computeIfAbsent(name, absent -> supplier.get());
    }

    /** Returns how to rethrow an exception of Java; null for a script's own value, which is rethrown unchanged. */
    @HostAccess.Export public Translation translate(Value thrown) {
        Throwable host = hostException(thrown);
        return host == null ? null : Translation.of(host);
    }

    @HostAccess.Export public String nearest(String kind, String name, Value known) {
        return Nearest.message(kind, name, Arguments.strings(known));
    }

    /**
     * Takes what the module knows about errors.
     *
     * @param cause   returns the Java exception behind a translated error
     * @param mistake returns whether the module made an error to say what the script did wrong
     */
    @HostAccess.Export public void errors(Value cause, Value mistake) {
        causeOf = cause;
        isMistake = mistake;
    }

    /** Takes the namespaces of the loaded module and of {@code repl.js}. */
    @HostAccess.Export public void loaded(Value namespace, Value helpers) {
        module = namespace;
        repl = helpers;
    }

    /** Returns a value as {@code print} shows it, but a string quoted. */
    String format(Value value) {
        return tool("shown", value).asString();
    }

    boolean undefined(Value value) { return repl.invokeMember("undefined", value).asBoolean(); }

    /** Puts every export of the module into the global scope. */
    void publish() { tool("publish", module); }

    /** Returns a model as scripts see it. */
    Value model(Model model) { return tool("modelOf", model); }

    /** Calls a function of {@code repl.js}. */
    Value tool(String name, Object... arguments) {
        return repl.invokeMember(name, arguments);
    }

    /** Returns the tables of options by the names of their types in lens.d.ts, for the tests. */
    Value optionTables() {
        return repl.getMember("tables");
    }

    /** Returns true if the module made this error to say what the script did wrong. */
    boolean mistake(Value error) {
        return error != null && isMistake.execute(error).asBoolean();
    }

    /** Returns the Java exception behind an error, or null. */
    Throwable cause(Value error) {
        return error == null || causeOf == null ? null : hostException(causeOf.execute(error));
    }

    private static Throwable hostException(Value thrown) {
        if (thrown == null || !thrown.isException()) return null;
        try {
            throw thrown.throwException();
        } catch (PolyglotException e) {
            return e.isHostException() ? e.asHostException() : null;
        }
    }
}
