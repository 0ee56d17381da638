package org.tornadolens.dsl.jupyter;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonArray;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;
import org.tornadolens.UsageException;

/**
 * The entry by which Jupyter knows a kernel: a folder {@code kernels/NAME} with {@code kernel.json} and pictures.
 *
 * @param command       starts the kernel, but for its arguments
 * @param options       what the kernel is started with: {@code --model PATH} and the like
 * @param interruptMode {@code message} or {@code signal}
 * @param environment   variables that the kernel gets
 */
public record KernelSpec(String name, String displayName, List<String> command, List<String> options,
        String interruptMode, Map<String, String> environment) {

    /** The arguments of the command by which a kernel is known as ours; the file with the connection follows. */
    private static final List<String> ARGUMENTS = List.of("jupyter", "kernel", "--connection-file");
    private static final List<String> PICTURES = List.of("logo-32x32.png", "logo-64x64.png", "logo-svg.svg");
    private static final String FILE = "kernel.json";
    private static final Gson GSON = new GsonBuilder().setPrettyPrinting().disableHtmlEscaping().create();

    public KernelSpec {
        checked(name);
    }

    /** Returns a name that can be one of a kernel, as Jupyter requires it. */
    public static String checked(String name) {
        if (name.matches("[A-Za-z0-9._-]+") && !name.matches("\\.+")) return name;
        throw new UsageException(
                "\"" + name + "\" cannot be a kernel's name: it takes letters, digits, \".\", \"_\" and "
                        + "\"-\"; --display-name is what Jupyter shows");
    }

    /**
     * Writes the entry, whole or not at all, and replaces an earlier one of ours.
     *
     * @param data a folder of {@link DataFolder}
     * @return the entry's folder
     * @throws UsageException if another program's kernel has the name, or the folder cannot be written
     */
    public Path install(Path data) throws IOException {
        Path kernels = data.resolve("kernels"), folder = folder(data, name);
        requireOurs(folder);
        try {
            Files.createDirectories(kernels);
            Path made = Files.createTempDirectory(kernels, "." + name + "-"), old = null;
            try {
                readable(made);
                Files.writeString(made.resolve(FILE), GSON.toJson(json()) + "\n");
                for (String picture : PICTURES) {
                    try (InputStream in = KernelSpec.class.getResourceAsStream(picture)) {
                        Files.copy(in, made.resolve(picture));
                    }
                }
                if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) {
                    old = made.resolveSibling(made.getFileName() + ".old");
                    Files.move(folder, old);
                }
                try {
                    Files.move(made, folder);
                } catch (IOException e) {
                    if (old != null) Files.move(old, folder);
                    throw e;
                }
            } finally {
                delete(made);
                if (old != null) delete(old);
            }
        } catch (AccessDeniedException e) {
            throw new UsageException(
                    kernels + " cannot be written; --user installs for yourself, --prefix DIR elsewhere");
        }
        return folder;
    }

    private JsonObject json() {
        JsonArray argv = new JsonArray();
        command.forEach(argv::add);
        ARGUMENTS.forEach(argv::add);
        argv.add("{connection_file}");
        options.forEach(argv::add);
        JsonObject json = new JsonObject();
        json.add("argv", argv);
        json.addProperty("display_name", displayName);
        json.addProperty("language", "javascript");
        json.addProperty("interrupt_mode", interruptMode);
        JsonObject env = new JsonObject();
        environment.forEach(env::addProperty);
        json.add("env", env);
        JsonObject metadata = new JsonObject();
        metadata.addProperty("debugger", false);
        json.add("metadata", metadata);
        return json;
    }

    /** Temporary folders can be read by their maker alone; what a prefix holds is for everybody. */
    private static void readable(Path folder) throws IOException {
        if (folder.getFileSystem().supportedFileAttributeViews().contains("posix"))
            Files.setPosixFilePermissions(folder, java.nio.file.attribute.PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    /**
     * Removes an entry of ours.
     *
     * @return its folder
     * @throws UsageException if there is none, or it is another program's
     */
    public static Path uninstall(Path data, String name) throws IOException {
        Path folder = folder(data, checked(name));
        if (!Files.isDirectory(folder)) {
            List<String> ours = ours(data);
            throw new UsageException("there is no kernel \"" + name + "\" in " + data.resolve("kernels")
                    + (ours.isEmpty() ? "" : "; those of TornadoLens there are " + String.join(", ", ours)));
        }
        requireOurs(folder);
        try {
            delete(folder);
        } catch (AccessDeniedException e) {
            throw new UsageException(folder + " cannot be removed by this user");
        }
        return folder;
    }

    /** Returns the names of our kernels in a folder. */
    private static List<String> ours(Path data) throws IOException {
        if (!Files.isDirectory(data.resolve("kernels"))) return List.of();
        try (Stream<Path> folders = Files.list(data.resolve("kernels"))) {
            return folders.filter(KernelSpec::isOurs).map(folder -> folder.getFileName().toString()).sorted().toList();
        }
    }

    /** Returns the folder of a kernel, whose name Jupyter reads in lower case. */
    private static Path folder(Path data, String name) {
        return data.resolve("kernels").resolve(name.toLowerCase(java.util.Locale.ROOT));
    }

    private static void requireOurs(Path folder) {
        if (Files.exists(folder, LinkOption.NOFOLLOW_LINKS) && !isOurs(folder))
            throw new UsageException(folder + " is a kernel of another program; give ours another name with --name");
    }

    private static boolean isOurs(Path folder) {
        try {
            List<String> argv = new ArrayList<>();
            for (JsonElement one : JsonParser.parseString(Files.readString(folder.resolve(FILE))).getAsJsonObject()
                    .getAsJsonArray("argv"))
                argv.add(one.getAsString());
            return java.util.Collections.indexOfSubList(argv, ARGUMENTS) > 0;
        } catch (IOException | JsonParseException | IllegalStateException | NullPointerException e) {
            return false;      // what cannot be read as one of ours is not ours
        }
    }

    private static void delete(Path folder) throws IOException {
        if (!Files.exists(folder, LinkOption.NOFOLLOW_LINKS)) return;
        if (Files.isSymbolicLink(folder)) {
            Files.delete(folder);
            return;
        }
        try (Stream<Path> inside = Files.walk(folder)) {
            for (Path path : inside.sorted(java.util.Comparator.reverseOrder()).toList()) Files.delete(path);
        }
    }

    /** Returns variables given as {@code NAME=VALUE}. */
    public static Map<String, String> variables(List<String> given) {
        Map<String, String> variables = new TreeMap<>();
        for (String one : given) {
            int equals = one.indexOf('=');
            if (equals <= 0) throw new UsageException("--env takes NAME=VALUE, not \"" + one + "\"");
            variables.put(one.substring(0, equals), one.substring(equals + 1));
        }
        return variables;
    }
}
