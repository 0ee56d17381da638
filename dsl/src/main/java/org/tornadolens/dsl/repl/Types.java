package org.tornadolens.dsl.repl;

import java.util.Optional;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.repl.Declarations.Entry;
import org.tornadolens.dsl.script.Evaluator;

/**
 * What an expression is, as far as the session and the declarations tell without running anything: a value that a
 * variable holds, or the declared type of what a getter or a call would give.
 */
final class Types {

    /**
     * @param live  the value itself, if the session holds it
     * @param type  its interface or type; empty if it is unknown
     * @param entry its declaration, if it is an export or a member
     */
    record Thing(Optional<Value> live, String type, Optional<Entry> entry) {
        static final Thing UNKNOWN = new Thing(Optional.empty(), "", Optional.empty());
    }

    private final Evaluator session;
    private final Declarations declarations;

    Types(Evaluator session, Declarations declarations) {
        this.session = session;
        this.declarations = declarations;
    }

    /** @param expression as cursor.js describes it */
    Thing of(Value expression) {
        return switch (expression.getMember("kind").asString()) {
            case "name" -> variable(expression.getMember("name").asString());
            case "member" -> member(of(expression.getMember("object")), expression.getMember("name").asString());
            case "call" -> result(of(expression.getMember("callee")));
            case "literal" -> new Thing(Optional.empty(), expression.getMember("type").asString(), Optional.empty());
            default -> Thing.UNKNOWN;
        };
    }

    /** Returns the thing that a chain of names stands for: {@code run}, {@code model.config}. */
    Thing of(String chain) {
        String[] names = chain.split("\\.");
        Thing thing = variable(names[0]);
        for (int i = 1; i < names.length; i++) thing = member(thing, names[i]);
        return thing;
    }

    /** Returns a member of what an expression is. */
    Thing memberOf(Value expression, String name) {
        return member(of(expression), name);
    }

    private Thing variable(String name) {
        Optional<Value> live = peeked(session.tool("peek", session.tool("nothing"), name));
        Entry exported = session.declared().containsKey(name) ? null : declarations.exports().get(name);
        if (exported != null) return declared(exported, live);
        return live.map(value -> new Thing(live, kind(value), Optional.empty())).orElse(Thing.UNKNOWN);
    }

    private Thing member(Thing object, String name) {
        Optional<Value> live = object.live().flatMap(value -> peeked(session.tool("peek", value, name)));
        String owner = object.entry().filter(Entry::callable).map(Entry::name).orElse(object.type());
        Entry entry = declarations.members(owner).get(name);
        if (entry != null) return declared(entry, live);
        return live.map(value -> new Thing(live, kind(value), Optional.empty())).orElse(Thing.UNKNOWN);
    }

    private Thing declared(Entry entry, Optional<Value> live) {
        String type = entry.callable() ? "function" : declarations.typeName(entry.type(), entry.owner()).orElse("");
        return new Thing(live, type, Optional.of(entry));
    }

    private Thing result(Thing callee) {
        if (callee.entry().isEmpty() || !callee.entry().get().callable()) return Thing.UNKNOWN;
        Entry entry = callee.entry().get();
        String type = declarations.typeName(entry.signatures().getFirst().returns(), entry.owner()).orElse("");
        return new Thing(Optional.empty(), type, Optional.empty());
    }

    private static Optional<Value> peeked(Value found) {
        return found.hasMember("value") ? Optional.of(found.getMember("value")) : Optional.empty();
    }

    private String kind(Value value) {
        String kind = session.tool("kind", value).asString();
        return kind.equals("Array") ? "any[]" : kind;
    }
}
