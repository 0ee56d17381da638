package org.tornadolens.dsl.repl;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.tornadolens.dsl.repl.Declarations.Entry;
import org.tornadolens.dsl.repl.Declarations.Interface;
import org.tornadolens.dsl.repl.Declarations.Signature;

/**
 * Makes docs/reference.md of lens.d.ts: a chapter for each of its headings ({@code // ---- models}), in its order. A
 * constant such as {@code scores} is shown with the members of its type, which is not named anywhere else.
 */
final class ReferencePage {

    private static final String START = """
            # Reference

            Everything that a script imports from `"lens"`, and the types of what it gives and takes. This \
            page is made from [lens.d.ts](../scripts/lens.d.ts), from which editors complete and which the \
            REPL shows for `NAME?`; [CONTRIBUTING](../CONTRIBUTING.md#pages-made-from-the-code) says how \
            to make it again.

            A parameter or an option whose name ends in `?` may be left out. An option that does not \
            exist, a name that matches no value, a head or a position that the model does not have, and a \
            value of the wrong type are errors in every function; the message names the argument and the \
            nearest names. Below, "Errors" lists what else a function refuses. Each example stands alone: \
            every export, and `model = load()`, are in scope.
            """;

    private static final Pattern HEADING = Pattern.compile("  // ---- (.+)");
    private static final Pattern DECLARED =
            Pattern.compile("  (?:export )?(?:function|const|interface|namespace|type) (\\w+).*");
    private static final Pattern CODE = Pattern.compile("`[^`]*`");

    /** The pages that explain a chapter, by the words its heading begins with. */
    private static final Map<String, String> PAGES = Map.ofEntries(
            Map.entry("models",
                    "[texts, tokens and conversations](chat.md), [hook points](hooks.md), [formats](formats.md)"),
            Map.entry("naming", "[sites](interventions.md#sites), [hook points](hooks.md)"),
            Map.entry("interventions", "[interventions](interventions.md)"),
            Map.entry("metrics", "[metrics](interventions.md#metrics)"),
            Map.entry("edits", "[edits of weights](interventions.md#edits-of-weights)"),
            Map.entry("hooks", "[what a hook costs](hooks.md#what-a-hook-costs)"),
            Map.entry("tensors", "[tensors](tensors.md)"), Map.entry("analysis", "[head scores](scores.md)"),
            Map.entry("circuits of heads", "[circuits and composition](analysis.md#circuits)"),
            Map.entry("sweeps", "[sweeps, patching and circuits](patching.md)"),
            Map.entry("circuits", "[circuits](patching.md#circuits)"),
            Map.entry("analyses", "[analysis](analysis.md)"), Map.entry("training", "[training](training.md)"),
            Map.entry("results", "[figures](figures.md), [pages](analysis.md#pages)"));

    /** Types of which only the texts that editors complete consist. */
    private static final Set<String> PARTS = Set.of("OtherText", "Digit", "Index", "ModelFiles");

    private record Chapter(String title, String note, Set<String> names) {}

    private final Declarations declarations;
    private final List<Chapter> chapters = new ArrayList<>();

    /** The types whose members are shown with the one constant that has them, with the name of that constant. */
    private final Map<String, String> constantOf = new LinkedHashMap<>();

    ReferencePage(String source) {
        declarations = new Declarations(source);
        String code = source.replaceAll("(?s)/\\*.*?\\*/", "");
        declarations.exports().forEach((name, export) -> {
            String type = export.type();
            if (!declarations.interfaces().containsKey(type)) return;
            long times = Pattern.compile("\\b" + type + "\\b").matcher(code).results().count();
            if (times == 2) constantOf.put(type, name);
        });
        source.lines().forEach(line -> {
            Matcher heading = HEADING.matcher(line), declared = DECLARED.matcher(line);
            if (heading.matches()) {
                String[] titleAndNote = heading.group(1).split("; ", 2);
                chapters.add(new Chapter(capital(titleAndNote[0]),
                        titleAndNote.length > 1 ? capital(titleAndNote[1]) + "." : "", new LinkedHashSet<>()));
            } else if (declared.matches() && !chapters.isEmpty()) {
                String name = declared.group(1);
                if (PARTS.contains(name)) return;
                chapters.getLast().names().add(constantOf.getOrDefault(name, name));
            }
        });
    }

