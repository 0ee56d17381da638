package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What {@code scripts/lens.d.ts} declares, read by its layout: two spaces before an export or an interface of the
 * module, four before a member, overloads below one another with a comment above the first.
 *
 * @param exports    names that can be imported
 * @param interfaces members by interface, without those of interfaces it extends
 * @param parents    what an interface extends
 * @param bare       exports and members without a line of documentation
 */
record Declarations(Set<String> exports, Map<String, Set<String>> interfaces, Map<String, String> parents,
        Set<String> bare) {

    private static final Pattern EXPORT = Pattern.compile("  export (?:function|const) (\\w+).*");
    private static final Pattern INTERFACE =
            Pattern.compile("  interface (\\w+)(?:<[\\w, ]+>)?(?: extends (\\w+))? \\{(}?)");
    private static final Pattern MEMBER = Pattern.compile("    (?:readonly )?(\\w+)\\??[:(].*");

    static Declarations read(Path file) {
        Declarations declarations =
                new Declarations(new TreeSet<>(), new LinkedHashMap<>(), new LinkedHashMap<>(), new TreeSet<>());
        String inside = null, previous = "";
        try {
            for (String line : Files.readAllLines(file)) {
                Matcher export = EXPORT.matcher(line), opened = INTERFACE.matcher(line), member = MEMBER.matcher(line);
                boolean documented = previous.strip().endsWith("*/");
                if (export.matches()) {
                    if (declarations.exports.add(export.group(1)) && !documented)
                        declarations.bare.add(export.group(1));
                } else if (opened.matches()) {
                    declarations.interfaces.put(opened.group(1), new TreeSet<>());
                    if (opened.group(2) != null) declarations.parents.put(opened.group(1), opened.group(2));
                    inside = opened.group(3).isEmpty() ? opened.group(1) : null;
                } else if (line.equals("  }")) {
                    inside = null;
                } else if (inside != null && member.matches()) {
                    String name = member.group(1);
                    boolean first = declarations.interfaces.get(inside).add(name);
                    if (first && !documented && !name.equals("toString")) declarations.bare.add(inside + "." + name);
                }
                previous = line;
            }
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return declarations;
    }

    /** The members of an interface, with those it inherits. */
    Set<String> members(String name) {
        Set<String> members = new TreeSet<>(interfaces.get(name));
        if (parents.containsKey(name)) members.addAll(members(parents.get(name)));
        return members;
    }
}
