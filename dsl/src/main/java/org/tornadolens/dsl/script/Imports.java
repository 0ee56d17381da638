package org.tornadolens.dsl.script;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.graalvm.polyglot.Source;

/** Finds imports in scripts, because the engine's errors about them have no place. */
final class Imports {

    private static final Pattern SPECIFIER = Pattern.compile("\\b(?:from|import)\\s*\\(?\\s*(['\"])(.*?)\\1");
    private static final Pattern CLAUSE = Pattern.compile("\\bimport\\b([^'\"]*)\\bfrom\\b");

    private Imports() {}

    /** Returns the place of the import that leads to a target, which is a path or the specifier itself. */
    static List<ScriptFailure.Place> of(String target, Collection<Path> files) {
        for (Path file : files) {
            Source source = source(file);
            Matcher matcher = SPECIFIER.matcher(source.getCharacters());
            while (matcher.find()) {
                String specifier = matcher.group(2);
                boolean relative = specifier.startsWith(".")
                        && file.resolveSibling(specifier).normalize().toString().equals(target);
                if (relative || specifier.equals(target) || specifier.equals("file://" + target))
                    return List.of(place(source, matcher.start(1)));
            }
        }
        return List.of();
    }

    /** Returns the place where an import names {@code name}. */
    static Optional<ScriptFailure.Place> named(String name, Source source) {
        Pattern word = Pattern.compile("(?<![\\w$])" + Pattern.quote(name) + "(?![\\w$])");
        Matcher clause = CLAUSE.matcher(source.getCharacters());
        while (clause.find()) {
            Matcher matcher = word.matcher(source.getCharacters()).region(clause.start(1), clause.end(1));
            if (matcher.find()) return Optional.of(place(source, matcher.start()));
        }
        return Optional.empty();
    }

    private static ScriptFailure.Place place(Source source, int offset) {
        return Failures.place("", source, source.getLineNumber(offset), source.getColumnNumber(offset));
    }

    private static Source source(Path file) {
        try {
            return Source.newBuilder("js", file.toFile()).content(Files.readString(file)).buildLiteral();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