    String text() {
        StringBuilder page = new StringBuilder(START);
        page.append("\n| chapter | functions and constants | types |\n|---|---|---|\n");
        for (Chapter chapter : chapters) {
            String exports = listed(chapter, declarations.exports().keySet(), true);
            String types = listed(chapter, declarations.exports().keySet(), false);
            page.append("| [").append(chapter.title()).append("](#").append(anchor(chapter.title())).append(") | ")
                    .append(exports).append(" | ").append(types).append(" |\n");
        }
        for (Chapter chapter : chapters) {
            page.append("\n## ").append(chapter.title()).append('\n');
            if (!chapter.note().isEmpty()) page.append('\n').append(chapter.note()).append('\n');
            PAGES.entrySet().stream().filter(entry -> chapter.title().toLowerCase().startsWith(entry.getKey()))
                    .max(Map.Entry.comparingByKey())
                    .ifPresent(entry -> page.append("\nExplained in ").append(entry.getValue()).append(".\n"));
            for (String name : chapter.names()) described(name, page);
        }
        return page.toString();
    }

    private String listed(Chapter chapter, Set<String> exports, boolean exported) {
        return chapter.names().stream().filter(name -> exports.contains(name) == exported)
                .filter(name -> exported || !name.endsWith("Options"))
                .map(name -> "[`" + name + "`](#" + anchor(exported ? name : name + " (type)") + ")")
                .collect(Collectors.joining(", "));
    }

    private void described(String name, StringBuilder page) {
        Entry export = declarations.exports().get(name);
        if (export != null && export.callable()) function(export, page);
        else if (export != null) constant(export, page);
        else if (declarations.interfaces().containsKey(name)) type(declarations.interfaces().get(name), page);
        else alias(name, page);
    }

    private void function(Entry export, StringBuilder page) {
        String signatures = export.signatures().stream().map(Signature::text).collect(Collectors.joining("\n"));
        page.append("\n### ").append(export.name()).append("\n\n```ts\n").append(signatures).append("\n```\n");
        documentation(export.signatures().stream().map(Signature::doc).toList(), page);
        page.append(links(signatures, "", "\nTypes: ", ".\n"));
        Interface namespace = declarations.interfaces().get(export.name());
        if (namespace != null) members(namespace.members().values(), export.name() + ".", page);
    }

    private void constant(Entry export, StringBuilder page) {
        page.append("\n### ").append(export.name()).append('\n');
        Interface type = declarations.interfaces().get(export.type());
        boolean its = constantOf.containsKey(export.type());
        if (!its) page.append("\n```ts\n").append(export.name()).append(": ").append(export.type()).append("\n```\n");
        documentation(its ? List.of(export.doc(), type.doc()) : List.of(export.doc()), page);
        if (its) members(type.members().values(), export.name() + ".", page);
        else page.append(links(export.type(), "", "\nTypes: ", ".\n"));
    }

    private void type(Interface type, StringBuilder page) {
        page.append("\n#### ").append(type.name()).append(" (type)\n");
        documentation(List.of(type.doc()), page);
        if (!type.inherits().isEmpty())
            page.append("\nEverything of ").append(links(String.join(" ", type.inherits()), "", "", ""))
                    .append(type.members().isEmpty() ? ".\n" : ", and:\n");
        members(type.members().values(), type.name(), page);
    }

    private void alias(String name, StringBuilder page) {
        String type = Declarations.line(declarations.aliases().get(name)).replaceFirst("^\\| ", "");
        page.append("\n#### ").append(name).append(" (type)\n");
        if (!type.contains("OtherText")) page.append("\n```ts\n").append(type).append("\n```\n");
        documentation(List.of(declarations.aliasDoc(name)), page);
        if (type.contains("OtherText")) page.append("\nA text, whose usual forms editors complete.\n");
        else page.append(links(type, name, "\nTypes: ", ".\n"));
    }

