package org.tornadolens.dsl.repl;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code lens.d.ts} declares and says of it: functions and constants, interfaces with their members, and names of
 * types. It reads the subset of TypeScript in which that file is written; a test compares it with the compiler.
 */
public final class Declarations {

    /** @param type as it is declared; empty if it is left out */
    public record Parameter(String name, boolean optional, String type) {}

    /** One way to call a function. @param text as it is declared: {@code load(path: string): Model} */
    public record Signature(List<Parameter> parameters, String returns, String text, String doc) {}

    /**
     * A function, a constant, or a member of an interface.
     *
     * @param owner      the interface or namespace; empty for what the module exports
     * @param signatures the ways to call it; empty if it is no function
     * @param type       the type of a property or constant; empty for a function
     */
    public record Entry(String owner, String name, List<Signature> signatures, String type, boolean optional,
            String doc) {
        public boolean callable() { return !signatures.isEmpty(); }

        /** The first sentence of its documentation. */
        public String summary() {
            String prose = prose();
            Matcher end = SENTENCE.matcher(prose);
            return end.lookingAt() ? end.group(1) : prose;
        }

        /** Its documentation in one line, without tags. */
        public String prose() { return Declarations.prose(doc); }
    }

    public record Interface(String name, List<String> inherits, String doc, Map<String, Entry> members) {}

    private static final Pattern SENTENCE = Pattern.compile("(.*?\\.)(\\s|$)", Pattern.DOTALL);
    private static final Pattern TAGS = Pattern.compile("(^|\\s)@[a-z]+\\s.*", Pattern.DOTALL);
    private static final Pattern INTERFACE =
            Pattern.compile("interface (\\w+)(?:<[^{]*?>)?(?: extends ([^{]+?))?\\s*\\{");
    private static final Pattern NAMESPACE = Pattern.compile("namespace (\\w+)\\s*\\{");
    private static final Pattern ALIAS = Pattern.compile("type (\\w+)[^=]*=(.*)", Pattern.DOTALL);
    private static final Pattern FUNCTION = Pattern.compile("(\\w+)(?:<.*?>)?\\(", Pattern.DOTALL);
    private static final Pattern PROPERTY = Pattern.compile("(\\w+)(\\?)?\\s*:(.*)", Pattern.DOTALL);
    private static final Pattern IDENTIFIER = Pattern.compile("[A-Z]\\w*");
    private static final Pattern LITERAL = Pattern.compile("\"([^\"]*)\"");

    /** Types of texts that name something of a model, or a file: what they are is not in the declarations. */
    private static final Set<String> OF_A_MODEL =
            Set.of("Target", "HookName", "HeadName", "HeadSelector", "ModelPath");

    private final Map<String, Entry> exports = new LinkedHashMap<>();
    private final Map<String, Interface> interfaces = new LinkedHashMap<>();
    private final Map<String, String> aliases = new LinkedHashMap<>();
    private final Map<String, String> aliasDocs = new LinkedHashMap<>();

    private final String text;
    private int at;

    Declarations(String text) {
        this.text = text;
        at = text.indexOf("declare module \"lens\" {") + "declare module \"lens\" {".length();
        block("", exports);
    }

