package org.tornadolens.dsl.repl;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeSet;
import org.graalvm.polyglot.Value;
import org.tornadolens.dsl.repl.Declarations.Entry;
import org.tornadolens.dsl.repl.Declarations.Parameter;
import org.tornadolens.dsl.repl.Declarations.Signature;
import org.tornadolens.dsl.repl.Types.Thing;
import org.tornadolens.dsl.script.Evaluator;
import org.tornadolens.model.Model;

/**
 * What can stand at the cursor of an input: variables, members, options, and inside a text hook names, heads, files or
 * the words that an option takes. Nothing of the session runs.
 */
public final class Completion {

    /**
     * @param text  what replaces the word at the cursor
     * @param group what it is
     * @param about a line about it; may be empty
     * @param whole whether the word is complete with it; a folder, for one, goes on
     */
    public record Suggestion(String text, String group, String about, boolean whole) {}

    /** @param start where the word at the cursor begins */
    public record Suggestions(int start, List<Suggestion> all) {}

    private static final String VARIABLES = "variables", EXPORTS = "lens", LANGUAGE = "JavaScript",
            OPTIONS = "options", MEMBERS = "members", HOOKS = "hooks", HEADS = "heads", FILES = "files",
            VALUES = "values";
    private static final List<String> KEYWORDS = List.of("await", "async", "break", "case", "catch", "class", "const",
            "continue", "default", "delete", "do", "else", "export", "extends", "false", "finally", "for", "function",
            "if", "import", "in", "instanceof", "let", "new", "null", "of", "return", "static", "super", "switch",
            "this", "throw", "true", "try", "typeof", "undefined", "var", "void", "while", "yield");
    private static final Set<String> MODEL_FILES = Set.of(".gguf", ".bin", ".safetensors", ".pth");

    private final Evaluator session;
    private final Declarations declarations;
    private final Types types;

    Completion(Evaluator session, Declarations declarations) {
        this.session = session;
        this.declarations = declarations;
        this.types = new Types(session, declarations);
    }

    /** @param before the input up to the cursor */
    public Suggestions at(String before) {
        if (before.stripLeading().startsWith(".")) return commands(before);
        Value cursor = session.acorn().atCursor(before);
        String kind = cursor.getMember("kind").asString();
        if (kind.equals("none")) return new Suggestions(before.length(), List.of());
        String prefix = cursor.getMember("prefix").asString();
        List<Suggestion> all = switch (kind) {
            case "member" -> members(types.of(cursor.getMember("object")));
            case "option" -> options(cursor);
            case "string" -> texts(cursor, prefix);
            default -> names(prefix);
        };
        return new Suggestions(cursor.getMember("start").asInt(),
                all.stream().filter(one -> one.text().startsWith(prefix)).toList());
    }

    private Suggestions commands(String before) {
        int start = before.indexOf('.'), space = before.indexOf(' ');
        if (space < 0) {
            return new Suggestions(start, Repl.COMMANDS.entrySet().stream()
                    .filter(one -> one.getKey().startsWith(before.substring(start)))
                    .map(one -> new Suggestion(one.getKey(), "commands", one.getValue(), true)).toList());
        }
        String argument = before.substring(space + 1);
        if (before.startsWith(".load", start) || before.startsWith(".save", start))
            return new Suggestions(space + 1, files(argument, false));
        Suggestions found = at(argument);
        return new Suggestions(space + 1 + found.start(), found.all());
    }

    // ---- names and members