    /** @param owner a constant with the dot behind it, which is put before its members, or the name of a type */
    private void members(Iterable<Entry> members, String owner, StringBuilder page) {
        List<Entry> all = new ArrayList<>();
        members.forEach(one -> {
            if (!one.name().equals("toString")) all.add(one);
        });
        if (all.isEmpty()) return;
        boolean options = owner.endsWith("Options")
                || all.stream().anyMatch(one -> Declarations.tag(one.doc(), "default").isPresent());
        page.append(options ? "\n| option | meaning | default |\n|---|---|---|\n"
                : "\n| member | what it is |\n|---|---|\n");
        String before = owner.endsWith(".") ? owner : "";
        for (Entry member : all) {
            if (!member.callable()) {
                String type = member.name() + (member.optional() ? "?" : "") + ": " + member.type();
                row(before + type, member.doc(), links(member.type(), owner, " (", ")"), options, page);
            }
            for (Signature one : member.signatures())
                row(before + one.text(), one.doc(), links(one.text(), owner, " (", ")"), options, page);
        }
    }

    private static void row(String code, String doc, String links, boolean options, StringBuilder page) {
        String errors = Declarations.tag(doc, "throws").map(text -> " Errors: " + Declarations.line(text)).orElse("");
        page.append("| ").append(cell("`" + code + "`")).append(" | ")
                .append(cell(prose(Declarations.prose(doc) + errors))).append(links).append(" |");
        if (options) {
            String otherwise = Declarations.tag(doc, "default").map(Declarations::line).orElse("*required*");
            boolean literal = otherwise.matches("[\\[\"\\d-].*|true|false");
            page.append(' ').append(cell(literal ? "`" + otherwise + "`" : otherwise)).append(" |");
        }
        page.append('\n');
    }

    private static void documentation(List<String> docs, StringBuilder page) {
        for (String doc : docs) {
            String text = Declarations.prose(doc);
            if (!text.isEmpty()) page.append('\n').append(prose(text)).append('\n');
        }
        for (String doc : docs) {
            Declarations.tag(doc, "throws")
                    .map(cases -> prose(Declarations.line(cases)))
                    .ifPresent(cases -> page.append("\nErrors: ").append(cases).append('\n'));
        }
        for (String doc : docs) {
            Declarations.tag(doc, "example")
                    .ifPresent(code -> page.append("\n```js\n").append(code).append("\n```\n"));
        }
    }

    /**
     * Returns links to the types that a text names, between two texts; nothing if it names none. Tensors, which are
     * everywhere, are linked only where no owner is given.
     */
    private String links(String types, String owner, String before, String after) {
        String named = types.replaceAll("\"[^\"]*\"", "");
        String all = Pattern.compile("[A-Z]\\w*").matcher(named).results().map(found -> found.group()).distinct()
                .filter(name -> declarations.interfaces().containsKey(name) || declarations.aliases().containsKey(name))
                .filter(name -> chapters.stream().anyMatch(chapter -> chapter.names().contains(name)))
                .filter(name -> !name.equals(owner) && (owner.isEmpty() || !name.equals("Tensor")))
                .map(name -> "[" + name + "](#" + anchor(name + " (type)") + ")").collect(Collectors.joining(", "));
        return all.isEmpty() ? "" : before + all + after;
    }

    /** Returns documentation as Markdown: what is no code is shown as it stands, and a page that it names is a link. */
    private static String prose(String text) {
        StringBuilder shown = new StringBuilder();
        Matcher code = CODE.matcher(text);
        int from = 0;
        while (code.find()) {
            shown.append(escaped(text.substring(from, code.start()))).append(code.group());
            from = code.end();
        }
        return shown.append(escaped(text.substring(from))).toString();
    }

    private static String escaped(String text) {
        return text.replaceAll("([*<\\\\])", "\\\\$1").replaceAll("docs/([\\w-]+)\\.md", "[$1]($1.md)");
    }

    private static String cell(String text) { return text.replace("|", "\\|"); }

    private static String capital(String text) { return Character.toUpperCase(text.charAt(0)) + text.substring(1); }

    private static String anchor(String heading) {
        return heading.toLowerCase().replaceAll("[^\\p{L}\\p{N} _-]", "").replace(' ', '-');
    }
}