    public static Declarations ofModule() {
        try (InputStream in = Declarations.class.getResourceAsStream("/org/tornadolens/dsl/lens.d.ts")) {
            return new Declarations(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    public Map<String, Entry> exports() { return exports; }

    public Map<String, Interface> interfaces() { return interfaces; }

    public Map<String, String> aliases() { return aliases; }

    /** Returns the documentation of a name that stands for another type; empty if it has none. */
    public String aliasDoc(String name) {
        return aliasDocs.getOrDefault(name, "");
    }

    /** Returns a documentation in one line, up to its first tag. */
    public static String prose(String doc) {
        return TAGS.matcher(doc).replaceFirst("").replaceAll("\\s+", " ").strip();
    }

    /** Returns the text of a tag of a documentation, if it has it. */
    static Optional<String> tag(String doc, String name) {
        Matcher tag = Pattern.compile("@" + name + "\\s+(.*?)(?=\\s@[a-z]+\\s|$)", Pattern.DOTALL).matcher(doc);
        return tag.find() ? Optional.of(tag.group(1).strip()) : Optional.empty();
    }

    // ---- what completion and help ask

    /** Returns the members of an interface or namespace, with those that it inherits. */
    public Map<String, Entry> members(String type) {
        Map<String, Entry> all = new LinkedHashMap<>();
        Interface found = interfaces.get(type);
        if (found == null) return all;
        for (String parent : found.inherits()) all.putAll(members(parent));
        all.putAll(found.members());
        return all;
    }

    /** Returns the interface that a type stands for, or one of {@code string, number, boolean, any[]}, if any. */
    Optional<String> typeName(String type, String owner) {
        for (String part : type.split("\\|")) {
            String one = part.strip().replaceFirst("^readonly ", "");
            if (one.equals("this")) return Optional.of(owner);
            if (one.endsWith("[]")) return Optional.of("any[]");
            String name = one.replaceFirst("(?s)[<&].*", "").strip();
            if (interfaces.containsKey(name)) return Optional.of(name);
            if (aliases.containsKey(name)) return typeName(aliases.get(name), owner);
            if (List.of("string", "number", "boolean").contains(name)) return Optional.of(name);
            if (name.startsWith("\"") || name.startsWith("`")) return Optional.of("string");
        }
        return Optional.empty();
    }

    /** Returns the interfaces named in a type that describe options: those whose members may be left out or given. */
    List<String> optionsIn(String type) {
        return IDENTIFIER.matcher(type).results().map(result -> result.group())
                .filter(name -> name.endsWith("Options") && interfaces.containsKey(name)).distinct().toList();
    }

    /** Returns the texts that a type allows: those of {@code "zero" | "mean"}. */
    List<String> literals(String type) {
        String expanded = expanded(type, 0);
        return LITERAL.matcher(expanded.replaceAll("\\w+\\[\"\\w+\"]", "")).results().map(result -> result.group(1))
                .distinct().toList();
    }

    /** Returns a type with the names of other types replaced by what they stand for. */
    private String expanded(String type, int depth) {
        if (depth > 3) return "";
        Matcher matcher = Pattern.compile("(\\w+)(?:\\[\"(\\w+)\"])?").matcher(type);
        return matcher.replaceAll(found -> {
            String name = found.group(1), member = found.group(2);
            if (member != null && members(name).containsKey(member))
                return Matcher.quoteReplacement(expanded(members(name).get(member).type(), depth + 1));
            return Matcher.quoteReplacement(
                    OF_A_MODEL.contains(name) ? "" : aliases.containsKey(name) ? expanded(aliases.get(name), depth + 1)
                            : found.group());
        });
    }

    // ---- reading

    /** Reads declarations up to the brace that closes the block. */
    private void block(String owner, Map<String, Entry> into) {
        String doc = "";
        while (at < text.length()) {
            if (Character.isWhitespace(text.charAt(at))) at++;
            else if (text.startsWith("/**", at)) doc = doc();
            else if (text.startsWith("//", at)) at = text.indexOf('\n', at);
            else if (text.charAt(at) == '}') {
                at++;
                return;
            } else {
                declaration(owner, doc, into);
                doc = "";
            }
        }
    }

    private String doc() {
        int end = text.indexOf("*/", at);
        String comment = text.substring(at + 3, end).lines().map(line -> line.strip().replaceFirst("^\\* ?", ""))
                .reduce((a, b) -> a + "\n" + b).orElse("").strip();
        at = end + 2;
        return comment;
    }

    private void declaration(String owner, String doc, Map<String, Entry> into) {
        if (text.startsWith("export ", at)) at += "export ".length();
        Matcher header = INTERFACE.matcher(text).region(at, text.length());
        if (header.lookingAt()) {
            List<String> inherits = header.group(2) == null ? List.of()
                    : split(header.group(2)).stream().map(name -> name.replaceFirst("(?s)<.*", "").strip()).toList();
            Interface made = new Interface(header.group(1), inherits, doc, new LinkedHashMap<>());
            interfaces.put(made.name(), made);
            at = header.end();
            block(made.name(), made.members());
            return;
        }
        header = NAMESPACE.matcher(text).region(at, text.length());
        if (header.lookingAt()) {
            Interface made = new Interface(header.group(1), List.of(), doc, new LinkedHashMap<>());
            interfaces.put(made.name(), made);
            at = header.end();
            block(made.name(), made.members());
            return;
        }
        statement(owner, doc, into);
    }

    /** Reads a declaration that ends with a semicolon. */
    private void statement(String owner, String doc, Map<String, Entry> into) {
        int end = end(at, ";");
        String source = text.substring(at, end).strip();
        at = end + 1;
        Matcher alias = ALIAS.matcher(source);
        if (alias.lookingAt()) {
            aliases.put(alias.group(1), alias.group(2).strip());
            aliasDocs.put(alias.group(1), doc);
            return;
        }
        source = source.replaceFirst("^(function|const|readonly) ", "");
        Matcher function = FUNCTION.matcher(source), property = PROPERTY.matcher(source);
        if (property.matches() && !(function.lookingAt() && function.end() <= property.start(3))) {
            into.put(property.group(1), new Entry(owner, property.group(1), List.of(), line(property.group(3)),
                    property.group(2) != null, doc));
        } else if (function.lookingAt()) {
            Signature signature = signature(source, function.end() - 1, doc);
            Entry before = into.get(function.group(1));
            List<Signature> all = new ArrayList<>(before == null ? List.of() : before.signatures());
            all.add(signature);
            into.put(function.group(1), new Entry(owner, function.group(1), List.copyOf(all), "", false,
                    before == null || before.doc().isEmpty() ? doc : before.doc()));
        }
    }

    /** @param open the position of the bracket before the parameters */
    private static Signature signature(String source, int open, String doc) {
        int close = end(source, open + 1, ")");
        List<Parameter> parameters = new ArrayList<>();
        for (String part : split(source.substring(open + 1, close))) {
            Matcher named =
                    Pattern.compile("((?:\\.\\.\\.)?\\w+)(\\?)?\\s*:?(.*)", Pattern.DOTALL).matcher(part.strip());
            if (named.matches())
                parameters.add(new Parameter(named.group(1), named.group(2) != null, line(named.group(3))));
        }
        String returns = line(source.substring(close + 1).strip().replaceFirst("^:", ""));
        return new Signature(List.copyOf(parameters), returns, line(source), doc);
    }

    static String line(String source) { return source.strip().replaceAll("\\s+", " "); }

    /** Splits at the commas outside brackets and texts. */
    private static List<String> split(String list) {
        List<String> parts = new ArrayList<>();
        int start = 0;
        while (start < list.length()) {
            int comma = end(list, start, ",");
            if (!list.substring(start, comma).isBlank()) parts.add(list.substring(start, comma));
            start = comma + 1;
        }
        return parts;
    }

    private int end(int from, String mark) { return end(text, from, mark); }

    /** Returns the position of the next mark outside brackets and texts, or the end. */
    private static int end(String source, int from, String mark) {
        int depth = 0;
        for (int i = from; i < source.length(); i++) {
            char c = source.charAt(i);
            if (depth == 0 && source.startsWith(mark, i)) return i;
            if (c == '"' || c == '`') i = source.indexOf(c, i + 1);
            else if (source.startsWith("/*", i)) i = source.indexOf("*/", i) + 1;
            else if (c == '=' && source.startsWith("=>", i)) i++;
            else if ("([{<".indexOf(c) >= 0) depth++;
            else if (")]}>".indexOf(c) >= 0) depth--;
        }
        return source.length();
    }
}