    private List<Suggestion> names(String prefix) {
        List<Suggestion> all = new ArrayList<>();
        Set<String> globals = strings(session.tool("globals")), seen = new LinkedHashSet<>();
        for (String name : globals) {
            boolean own = session.declared().containsKey(name), exported = declarations.exports().containsKey(name);
            if (own || exported && !prefix.isEmpty() || exported) {
                String about = own ? kind(name) : declarations.exports().get(name).summary();
                all.add(new Suggestion(name, own ? VARIABLES : EXPORTS, about, true));
                seen.add(name);
            }
        }
        if (globals.contains("model") && seen.add("model"))
            all.add(new Suggestion("model", VARIABLES, kind("model"), true));
        if (prefix.isEmpty()) return all;
        for (String name : globals) if (seen.add(name)) all.add(new Suggestion(name, LANGUAGE, "", true));
        for (String word : KEYWORDS) if (seen.add(word)) all.add(new Suggestion(word, LANGUAGE, "", true));
        return all;
    }

    private String kind(String variable) {
        Thing thing = types.of(variable);
        return thing.type().equals("any[]") ? "Array" : thing.type();
    }

    private List<Suggestion> members(Thing object) {
        String owner = object.entry().filter(Entry::callable).map(Entry::name).orElse(object.type());
        Map<String, Entry> declared = declarations.members(owner);
        Set<String> names = new TreeSet<>(declared.keySet());
        Optional<Value> live = object.live();
        if (live.isEmpty()) {
            Value sample = session.tool("sample", object.type());
            if (!session.tool("undefined", sample.getMember("value")).asBoolean())
                live = Optional.of(sample.getMember("value"));
        }
        live.ifPresent(value -> names.addAll(strings(session.tool("members", value))));
        if (!declared.isEmpty()) names.removeAll(Set.of("toString", "toJSON"));
        return names.stream().map(name -> new Suggestion(name, MEMBERS,
                declared.containsKey(name) ? declared.get(name).summary() : "", true)).toList();
    }

    private static Set<String> strings(Value array) {
        Set<String> all = new LinkedHashSet<>();
        for (long i = 0; i < array.getArraySize(); i++) all.add(array.getArrayElement(i).asString());
        return all;
    }

    // ---- options and texts

    private List<Suggestion> options(Value cursor) {
        Set<String> given = strings(cursor.getMember("given"));
        List<Suggestion> all = new ArrayList<>();
        for (Entry option : optionsAt(cursor.getMember("place")).values()) {
            if (given.contains(option.name())) continue;
            all.add(new Suggestion(option.name(), OPTIONS, option.summary(), true));
        }
        return all;
    }

    /** Returns the options that a call takes in its argument at a place, inside the options above it. */
    private Map<String, Entry> optionsAt(Value place) {
        Map<String, Entry> options = new java.util.LinkedHashMap<>();
        for (String type : typesAt(place))
            for (String name : declarations.optionsIn(type)) options.putAll(declarations.members(name));
        return options;
    }

    /** Returns the types that a call declares for its argument, or for the option of it, at a place. */
    private List<String> typesAt(Value place) {
        if (place == null || !place.hasMember("callee")) return List.of();
        Optional<Entry> callee = types.of(place.getMember("callee")).entry();
        if (callee.isEmpty()) return List.of();
        List<String> found = new ArrayList<>();
        for (Parameter parameter : parameters(callee.get(), place.getMember("argument").asInt()))
            found.add(parameter.type());
        for (String option : strings(place.getMember("options"))) {
            List<String> inside = new ArrayList<>();
            for (String type : found) {
                for (String name : declarations.optionsIn(type)) {
                    Entry entry = declarations.members(name).get(option);
                    if (entry != null) inside.add(entry.type());
                }
            }
            found = inside;
        }
        return found.stream().distinct().toList();
    }

    private static List<Parameter> parameters(Entry callee, int argument) {
        List<Parameter> all = new ArrayList<>();
        for (Signature signature : callee.signatures()) {
            List<Parameter> of = signature.parameters();
            if (argument < of.size()) all.add(of.get(argument));
            else if (!of.isEmpty() && of.getLast().name().startsWith("...")) all.add(of.getLast());
        }
        return all;
    }

