package org.tornadolens.dsl.repl;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeSet;
import org.tornadolens.Nearest;
import org.tornadolens.UsageException;
import org.tornadolens.dsl.repl.Declarations.Entry;
import org.tornadolens.dsl.repl.Declarations.Interface;
import org.tornadolens.dsl.repl.Declarations.Parameter;
import org.tornadolens.dsl.repl.Declarations.Signature;
import org.tornadolens.dsl.repl.Types.Thing;

/** The documentation of lens.d.ts as text. */
final class Help {

    private static final int WIDTH = 100, LONGEST_NAME = 28;

    private final Declarations declarations;
    private final Types types;

    Help(Declarations declarations, Types types) {
        this.declarations = declarations;
        this.types = types;
    }

    /**
     * Returns what the declarations say of a name: {@code load}, {@code model.run}, {@code RunOptions}.
     *
     * @throws UsageException if they say nothing
     */
    String of(String name) {
        Thing thing = types.of(name);
        Optional<String> documented = of(name, thing);
        if (documented.isPresent()) return documented.get();
        if (declarations.interfaces().containsKey(name)) return contents(declarations.interfaces().get(name));
        if (declarations.aliases().containsKey(name))
            return ("type " + name + " = " + declarations.aliases().get(name) + "\n"
                    + indented(declarations.aliasDoc(name))).stripTrailing();
        if (!thing.type().isEmpty()) return name + ": " + thing.type() + ", which is JavaScript's own";
        TreeSet<String> known = new TreeSet<>(declarations.exports().keySet());
        known.addAll(declarations.interfaces().keySet());
        int dot = name.lastIndexOf('.');
        String last = name.substring(dot + 1);
        if (dot > 0) {
            known.clear();
            known.addAll(declarations.members(types.of(name.substring(0, dot)).type()).keySet());
        }
        throw new UsageException(known.isEmpty() ? "there is no documentation of " + name
                : Nearest.message("documentation of", last, known));
    }

    /** Returns what the declarations say of a thing, if they do. */
    Optional<String> of(String name, Thing thing) {
        if (thing.entry().isPresent()) return Optional.of(entry(thing.entry().get()));
        return declarations.interfaces().containsKey(thing.type()) ? Optional.of(named(name, thing.type()))
                : Optional.empty();
    }

    private String named(String name, String type) {
        return name + ": " + contents(declarations.interfaces().get(type));
    }

    private String entry(Entry entry) {
        if (!entry.callable()) {
            String head = entry.name() + ": " + entry.type() + "\n" + indented(entry.doc());
            Optional<String> type = declarations.typeName(entry.type(), entry.owner())
                    .filter(declarations.interfaces()::containsKey);
            return type.map(name -> head + members(declarations.members(name))).orElse(head).stripTrailing();
        }
        StringBuilder text = new StringBuilder();
        List<String> options = new ArrayList<>();
        for (Signature signature : entry.signatures()) {
            text.append(signature.text()).append('\n').append(indented(signature.doc()));
            for (Parameter parameter : signature.parameters()) options.addAll(declarations.optionsIn(parameter.type()));
        }
        for (String name : options.stream().distinct().toList())
            text.append('\n').append(name).append(members(declarations.members(name)));
        if (declarations.interfaces().containsKey(entry.name()) && entry.owner().isEmpty())
            text.append(members(declarations.members(entry.name())));
        return text.toString().stripTrailing();
    }

    private String contents(Interface type) {
        return (type.name() + "\n" + indented(type.doc()) + members(declarations.members(type.name()))).stripTrailing();
    }

    /** Returns the members of a type in a few words each, for a value that has no text of its own. */
    String holds(String type) {
        String doc = declarations.interfaces().get(type).doc();
        return (type + (doc.isEmpty() ? "" : ": " + Declarations.prose(doc))
                + members(declarations.members(type))).stripTrailing();
    }

    /** Returns how a function of the module is called. */
    String calls(Entry function) {
        return String.join("\n", function.signatures().stream().map(Signature::text).toList());
    }

    private String members(Map<String, Entry> members) {
        StringBuilder text = new StringBuilder("\n");
        int widest = members.values().stream().mapToInt(one -> label(one).length()).filter(n -> n <= LONGEST_NAME).max()
                .orElse(0);
        for (Entry one : members.values()) {
            String label = label(one), about = one.callable() ? one.summary() : whole(one);
            List<String> lines = wrapped(about, WIDTH - widest - 4);
            text.append("  ").append(label);
            if (label.length() > widest && !lines.isEmpty()) text.append('\n').append(" ".repeat(widest + 4));
            else text.append(" ".repeat(widest - label.length() + 2));
            text.append(String.join("\n" + " ".repeat(widest + 4), lines)).append('\n');
        }
        return text.toString();
    }

    private static String label(Entry entry) {
        if (!entry.callable()) return entry.name() + (entry.optional() ? "?" : "") + ": " + entry.type();
        return entry.name() + "(" + String.join(", ", entry.signatures().getFirst().parameters().stream()
                .map(one -> one.name() + (one.optional() ? "?" : "")).toList()) + ")";
    }

    private static String whole(Entry entry) {
        return entry.prose()
                + Declarations.tag(entry.doc(), "default").map(value -> " (default " + value + ")").orElse("");
    }

    private static String indented(String doc) {
        String prose = Declarations.prose(doc);
        String text = prose.isEmpty() ? "" : "  " + String.join("\n  ", wrapped(prose, WIDTH - 2)) + "\n";
        String errors = Declarations.tag(doc, "throws").map(cases -> "Errors: " + Declarations.line(cases))
                .map(cases -> "  " + String.join("\n  ", wrapped(cases, WIDTH - 2)) + "\n").orElse("");
        return text + errors + Declarations.tag(doc, "example").map(code -> code.indent(4)).orElse("");
    }

    private static List<String> wrapped(String text, int width) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        if (!line.isEmpty()) lines.add(line.toString());
        return lines;
    }
}
