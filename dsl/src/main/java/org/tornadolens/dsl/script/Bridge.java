package org.tornadolens.dsl.script;

import java.util.HashMap;
import java.util.Map;
import java.util.function.Supplier;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.PolyglotException;
import org.graalvm.polyglot.Value;
import org.tornadolens.Nearest;

/** What the module's {@code host.js} is handed before any script runs, and no script ever sees. */
public final class Bridge {

    private final Map<String, Supplier<Object>> exports;
    private final Map<String, Object> made = new HashMap<>();
    private Value causeOf;
    private Value module, session;

    Bridge(Map<String, Supplier<Object>> exports) { this.exports = exports; }

    /** An export, made when it is first asked for. */
    @HostAccess.Export public Object object(String name) {
        Supplier<Object> supplier = exports.get(name);
        if (supplier == null) throw new IllegalStateException(Nearest.message("export", name, exports.keySet()));
        return made.computeIfAbsent(name, absent -> supplier.get());
    }

    /** How to rethrow what an exported function threw; null where it is a script's own value, to be thrown on as it is. */
    @HostAccess.Export public Translation translate(Value thrown) {
        Throwable host = hostException(thrown);
        return host == null ? null : Translation.of(host);
    }

    @HostAccess.Export public String nearest(String kind, String name, Value known) {
        return Nearest.message(kind, name, Arguments.strings(known));
    }

    /** Takes the function that gives the Java exception behind a translated error. */
    @HostAccess.Export public void causes(Value function) {
        causeOf = function;
    }

    /** Takes the module's namespace once it is loaded, and what a session needs of it. */
    @HostAccess.Export public void loaded(Value namespace, Value helpers) {
        module = namespace;
        session = helpers;
    }

    /** A value as {@code print} shows it inside others: strings quoted. */
    String format(Value value) {
        return session.invokeMember("format", value, 1).asString();
    }

    boolean undefined(Value value) { return session.invokeMember("undefined", value).asBoolean(); }

    /** Puts every export of the module into the global scope. */
    void publish() {
        session.invokeMember("adopt", module);
    }

    /**
     * Puts the exports of a session's module into the global scope, all but the two named.
     *
     * @return whether the module ran to its end: {@code ended} is its last export
     */
    boolean adopt(Value exports, String value, String ended) {
        return session.invokeMember("adopt", exports, value, ended).asBoolean();
    }

    /** The Java exception a script's error came from, or null. */
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