    private List<Suggestion> texts(Value cursor, String prefix) {
        Value place = cursor.getMember("place");
        if (place == null || !place.hasMember("callee")) return List.of();
        Optional<Entry> callee = types.of(place.getMember("callee")).entry();
        if (callee.isEmpty()) return List.of();
        List<Suggestion> all = new ArrayList<>();
        for (String type : typesAt(place)) {
            for (String word : declarations.literals(type)) all.add(new Suggestion(word, VALUES, "", true));
            boolean target = type.contains("Target");
            if (target || type.contains("HookName")) all.addAll(hooks(prefix));
            if (target || type.contains("HeadName") || type.contains("HeadSelector")) all.addAll(heads(prefix));
            if (type.contains("ModelPath")) all.addAll(files(prefix, true));
        }
        if (place.getMember("options").getArraySize() == 0) {
            for (Parameter parameter : parameters(callee.get(), place.getMember("argument").asInt()))
                if (Set.of("file", "folder").contains(parameter.name())) all.addAll(files(prefix, false));
        }
        return all.stream().distinct().toList();
    }

    private List<Model> models() {
        List<Model> models = new ArrayList<>();
        Value found = session.tool("models");
        for (long i = 0; i < found.getArraySize(); i++)
            models.add(session.tool("modelIn", found.getArrayElement(i)).as(Model.class));
        return models;
    }

    /** Returns the next part of the hook names that begin with the prefix: up to a dot, or whole. */
    private List<Suggestion> hooks(String prefix) {
        Set<String> next = new LinkedHashSet<>();
        for (Model model : models()) {
            for (String name : model.hookNames().all()) {
                for (String one : List.of(name, name.replaceFirst("^blocks\\.\\d+", "blocks.*"))) {
                    if (!one.startsWith(prefix)) continue;
                    int dot = one.indexOf('.', prefix.length());
                    next.add(dot < 0 ? one : one.substring(0, dot + 1));
                }
            }
        }
        return next.stream().map(name -> new Suggestion(name, HOOKS, "", !name.endsWith("."))).toList();
    }

    /** Returns the layers of the models, or the heads of the layer that the prefix names. */
    private List<Suggestion> heads(String prefix) {
        List<Suggestion> all = new ArrayList<>();
        for (Model model : models()) {
            int layers = model.configuration().nLayers(), heads = model.configuration().nHeads();
            for (int layer = 0; layer < layers; layer++) {
                if (!prefix.startsWith(layer + ".")) {
                    all.add(new Suggestion(layer + ".", HEADS, "", false));
                    continue;
                }
                for (int head = 0; head < heads; head++)
                    all.add(new Suggestion(layer + "." + head, HEADS, "", true));
            }
        }
        return all;
    }

    /** @param models whether only folders and files of models are meant */
    private static List<Suggestion> files(String prefix, boolean models) {
        String typed = prefix.startsWith("~/") ? System.getProperty("user.home") + prefix.substring(1) : prefix;
        int slash = prefix.lastIndexOf('/') + 1;
        Path folder = Path.of(typed.substring(0, typed.lastIndexOf('/') + 1));
        boolean hidden = prefix.startsWith(".", slash);
        List<Suggestion> all = new ArrayList<>();
        try (DirectoryStream<Path> entries =
                Files.newDirectoryStream(folder.toString().isEmpty() ? Path.of(".") : folder)) {
            for (Path entry : entries) {
                String name = entry.getFileName().toString();
                boolean inside = Files.isDirectory(entry);
                if (name.startsWith(".") && !hidden) continue;
                if (!inside && models && MODEL_FILES.stream().noneMatch(name::endsWith)) continue;
                all.add(new Suggestion(prefix.substring(0, slash) + name + (inside ? "/" : ""), FILES, "", !inside));
            }
        } catch (IOException | java.nio.file.InvalidPathException e) {
            return List.of();      // there is nothing to suggest in a folder that cannot be listed
        }
        return all;
    }
}
