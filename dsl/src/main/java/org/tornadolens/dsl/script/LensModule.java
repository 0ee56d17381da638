package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * The module {@code lens} as in {@code lens.js}, which has one line for each file behind it. Parsing a file takes the
 * engine longer than running most scripts, so that a script gets only those lines that export a word of its text.
 */
final class LensModule {

    private static final Pattern LINE = Pattern.compile("export \\{(.*)} from .*");
    private static final Pattern WORD = Pattern.compile("[\\w$]+");

    /** Matches scripts whose text does not show all imports: other files, namespaces, dynamic or escaped ones. */
    private static final Pattern UNSAID =
            Pattern.compile("\\bfrom\\s*['\"](?!lens['\"])|\\bimport\\s*['\"(]|\\*\\s*as\\b|\\\\u");

    private static final Map<String, List<String>> LINES = lines();    // a line of lens.js → the names it exports

    private LensModule() {}

    /** Returns every name that the module exports. */
    static Set<String> names() {
        Set<String> names = new TreeSet<>();
        LINES.values().forEach(names::addAll);
        return names;
    }

    /** Returns the text of the whole module. */
    static String all() { return String.join("\n", LINES.keySet()); }

    /** Returns the lines of the module that a script can use. */
    static String of(CharSequence script) {
        if (UNSAID.matcher(script).find()) return all();
        Set<String> words = words(script);
        return String.join("\n",
                LINES.keySet().stream().filter(line -> LINES.get(line).stream().anyMatch(words::contains)).toList());
    }

    private static Set<String> words(CharSequence text) {
        Set<String> words = new TreeSet<>();
        Matcher matcher = WORD.matcher(text);
        while (matcher.find()) words.add(matcher.group());
        return words;
    }

    private static Map<String, List<String>> lines() {
        Map<String, List<String>> lines = new LinkedHashMap<>();
        try (InputStream in = LensModule.class.getResourceAsStream("/org/tornadolens/dsl/lens/lens.js")) {
            for (String line : new String(in.readAllBytes(), StandardCharsets.UTF_8).lines().toList()) {
                Matcher matcher = LINE.matcher(line);
                if (matcher.matches()) lines.put(line, List.copyOf(words(matcher.group(1))));
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return lines;
    }
}
