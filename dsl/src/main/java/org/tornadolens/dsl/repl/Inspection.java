package org.tornadolens.dsl.repl;

import java.util.Optional;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.repl.Types.Thing;
import org.tornadolens.dsl.script.Evaluator;

/** The documentation of what stands at a place of an input: a name, or the call around it. Nothing of it runs. */
final class Inspection {

    private static final int LONGEST_VALUE = 2000;

    private final Evaluator session;
    private final Types types;
    private final Help help;

    Inspection(Evaluator session, Types types, Help help) {
        this.session = session;
        this.types = types;
        this.help = help;
    }

    /** @param cursor a place in the text, from 0 to its length */
    Optional<String> at(String text, int cursor) {
        int end = cursor;
        while (end < text.length() && Character.isJavaIdentifierPart(text.charAt(end))) end++;
        Value found = session.acorn().atCursor(text.substring(0, end));
        String kind = found.getMember("kind").asString();
        if (kind.equals("none")) return Optional.empty();
        String name = found.getMember("prefix").asString();
        Optional<String> named = switch (kind) {
            case "name" -> about(name, types.of(name));
            case "member" -> about(name, types.memberOf(found.getMember("object"), name));
            default -> Optional.empty();
        };
        return named.or(() -> call(found.getMember("place")));
    }

    private Optional<String> call(Value place) {
        if (place == null || !place.hasMember("callee")) return Optional.empty();
        return help.of("", types.of(place.getMember("callee")));
    }

    private Optional<String> about(String name, Thing thing) {
        Optional<String> documented = help.of(name, thing);
        boolean variable = thing.live().isPresent() && thing.entry().isEmpty() && !thing.type().equals("function");
        if (!variable) return documented;
        String text = session.text(thing.live().get());
        if (text.length() > LONGEST_VALUE) text = text.substring(0, LONGEST_VALUE) + "…";
        return Optional.of(text + documented.map(more -> "\n\n" + more).orElse(""));
    }
}
