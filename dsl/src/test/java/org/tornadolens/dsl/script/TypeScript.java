package org.tornadolens.dsl.script;

import com.google.gson.Gson;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Properties;
import java.util.Set;
import java.util.stream.Stream;
import org.graalvm.polyglot.Context;
import org.graalvm.polyglot.HostAccess;
import org.graalvm.polyglot.Source;
import org.graalvm.polyglot.proxy.ProxyExecutable;

/**
 * The TypeScript compiler, run inside GraalJS from its webjar. Interpreted, it takes about half a minute, so one run
 * answers everything.
 */
final class TypeScript {

    /**
     * A member of a declared type, or an option.
     *
     * @param kind      "function" or "value"
     * @param otherwise the text of the tag {@code @default}; null without one
     */
    record Member(String kind, boolean optional, boolean readonly, String type, String documentation,
            String otherwise) {}

    /**
     * @param example the text of the tag {@code @example}; null without one
     * @param members of a namespace that merges with the exported function
     */
    record Export(String documentation, String example, Map<String, Member> members) {}

    /**
     * An option in the module's table.
     *
     * @param table its type there
     * @param same  whether the declared option has the same type
     */
    record Compared(String table, boolean same) {}

    /**
     * @param problems what the compiler finds wrong, each as {@code "ioi.js:3: …"}
     * @param exports  values that lens.d.ts exports
     * @param types    interfaces that it declares, with inherited members
     * @param options  the types of options that the module has tables of
     */
    record Result(List<String> problems, Map<String, Export> exports, Map<String, Map<String, Member>> types,
            Map<String, Map<String, Compared>> options) {}

    /**
     * What an editor shows.
     *
     * @param problems    as those of {@link Result}, with whole file names
     * @param completions the names offered at each place
     */
    record Edited(List<String> problems, List<List<String>> completions) {}

    /** A place in a file, by its offset in characters. */
    record Spot(String file, int offset) {}

    private TypeScript() {}

    /**
     * Checks scripts.
     *
     * @param files  texts by name, the folder {@code /scripts} among them
     * @param checked the names of those to check
     * @param tables  the name of the file of declarations of the module's tables
     */
    static Result check(Map<String, String> files, Set<String> checked, String tables) {
        return new Gson().fromJson(ask("typescript.js", files, checked.toArray(), "/scripts/jsconfig.json", tables),
                Result.class);
    }

    /**
     * Opens a folder as an editor does.
     *
     * @param files    texts by name
     * @param settings the name of the folder's jsconfig.json
     * @param spots    where completions are asked for
     */
    static Edited edit(Map<String, String> files, String settings, List<Spot> spots) {
        Object[] scripts =
                files.keySet().stream().filter(name -> name.endsWith(".js") || name.endsWith(".ts")).toArray(),
                questions = spots.stream().flatMap(spot -> Stream.of(spot.file, String.valueOf(spot.offset))).toArray();
        return new Gson().fromJson(ask("editor.js", files, scripts, settings, questions), Edited.class);
    }

    /** Runs one of the drivers beside this class; returns its JSON. */
    private static String ask(String driver, Map<String, String> files, Object... arguments) {
        String library = "/META-INF/resources/webjars/typescript/" + version() + "/lib/";
        ProxyExecutable read = names -> {
            String name = names[0].asString();
            return name.startsWith("/lib/") ? resource(library + name.substring("/lib/".length())).orElse(null)
                    : files.get(name);
        };
        Object[] all = Stream.concat(Stream.of(read), Stream.of(arguments)).toArray();
        try (Context context = Context.newBuilder("js").allowHostAccess(HostAccess.ALL)
                .option("engine.WarnInterpreterOnly", "false").build()) {
            context.eval("js", resource(library + "typescript.js").orElseThrow());
            String text = resource("/org/tornadolens/dsl/script/" + driver).orElseThrow();
            return context.eval(Source.newBuilder("js", text, driver).buildLiteral()).execute(all).asString();
        }
    }

    /** The version of the webjar on the class path. */
    private static String version() {
        Properties properties = new Properties();
        String pom = resource("/META-INF/maven/org.webjars.npm/typescript/pom.properties").orElseThrow();
        try {
            properties.load(new java.io.StringReader(pom));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties.getProperty("version");
    }

    private static Optional<String> resource(String name) {
        try (InputStream in = TypeScript.class.getResourceAsStream(name)) {
            return in == null ? Optional.empty()
                    : Optional.of(new String(in.readAllBytes(), StandardCharsets.UTF_8));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
